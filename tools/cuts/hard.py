"""Hard cuts: from one picture to the next everything is other, and stays so.

Four things must hold of the pictures before frame i and those from i on:

1. The change at i stands out from the changes around it: the cheap question, which leaves few frames for the others.
2. Even the most alike pair of a picture before and one after are strange to one another. A flash, lightning or a hand
   before the lens leave a picture that was there before.
3. On the quieter side, each picture is far less strange to its next: in a swift pan and in shaking hands all are a
   little strange. The quieter, because a shot may well end in a swift pan.
4. The steps just before and just after i are smaller: those of a fade are alike.
"""

from itertools import pairwise, product
from statistics import median

from autocut_director.tools.cuts.looks import change, strangeness
from autocut_director.tools.cuts.window import Window

STRANGE = 0.4
"""Share of the contrast from which on pictures are strange: measured 0.47 and more for two shots, 0.35 for flashes."""

_STANDS_OUT = 2.0  # times the median change around it; measured cuts: 3.4 and more
NOISE = 3.0
"""Levels that coding can leave between two pictures of one thing."""

_OVER_MOTION = 3.0  # times the quieter side's steps, as AdaptiveDetector; measured cuts: 4.7 and more
_OVER_STEPS = 1.5  # times the steps beside it; 1 to 1.4 in fades, measured cuts: 2 and more


def is_hard_cut(window: Window, frame: int, *, side: int, near: int) -> bool:
    """Tell whether a shot begins at `frame`.

    Args:
        window: The looks.
        frame: The frame asked about.
        side: Frames before and after that must differ; what comes back within them was never gone.
        near: Frames before and after in which motion is measured.
    """
    before, after = window.span(frame - side, frame), window.span(frame, frame + side)
    if not before or not _stands_out(window, frame, before, after):
        return False
    left = _least_strangeness(window, before, after)
    if left < max(NOISE, STRANGE * max(window[frame - 1].contrast, window[frame].contrast)):
        return False
    earlier, later = _steps(window, before[-near - 1 :]), _steps(window, after[: near + 1])
    beside = max(earlier[-1:] + later[:1], default=0.0)
    motion = min(max(earlier, default=0.0), max(later, default=0.0))
    return left >= max(_OVER_STEPS * beside, _OVER_MOTION * motion)


def _stands_out(window: Window, frame: int, before: range, after: range) -> bool:
    if window.change_at(frame) < NOISE:
        return False
    around = [window.change_at(other) for other in (*before, *after) if other != frame]
    return window.change_at(frame) >= _STANDS_OUT * median(around)


def _least_strangeness(window: Window, before: range, after: range) -> float:
    """Return the strangeness of the two pictures, one of each side, between which there is the least change."""
    pairs = product((window[frame] for frame in before), (window[frame] for frame in after))
    one, other = min(pairs, key=lambda pair: change(*pair))
    return strangeness(one.points, other.points)


def _steps(window: Window, frames: range) -> list[float]:
    return [strangeness(window[one].points, window[other].points) for one, other in pairwise(frames)]
