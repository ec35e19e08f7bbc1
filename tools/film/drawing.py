"""Texts drawn on nothing by the engine that draws them into the film, to be measured or put to another use."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autocut_director.tools.film.ffmpeg import output_of
from autocut_director.tools.film.graph import SCRIPT, SCRIPT_RATE
from autocut_director.tools.film.script import Label, Setting, label_script, script
from autocut_director.tools.film.shapes import Size

_MEASURED_EDGE = 640  # pixels: texts are measured at this size, since a script scales
_RAW = ["-f", "rawvideo", "-pix_fmt", "gray", "-"]
_MISSING = re.compile(r"failed to find any fallback with glyph 0x([0-9A-Fa-f]+)")


def write_script(settings: Iterable[Setting], size: Size, folder: Path) -> None:
    """Write the script of `settings` where ffmpeg, working in `folder`, finds it."""
    (folder / SCRIPT).write_text(script(settings, size), encoding="utf-8", newline="\n")


def covered(settings: Sequence[Setting], size: Size, folder: Path) -> NDArray[np.uint8]:
    """Draw each of `settings` alone, small; return where text and box cover the picture, (settings, height, width)."""
    _write_apart(settings, size, folder)
    scale = min(1.0, _MEASURED_EDGE / max(size))
    small = max(2, round(size[0] * scale)), max(2, round(size[1] * scale))
    return _drawn(_Nothing("black@0", "rgba", small, len(settings)), f"ass={SCRIPT}:alpha=1,alphaextract", folder)


def letters(settings: Sequence[Setting], size: Size, folder: Path) -> NDArray[np.uint8]:
    """Return how much of each pixel the letters of `settings`, as they stand in frame 0, cover: (height, width)."""
    write_script(settings, size, folder)
    return _inked(size, folder)[0]


def inked(labels: Sequence[Label], size: Size, folder: Path) -> tuple[NDArray[np.uint8], str]:
    """Draw `labels`, white on black.

    Returns:
        How much of each pixel their letters cover, (height, width), and the characters that no font here has.
    """
    (folder / SCRIPT).write_text(label_script(labels, size), encoding="utf-8", newline="\n")
    return _inked(size, folder)


def undrawable(settings: Sequence[Setting], folder: Path) -> str:
    """Return the characters of `settings` that no font here has, as libass tells them."""
    _write_apart(settings, (64, 64), folder)
    opened = _Nothing("black", "yuv420p", (64, 64), len(settings)).opened
    _, said = output_of([*opened, "-vf", f"ass={SCRIPT}", "-f", "null", "-"], folder=folder, level="warning")
    return _missing(said)


def _missing(said: str) -> str:
    """Return the characters that libass says no font has."""
    codes = dict.fromkeys(int(code, 16) for code in _MISSING.findall(said))
    return "".join(map(chr, codes))


def _write_apart(settings: Sequence[Setting], size: Size, folder: Path) -> None:
    """Write the script of `settings` with each in a frame of its own."""
    write_script([replace(setting, start_frame=n, end_frame=n + 1) for n, setting in enumerate(settings)], size, folder)


@dataclass(frozen=True)
class _Nothing:
    """Pictures with nothing on them: their colour and pixels as ffmpeg calls them, their size, and how many."""

    colour: str
    pixels: str
    size: Size
    frames: int

    @property
    def opened(self) -> list[str]:
        source = f"color={self.colour}:s={self.size[0]}x{self.size[1]}:r={SCRIPT_RATE},format={self.pixels}"
        return ["-f", "lavfi", "-i", source, "-frames:v", str(self.frames)]


def _drawn(nothing: _Nothing, drawing: str, folder: Path) -> NDArray[np.uint8]:
    """Return what is drawn on nothing, (frames, height, width), grey."""
    drawn, _ = output_of([*nothing.opened, "-vf", drawing, *_RAW], folder=folder)
    return np.frombuffer(drawn, np.uint8).reshape(nothing.frames, nothing.size[1], nothing.size[0])


def _inked(size: Size, folder: Path) -> tuple[NDArray[np.uint8], str]:
    """Return the first frame of the script in `folder`, grey, and what could not be drawn of it."""
    opened = _Nothing("black", "yuv420p", size, 1).opened
    drawn, said = output_of([*opened, "-vf", f"ass={SCRIPT}", *_RAW], folder=folder, level="warning")
    return np.frombuffer(drawn, np.uint8).reshape(size[1], size[0]), _missing(said)
