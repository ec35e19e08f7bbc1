"""Texts that are set into the picture: broken into lines and sized so that they fit, of letters that fonts here have.

Nobody can know beforehand how wide a text is in a font that stands in for a missing one. So each text is set in its
largest size, drawn by the engine that will draw it, and measured; what does not fit is set smaller and drawn again.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autocut_director.tools.film.drawing import covered, undrawable
from autocut_director.tools.film.script import Place, Setting
from autocut_director.tools.film.shapes import Size
from autocut_director.tools.timeline import Line
from autocut_director.tools.words.line_breaks import Atom, atoms_of, columns

_SAFE = {"lower": (0.92, 0.36), "upper": (0.92, 0.36), "middle": (0.86, 0.5), "below": (0.8, 0.2)}
"""Shares of the picture's width and height that a text with its box may take: within EBU R 95's safe area."""
_LARGEST = {"overlay": (0.07, 0.085), "subtitle": (0.052, 0.065), "title": (0.11, 0.12), "logline": (0.05, 0.06)}
"""Letters' size in shares of the picture's height and width, whichever is less."""
_SMALLER = 0.86  # the next size that is tried
_SIZES = 10  # that are tried; the last is a quarter of the first
_AT_ONCE = 100  # texts that are drawn, each on a picture of its own
_COLUMN = 0.47  # of the letters' size: the usual width of a Latin letter; Chinese ones take two


@dataclass(frozen=True)
class Caption:
    """A text in frames [start, end) of the film. `kind`: overlay, subtitle, title or logline."""

    text: str
    kind: str
    place: Place
    start_frame: int
    end_frame: int


@dataclass(frozen=True)
class Lettering:
    """How texts are set; `missing`: the characters that no font here has, which are left out."""

    settings: tuple[Setting, ...]
    missing: str = ""


def lettered(captions: Sequence[Caption], size: Size, folder: Path) -> Lettering:
    """Set `captions` into pictures of `size`; `folder` is for passing files.

    Raises:
        RenderError: ffmpeg failed.
    """
    captions = [caption for caption in captions if caption.text.split()]
    if not captions:
        return Lettering(())
    missing = undrawable([_set(caption, size, 0) for caption in captions], folder)
    legible = [replace(each, text=without(each.text, missing)) for each in captions]
    legible = [each for each in legible if _says_something(each.text)]
    return Lettering(tuple(_fitted(legible, size, folder)), missing)


# ---------------------------------------------------------------- what fits


def _fitted(captions: Sequence[Caption], size: Size, folder: Path) -> list[Setting]:
    settings = [_set(caption, size, 0) for caption in captions]
    trying = list(range(len(captions)))
    for step in range(1, _SIZES):
        trying = [
            n for n, fits in zip(trying, _fit([settings[n] for n in trying], size, folder), strict=True) if not fits
        ]
        if not trying:
            break
        for n in trying:
            settings[n] = _set(captions[n], size, step)
    return settings


def _set(caption: Caption, size: Size, step: int) -> Setting:
    """Set a text in the size of a step; where no smaller one is left, in short lines, with long words broken."""
    of_height, of_width = _LARGEST[caption.kind]
    points = min(of_height * size[1], of_width * size[0]) * _SMALLER**step
    limit = max(4, int(_SAFE[caption.place][0] * size[0] / (points * _COLUMN)))
    text = caption.text
    if step == _SIZES - 1:
        limit = max(4, limit // 2)  # the widest letters are twice as wide as the usual ones
        text = " ".join(word[at : at + limit] for word in text.split() for at in range(0, len(word), limit))
    return Setting(wrapped(text, limit), points, caption.place, caption.start_frame, caption.end_frame)


def _fit(settings: Sequence[Setting], size: Size, folder: Path) -> list[bool]:
    """Tell which of `settings` keep within their part of the picture."""
    fits = list[bool]()
    for start in range(0, len(settings), _AT_ONCE):
        drawn = settings[start : start + _AT_ONCE]
        fits += [_fits(each, mask) for each, mask in zip(drawn, covered(drawn, size, folder), strict=True)]
    return fits


def _fits(setting: Setting, mask: NDArray[np.uint8]) -> bool:
    width, height = _SAFE[setting.place]
    shown = mask > 0
    return extent(np.asarray(shown.any(axis=0))) <= width and extent(np.asarray(shown.any(axis=1))) <= height


def extent(covered: NDArray[np.bool_]) -> float:
    """Return how much of a line lies between the first and the last of its places that are covered, 0 to 1."""
    at = np.flatnonzero(covered)
    return float(at[-1] + 1 - at[0]) / len(covered) if len(at) else 0.0


# ---------------------------------------------------------------- what can be drawn


def without(text: str, missing: str) -> str:
    """Return `text` without the characters that are `missing`, on one line."""
    return " ".join("".join(character for character in text if character not in missing).split())


def _says_something(text: str) -> bool:
    """Tell whether anything of a text is left to see: not only marks that belong to letters which are gone."""
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)


# ---------------------------------------------------------------- lines


def wrapped(text: str, limit: int) -> tuple[str, ...]:
    """Break a text into lines of at most `limit` columns (a Chinese character takes two), evenly filled.

    A word is never broken, a Chinese text anywhere but before closing and behind opening punctuation.
    """
    atoms = _atoms(text)
    needed = len(_filled(atoms, limit))
    narrow, wide = limit // max(1, needed), limit
    while narrow < wide:  # the least width that needs no more lines fills them evenly
        middle = (narrow + wide) // 2
        narrow, wide = (narrow, middle) if len(_filled(atoms, middle)) <= needed else (middle + 1, wide)
    return tuple(_filled(atoms, wide))


def filled(text: str, limit: int) -> list[str]:
    """Break a text like `wrapped`, but each line as full as may be."""
    return _filled(_atoms(text), limit)


def _atoms(text: str) -> list[Atom]:
    return atoms_of(Line(text=" ".join(text.split()), start_frame=0, end_frame=1))


def _filled(atoms: Sequence[Atom], limit: int) -> list[str]:
    lines: list[str] = []
    for atom in atoms:
        longer = f"{lines[-1]}{' ' * atom.spaced}{atom.text}" if lines else ""
        if lines and columns(longer) <= limit:
            lines[-1] = longer
        else:
            lines.append(atom.text)
    return lines
