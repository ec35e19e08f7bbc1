"""The card that opens a film: its title over its first picture, composed by MoviePy."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from autocut_director.tools.composing import moviepy
from autocut_director.tools.film import ffmpeg
from autocut_director.tools.film.colours import Colours, colours_of
from autocut_director.tools.film.drawing import letters
from autocut_director.tools.film.encoding import PIECE, pictures
from autocut_director.tools.film.graph import SAMPLE_RATE
from autocut_director.tools.film.lettering import Caption, lettered
from autocut_director.tools.film.script import Setting
from autocut_director.tools.film.shapes import Size
from autocut_director.tools.pictures import Image, pictures_at, upright
from autocut_director.tools.probe import Footage
from autocut_director.tools.timeline import EditPlan

_SECONDS = Fraction(5, 2)
_FADE_SECONDS = 0.4
_LIGHT = 0.4  # of the picture's own: white letters over it have a contrast of 5 and more
_BLUR = 0.02  # of the picture's longer edge: standard deviation
_LOGLINE = 120  # characters: a longer one is not read in the time


def card_frames(rate: Fraction) -> int:
    """Return how many frames a card lasts at `rate` frames a second."""
    return max(1, round(_SECONDS * rate))


@dataclass(frozen=True)
class Card:
    """A card that was made: its file, and the characters that no font here has."""

    path: Path
    missing: str


def make_card(plan: EditPlan, footage: Footage, size: Size, folder: Path, *, like: Path) -> Card:
    """Make the card of `plan` as a piece of a film, with silence, its colours coded as those of the piece `like`.

    `folder` is for passing files.

    Raises:
        RenderError: ffmpeg failed.
    """
    frames = card_frames(plan.rate)
    seconds = float(frames / plan.rate)
    text = lettered(_captions(plan), size, folder)
    card = _composed(_ground(plan, footage, size), _words(text.settings, size, folder), seconds)
    moving = min(frames, round(_FADE_SECONDS * plan.rate) + 1)  # then it stands still
    for number in range(moving):
        card.save_frame(str(folder / f"card{number:04}.png"), t=float(number / plan.rate))
    card.close()
    _encode(plan.rate, frames, moving, folder, colours_of(like))
    return Card(folder / "card.mov", text.missing)


def _ground(plan: EditPlan, footage: Footage, size: Size) -> Image:
    """Return the film's first picture, out of focus and darkened, as large as the card."""
    first = next(iter(pictures_at(footage, [plan.clips[0].in_frame])))
    image = upright(first.picture, footage, long_edge=max(footage.width, footage.height))
    height, width = image.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    large = cv2.resize(image, (max(size[0], round(width * scale)), max(size[1], round(height * scale))))
    top, left = (large.shape[0] - size[1]) // 2, (large.shape[1] - size[0]) // 2
    soft = cv2.GaussianBlur(large[top : top + size[1], left : left + size[0]], (0, 0), _BLUR * max(size))
    return (soft * _LIGHT).astype(np.uint8)


def _captions(plan: EditPlan) -> list[Caption]:
    title = Caption(plan.title, "title", "middle", 0, 1)
    logline = Caption(plan.logline, "logline", "below", 0, 1)
    return [title, logline] if plan.logline and len(plan.logline) <= _LOGLINE else [title]


def _words(settings: Sequence[Setting], size: Size, folder: Path) -> NDArray[np.uint8]:
    """Return the card's words as a picture of white letters on nothing: (height, width, 4) red green blue alpha."""
    alpha = letters(settings, size, folder)
    return np.dstack([np.full((*alpha.shape, 3), 255, np.uint8), alpha])


def _composed(ground: Image, text: NDArray[np.uint8], seconds: float) -> Any:
    library = moviepy()
    words = library.ImageClip(text, transparent=True, duration=seconds)
    faded = words.with_effects([library.vfx.CrossFadeIn(_FADE_SECONDS)])
    return library.CompositeVideoClip([library.ImageClip(ground[..., ::-1], duration=seconds), faded])


def _encode(rate: Fraction, frames: int, moving: int, folder: Path, colours: Colours) -> None:
    samples = round(frames / rate * SAMPLE_RATE)
    held = f"[0:v]tpad=stop={frames - moving}:stop_mode=clone,setsar=1,{colours.filters}[v]"
    silence = f"anullsrc=r={SAMPLE_RATE}:cl=stereo,atrim=end_sample={samples}[a]"
    opened = ["-framerate", f"{rate.numerator}/{rate.denominator}", "-i", "card%04d.png"]
    graph = ["-filter_complex", f"{held};{silence}", "-map", "[v]", "-map", "[a]"]
    ffmpeg.run([*opened, *graph, *pictures(rate), *PIECE, "card.mov"], folder=folder, out=folder / "card.mov")
