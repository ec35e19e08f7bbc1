"""Texts that are set into the picture: broken into lines and sized so that they fit, of letters that fonts here have.

Nobody can know beforehand how wide a text is in a font that stands in for a missing one. So each text is set in its
largest size, drawn by the engine that will draw it, and measured; what does not fit is set smaller and drawn again.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autocut_director.tools.film.ffmpeg import output_of
from autocut_director.tools.film.graph import SCRIPT, SCRIPT_RATE
from autocut_director.tools.film.script import Place, Setting, script
from autocut_director.tools.film.shapes import Size
from autocut_director.tools.timeline import Line
from autocut_director.tools.words.line_breaks import Atom, atoms_of, columns

_SAFE = {"lower": (0.92, 0.36), "upper": (0.92, 0.36), "middle": (0.86, 0.5), "below": (0.8, 0.2)}
"""Shares of the picture's width and height that a text with its box may take: within EBU R 95's safe area."""
_LARGEST = {"overlay": (0.07, 0.085), "subtitle": (0.052, 0.065), "title": (0.11, 0.12), "logline": (0.05, 0.06)}
"""Letters' size in shares of the picture's height and width, whichever is less."""
_SMALLER = 0.86  # the next size that is tried
_SIZES = 10  # that are tried; the last is a quarter of the first
_COLUMN = 0.47  # of the letters' size: the usual width of a Latin letter; Chinese ones take two
_MEASURED_EDGE = 640  # pixels: texts are measured at this size, since a script scales
_MISSING = re.compile(r"failed to find any fallback with glyph 0x([0-9A-Fa-f]+)")


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
    missing = _missing(captions, size, folder)
    legible = [replace(each, text=_without(each.text, missing)) for each in captions]
    legible = [each for each in legible if _says_something(each.text)]
    return Lettering(tuple(_fitted(legible, size, folder)), missing)


def write_script(settings: Iterable[Setting], size: Size, folder: Path) -> None:
    """Write the script of `settings` where ffmpeg, working in `folder`, finds it."""
    (folder / SCRIPT).write_text(script(settings, size), encoding="utf-8", newline="\n")


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
    of_height, of_width = _LARGEST[caption.kind]
    points = min(of_height * size[1], of_width * size[0]) * _SMALLER**step
    limit = max(4, int(_SAFE[caption.place][0] * size[0] / (points * _COLUMN)))
    return Setting(wrapped(caption.text, limit), points, caption.place, caption.start_frame, caption.end_frame)


def _fit(settings: Sequence[Setting], size: Size, folder: Path) -> list[bool]:
    """Tell which of `settings` keep within their part of the picture."""
    fits: list[bool] = []
    for setting, mask in zip(settings, _masks(settings, size, folder), strict=True):
        wide, high = (mask.any(axis=0).mean(), mask.any(axis=1).mean())
        share = _SAFE[setting.place]
        fits.append(bool(wide <= share[0] and high <= share[1]))
    return fits


def _masks(settings: Sequence[Setting], size: Size, folder: Path) -> NDArray[np.uint8]:
    """Draw each of `settings` alone, small; return where it covers the picture, (settings, height, width)."""
    one_each = [replace(setting, start_frame=n, end_frame=n + 1) for n, setting in enumerate(settings)]
    write_script(one_each, size, folder)
    scale = min(1.0, _MEASURED_EDGE / max(size))
    width, height = max(2, round(size[0] * scale)), max(2, round(size[1] * scale))
    drawn, _ = output_of([*_empty((width, height), len(settings)), "-vf", f"ass={SCRIPT}:alpha=1,alphaextract", "-f",
        "rawvideo", "-pix_fmt", "gray", "-"], folder=folder)  # fmt: skip
    return np.frombuffer(drawn, np.uint8).reshape(len(settings), height, width)


def _empty(size: Size, frames: int) -> list[str]:
    source = f"color=black@0:s={size[0]}x{size[1]}:r={SCRIPT_RATE},format=rgba"
    return ["-f", "lavfi", "-i", source, "-frames:v", str(frames)]


def drawn_text(settings: Sequence[Setting], size: Size, folder: Path) -> NDArray[np.uint8]:
    """Return `settings`, as they stand in frame 0, drawn on nothing: (height, width, 4) red green blue alpha."""
    write_script(settings, size, folder)
    drawn, _ = output_of([*_empty(size, 1), "-vf", f"ass={SCRIPT}:alpha=1", "-f", "rawvideo", "-pix_fmt", "rgba", "-"],
        folder=folder)  # fmt: skip
    return np.frombuffer(drawn, np.uint8).reshape(size[1], size[0], 4)


# ---------------------------------------------------------------- what can be drawn


def _missing(captions: Sequence[Caption], size: Size, folder: Path) -> str:
    """Return the characters of `captions` that no font here has, as libass tells them."""
    write_script([replace(_set(each, size, 0), start_frame=n, end_frame=n + 1) for n, each in enumerate(captions)],
        size, folder)  # fmt: skip
    small = (64, 64)
    _, said = output_of([*_empty(small, len(captions)), "-vf", f"ass={SCRIPT}", "-f", "null", "-"], folder=folder,
        level="warning")  # fmt: skip
    codes = dict.fromkeys(int(code, 16) for code in _MISSING.findall(said))
    return "".join(map(chr, codes))


def _without(text: str, missing: str) -> str:
    return " ".join("".join(character for character in text if character not in missing).split())


def _says_something(text: str) -> bool:
    """Tell whether anything of a text is left to see: not only marks that belong to letters which are gone."""
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)


# ---------------------------------------------------------------- lines


def wrapped(text: str, limit: int) -> tuple[str, ...]:
    """Break a text into lines of at most `limit` columns (a Chinese character takes two), evenly filled.

    A word is never broken, a Chinese text anywhere but before closing and behind opening punctuation.
    """
    atoms = atoms_of(Line(text=" ".join(text.split()), start_frame=0, end_frame=1))
    needed = len(_filled(atoms, limit))
    narrow, wide = limit // max(1, needed), limit
    while narrow < wide:  # the least width that needs no more lines fills them evenly
        middle = (narrow + wide) // 2
        narrow, wide = (narrow, middle) if len(_filled(atoms, middle)) <= needed else (middle + 1, wide)
    return tuple(_filled(atoms, wide))


def _filled(atoms: Sequence[Atom], limit: int) -> list[str]:
    lines: list[str] = []
    for atom in atoms:
        longer = f"{lines[-1]}{' ' * atom.spaced}{atom.text}" if lines else ""
        if lines and columns(longer) <= limit:
            lines[-1] = longer
        else:
            lines.append(atom.text)
    return lines
