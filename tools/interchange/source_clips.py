"""What the readers of other programs' edits give: the parts of films that an edit uses."""

from dataclasses import dataclass
from fractions import Fraction

_NOISE = Fraction(1, 1000)  # frames that a time may be off its frame because a program counted in floating point
_SAME_RATE = 0.005  # frames a second by which programs round: 29.97 for 30000/1001


@dataclass(frozen=True, kw_only=True)
class SourceClip:
    """One use of some film.

    `media`: how the edit names the film: URLs, paths or names. `start`, `length`: frames from the film's first; they
    mean nothing for other films. `problem`: why the clip cannot be a scene, if it is of the film that is asked for.
    """

    name: str
    media: tuple[str, ...]
    start: Fraction
    length: Fraction
    problem: str = ""


def whole_frame(frames: Fraction) -> int | None:
    """Return the frame that `frames` is; None where it lies between two."""
    nearest = round(frames)
    return nearest if abs(frames - nearest) <= _NOISE else None


def wrong_rate(found: Fraction | float, rate: Fraction) -> str:
    """Return what is wrong with a rate that should be `rate`, both in frames a second; empty where nothing is."""
    if abs(float(found) - float(rate)) < _SAME_RATE:
        return ""
    return f"it counts {float(found):.6g} frames a second, the film has {float(rate):.6g}"


def wrong_start(declared: Fraction, start: int) -> str:
    """Return what is wrong with where the edit says that the film starts, in frames; empty where nothing is.

    Programs that do not read a film's timecode let it start at zero.
    """
    if whole_frame(declared) in {0, start}:
        return ""
    return f"it lets the film start at frame {float(declared):g} of its timecode, the film starts at {start}"
