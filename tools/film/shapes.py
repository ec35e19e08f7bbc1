"""The sizes of a film in pixels, and where a window stands in its pictures. Values only; nothing is decoded here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from autocut_director.errors import DocumentError
from autocut_director.tools.film.finish import Fit
from autocut_director.tools.probe import Footage

Size = tuple[int, int]
"""Width and height in pixels; even numbers, as 4:2:0 colour needs."""
Axis = Literal["x", "y"]
Why = Literal["title", "faces", "saliency", "centre"]

_ASPECT = re.compile(r"([0-9]{1,4}):([0-9]{1,4})")
_NARROWEST = Fraction(1, 5)  # and the other way round the widest: no screen is narrower


@dataclass(frozen=True)
class Window:
    """Where a window stands in the pictures of one clip, along the axis that is cut down.

    `path`: its left (or upper) edge in pixels at frames of the clip, from 0; between two of them it moves evenly,
    before the first and after the last it stands. No path: the clip is shown whole, its ground carried on at both
    ends. `by`: what it follows.
    """

    axis: Axis
    path: tuple[tuple[int, float], ...]
    by: Why

    @property
    def travel(self) -> float:
        """How many pixels it moves in all."""
        return sum(abs(b - a) for (_, a), (_, b) in pairwise(self.path))


def even_size(footage: Footage) -> Size:
    """Return the film's own size: as shown, rounded down to even numbers."""
    return max(2, footage.width // 2 * 2), max(2, footage.height // 2 * 2)


def film_size(source: Size, aspect: str, fit: Fit) -> Size:
    """Return the size of a film of shape `aspect` made from pictures of the size `source`.

    A crop is the largest window that the pictures hold, so that nothing is enlarged; padding keeps the longer edge.

    Raises:
        DocumentError: `aspect` is no shape.
    """
    ratio = _ratio(aspect)
    width, height = source
    if ratio is None or abs(ratio * height - width) < 1 or abs(width / ratio - height) < 1:
        return source
    if fit == "crop":
        return min(width, _even(height * ratio)), min(height, _even(width / ratio))
    longer = max(source)
    return (longer, _even(longer / ratio)) if ratio >= 1 else (_even(longer * ratio), longer)


def _ratio(aspect: str) -> Fraction | None:
    if aspect == "source":
        return None
    match = _ASPECT.fullmatch(aspect)
    sides = (int(match[1]), int(match[2])) if match else (0, 0)
    if 0 in sides or not _NARROWEST <= Fraction(*sides) <= 1 / _NARROWEST:
        raise DocumentError(f"target.aspect is {aspect[:20]!r}; write source, 16:9, 9:16 or 1:1.")
    return Fraction(*sides)


def cut_axis(source: Size, window: Size) -> Axis | None:
    """Return the axis along which `window` is smaller than the pictures; None where it holds them whole."""
    if window[0] < source[0]:
        return "x"
    return "y" if window[1] < source[1] else None


def fitted(source: Size, box: Size) -> Size:
    """Return the largest size of the pictures' own shape that `box` holds."""
    scale = min(Fraction(box[0], source[0]), Fraction(box[1], source[1]))
    return min(box[0], _even(source[0] * scale)), min(box[1], _even(source[1] * scale))


def _even(length: Fraction | float) -> int:
    return max(2, round(length / 2) * 2)


def position(path: Sequence[tuple[int, float]]) -> str:
    """Return a window's path as an expression of `n`, the number of the picture, for ffmpeg's `crop`."""
    (start, at), *_ = path
    text = f"{at:.2f}"
    for (start, here), (end, there) in pairwise(path):
        if here != there:
            text += f"{(there - here) / (end - start):+.5f}*clip(n-{start},0,{end - start})"
    return text
