"""The small film that `demo` makes for itself with MoviePy: a day by the sea, drawn from formulas.

Nine shots with sound. It gives the main job something to work on where there is no footage, no network and no model.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocut_director.tools.composing import moviepy
from autocut_director.tools.files import replacing
from autocut_director.tools.scenes import Progress

WIDTH, HEIGHT, FPS = 480, 270, 24
Canvas = NDArray[np.float32]  # (HEIGHT, WIDTH, 3), red green blue, 0 to 255

_Y, _X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
_RANDOM = np.random.default_rng(7)  # fixed, so that the film is the same each time
_STARS = _RANDOM.random((220, 3)) * (HEIGHT * 0.8, WIDTH, 6.28)
_HEIGHTS = np.repeat(_RANDOM.integers(50, 160, WIDTH // 34 + 1), 34)[:WIDTH]
_TOWERS = (_Y > HEIGHT - _HEIGHTS) & (_X % 34 < 30)
_PANES = _TOWERS & (_Y % 9 > 4) & (_X % 7 > 3)
_WINDOW_OF_PANE = _RANDOM.random((HEIGHT // 9 + 1, WIDTH // 7 + 1)).repeat(9, axis=0).repeat(7, axis=1)[:HEIGHT, :WIDTH]
_SPARKS = _RANDOM.normal(size=(140, 2))


def _sky(top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Canvas:
    share = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None, None]
    rows = np.array(top, np.float32) * (1 - share) + np.array(bottom, np.float32) * share
    return np.repeat(rows, WIDTH, axis=1)


def _disc(image: Canvas, x: float, y: float, radius: float, colour: tuple[int, int, int]) -> None:
    soft = np.clip(radius + 1 - np.hypot(_X - x, _Y - y), 0, 1)[..., None]
    image += soft * (np.array(colour, np.float32) - image)


def _waves(image: Canvas, horizon: int, t: float, colour: tuple[int, int, int]) -> None:
    depth = np.clip((_Y - horizon) / (HEIGHT - horizon), 0.02, 1)
    swell = np.sin(_X / (14 * depth + 3) + 2.2 * t + 9 * depth) * np.sin(_Y / (5 * depth + 2) - 3 * t)
    sea = np.array(colour, np.float32) + (38 * swell * depth)[..., None]
    image[horizon:] = np.clip(sea, 0, 255)[horizon:]


def _sunrise(t: float) -> Canvas:
    image = _sky((60, 80, 150), (250, 170, 90))
    _disc(image, 240, 176 - 21 * t, 35, (255, 226, 140))
    _waves(image, 165, t, (40, 80, 120))
    return image


def _surf(t: float) -> Canvas:
    image = _sky((40, 130, 150), (30, 100, 120))
    _waves(image, 0, 1.6 * t, (46, 150, 160))
    image[np.abs(_Y - 188 - 16 * np.sin(_X / 60 + t)) < 6] = 240
    return image


def _boat(t: float) -> Canvas:
    image = _sky((120, 190, 245), (225, 240, 250))
    _waves(image, 172, t, (30, 110, 170))
    x, y = 105 + 52 * t, 174 + 3 * np.sin(2 * t)
    image[(np.abs(_X - x) < 45 - (_Y - y)) & (y < _Y) & (y + 20 > _Y)] = (130, 50, 30)
    image[(x < _X) & (_X - x < (_Y - y + 112) * 0.55) & (y - 6 > _Y) & (y - 112 < _Y)] = (250, 250, 245)
    return image


def _lighthouse(t: float) -> Canvas:
    image = _sky((70, 50, 110), (230, 120, 100))
    image[214 - 22 * np.exp(-(((_X - 150) / 112) ** 2)) < _Y] = (40, 45, 40)
    stripes = ((_Y // 26) % 2 * 180 + 60)[..., None] * np.array([1, 0.85, 0.8], np.float32)
    tower = (np.abs(_X - 150) < 12 + (_Y - 82) * 0.07) & (_Y > 82) & (_Y < 202)
    image[tower] = stripes[tower]
    beam = np.clip(1 - np.abs(np.arctan2(_Y - 75, _X - 150) - 0.5 * np.sin(2 * t)) * 9, 0, 1)[..., None]
    image += beam * (np.array([255, 245, 190], np.float32) - image) * 0.8
    return image


def _city(t: float) -> Canvas:
    image = _sky((8, 10, 30), (60, 40, 80))
    image[_TOWERS] = (18, 20, 34)
    image[_PANES & (0.45 + 0.1 * np.sin(2 * t) < _WINDOW_OF_PANE)] = (250, 210, 120)
    return image


def _stars(t: float) -> Canvas:
    image = _sky((4, 6, 20), (20, 30, 70))
    for y, x, phase in _STARS:
        image[int(y), int(x + 5 * t) % WIDTH] = 150 + 100 * np.sin(phase + 4 * t)
    _disc(image, 360, 68, 30, (240, 238, 220))
    _disc(image, 346, 61, 27, (9, 12, 32))
    return image


def _fireworks(t: float) -> Canvas:
    image = _sky((60, 20, 70), (150, 60, 110))
    bursts = ((130, 100, (255, 120, 70)), (330, 75, (110, 220, 255)), (240, 130, (255, 230, 90)))
    for number, (x, y, colour) in enumerate(bursts):
        age = (t + 0.8 * number) % 2.4
        at = np.array([y, x]) + _SPARKS[number::3] * age * 40 + (10 * age * age, 0)
        rows, columns = np.clip(at.astype(int), 2, (HEIGHT - 4, WIDTH - 4)).T
        for dy, dx in np.ndindex(3, 3):
            image[rows + dy, columns + dx] = np.array(colour) * max(0.2, 1 - age / 3)
    return image


def _card(t: float) -> Canvas:
    glow = int(6 * np.sin(t))
    return _sky((18 + glow, 34 + glow, 60 + glow), (30 + glow, 54 + glow, 90 + glow))


_SHOTS: tuple[tuple[Callable[[float], Canvas], float, float], ...] = (
    (_card, 2.0, 220.0),
    (_sunrise, 3.5, 261.6),
    (_surf, 2.4, 293.7),
    (_boat, 3.2, 329.6),
    (_lighthouse, 2.8, 392.0),
    (_city, 3.0, 349.2),
    (_stars, 2.4, 293.7),
    (_fireworks, 3.0, 440.0),
    (_card, 1.7, 220.0),
)
"""What is drawn, for how many seconds, and the pitch of its chord in hertz."""


def make_demo_film(out: Path, *, progress: Progress | None = None) -> Path:
    """Make the demo film: 24 s, 480×270, 24 frames a second, with sound.

    Raises:
        OutputError: It cannot be written to `out`.
    """
    film = moviepy().concatenate_videoclips([_shot(*shot) for shot in _SHOTS])
    with replacing(out) as part, TemporaryDirectory(prefix="autocut-") as scratch:
        film.write_videofile(
            str(part),
            fps=FPS,
            codec="libx264",
            audio_codec="aac",
            preset="veryfast",
            temp_audiofile_path=scratch,
            ffmpeg_params=["-crf", "18", "-pix_fmt", "yuv420p"],
            logger=_bar(progress) if progress else None,
        )
    film.close()
    return out


def _shot(draw: Callable[[float], Canvas], seconds: float, pitch: float) -> Any:
    library = moviepy()
    shot = library.VideoClip(lambda t: np.clip(draw(t), 0, 255).astype(np.uint8), duration=seconds)
    if draw is _card:
        words = library.TextClip(text="A day by the sea", font_size=34, color="white", margin=(8, 8))
        shot = library.CompositeVideoClip([shot, words.with_duration(seconds).with_position("center")])
    return shot.with_audio(library.AudioClip(_chord(pitch, seconds), duration=seconds, fps=44_100))


def _chord(pitch: float, seconds: float) -> Callable[[Any], Any]:
    def sound(t: Any) -> Any:
        swell = np.clip(np.minimum(t, seconds - t) * 4, 0, 1)
        tone = sum(np.sin(2 * np.pi * pitch * ratio * t) for ratio in (1, 1.25, 1.5))
        return np.stack([0.08 * swell * tone] * 2, axis=-1)

    return sound


def _bar(progress: Progress) -> Any:
    """Return a logger that passes MoviePy's count of frames on."""
    from proglog import ProgressBarLogger

    class Bar(ProgressBarLogger):  # type: ignore[misc]
        def bars_callback(self, bar: str, attr: str, value: int, old_value: int | None = None) -> None:
            if bar == "frame_index" and attr == "index":
                progress(value, self.bars[bar]["total"])

    return Bar()
