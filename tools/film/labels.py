"""Texts at places of their own in a picture that is composed here, by the engine that letters the film.

`Passage` (a text and its box) → measured → lines that keep within the box → `Label`s, drawn → the picture's colours
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autocut_director.tools.film.drawing import inked
from autocut_director.tools.film.lettering import filled, without
from autocut_director.tools.film.script import Box, Label, Side
from autocut_director.tools.words.line_breaks import columns

_LONGEST = 160  # columns of a text that are looked at at all
_FULL = 0.94  # of a line that is filled: some lines have wider letters than the rest of their text
_ELLIPSIS = 0.5  # of the letters' size: room for one
_TRIED = 10  # pixels: the size of letters at which texts are measured; widths grow with it
_ROW = 14  # pixels that a measured text has for itself
_TALL = 1.25  # of the letters' size: a line's height
_ROOM = _TRIED * (_LONGEST + 2)  # pixels: wide enough for any text that is measured


@dataclass(frozen=True)
class Passage:
    """A text in the upper part of a box, in at most `lines` lines; what is more ends in an ellipsis.

    `points`: the letters' size in pixels. `colour`: blue, green, red. `side`: where its lines begin; one that begins in
    a script that runs to the left stands at the right.
    """

    text: str
    points: float
    box: Box
    colour: tuple[int, int, int]
    bold: bool = False
    lines: int = 1
    side: Side = "left"


def line_height(points: float) -> int:
    """Return the pixels from one line of a passage to the next."""
    return round(points * _TALL)


def write_on(image: NDArray[np.uint8], passages: Sequence[Passage], folder: Path) -> str:
    """Write `passages` on `image`, (height, width, 3) blue green red; `folder` is for passing files.

    Returns:
        The characters that no font here has, which are left out.

    Raises:
        RenderError: ffmpeg failed.
    """
    cut = [_shortened(" ".join(passage.text.split()), _LONGEST) for passage in passages]
    widths, missing = _measured({(text, each.bold) for text, each in zip(cut, passages, strict=True)}, folder)
    set_texts = [
        (label, each.colour)
        for text, each in zip(cut, passages, strict=True)
        for label in _labels(each, without(text, missing), widths[text, each.bold] * each.points)
    ]
    cover, _ = inked([label for label, _ in set_texts], (image.shape[1], image.shape[0]), folder)
    for label, colour in set_texts:
        _tint(image[label.box.inside], cover[label.box.inside], colour)
    return missing


def _tint(part: NDArray[np.uint8], cover: NDArray[np.uint8], colour: tuple[int, int, int]) -> None:
    share = cover[..., None] / 255
    part[...] = np.rint(part * (1 - share) + np.asarray(colour) * share)


# ---------------------------------------------------------------- how wide texts are


def _measured(texts: Iterable[tuple[str, bool]], folder: Path) -> tuple[Mapping[tuple[str, bool], float], str]:
    """Draw each text (and whether it is bold) in a row of its own.

    Returns:
        How wide each is, in shares of its letters' size, and the characters that no font here has.
    """
    texts = sorted(texts)
    rows = [Label(text, _TRIED, Box(0, _ROW * n, _ROOM, _ROW), bold=bold) for n, (text, bold) in enumerate(texts)]
    cover, missing = inked(rows, (_ROOM, _ROW * max(1, len(rows))), folder)
    return {key: _width(cover[row.box.inside]) / _TRIED for key, row in zip(texts, rows, strict=True)}, missing


def _width(cover: NDArray[np.uint8]) -> int:
    """Return the pixels up to the last one that a letter covers."""
    at = np.flatnonzero(cover.any(axis=0))
    return int(at[-1]) + 1 if len(at) else 0


# ---------------------------------------------------------------- what fits


def _labels(passage: Passage, text: str, width: float) -> list[Label]:
    """Return the lines of a passage, whose text would be `width` pixels wide on one line."""
    left, top, across, _ = passage.box
    high = line_height(passage.points)
    side: Side = "right" if passage.side == "left" and _runs_left(text) else passage.side
    boxes = (Box(left, top + n * high, across, high) for n in range(passage.lines))
    room = across if width <= across else across - _ELLIPSIS * passage.points
    lines = _lines(text, room / max(1.0, width), passage.lines)
    return [Label(line, passage.points, box, passage.bold, side) for line, box in zip(lines, boxes, strict=False)]


def _lines(text: str, share: float, most: int) -> list[str]:
    """Break a text, of which a line holds such a `share`, into at most so many lines."""
    if not text or share >= 1:
        return [text] if text else []
    limit = max(2, int(columns(text) * share * _FULL))
    lines = filled(text, limit)
    kept = lines[:most] if len(lines) <= most else [*lines[: most - 1], _cut(lines[most - 1], lines[most], limit)]
    return [_shortened(line, limit) for line in kept]


def _cut(line: str, following: str, limit: int) -> str:
    """Return the last line there is room for, at a word's end, or in the next word where little would be left."""
    whole = f"{line.rstrip(' ,;:.…')}…"
    return whole if columns(whole) > limit // 2 else f"{line} {following}…"


def _shortened(text: str, limit: int) -> str:
    """Return as much of `text` as `limit` columns hold."""
    if columns(text) <= limit:
        return text
    end, room = 0, limit - 1  # one for the ellipsis
    while (room := room - columns(text[end])) >= 0:
        end += 1
    return f"{text[:end].rstrip()}…"


def _runs_left(text: str) -> bool:
    """Tell whether the first letter of `text` is of a script that runs from right to left."""
    directions = (unicodedata.bidirectional(character) for character in text)
    return next((each != "L" for each in directions if each in {"L", "R", "AL"}), False)
