"""Films made for the tests. Each picture carries its own number as a row of black and white blocks, so that what comes
out of a cut can be compared with what went in, frame by frame."""

import random
import subprocess
import wave
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
import cv2
import imageio_ffmpeg
import numpy as np

BITS = 12
BLOCK = 16  # pixels
SIZE = (BITS * BLOCK, 112)
SOUND_RATE = 48_000
PALETTE = [(40, 60, 200), (60, 180, 75), (220, 160, 30), (150, 60, 160), (70, 190, 200), (200, 80, 60), (120, 120, 40)]


def picture(number: int, shot: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A (height, width, 3) RGB picture: its number in blocks, below it its shot's colour and a moving bar."""
    width, height = size
    image = np.empty((height, width, 3), np.uint8)
    image[:] = PALETTE[shot % len(PALETTE)]
    image[40:70, (number * 3) % (width - 20) : (number * 3) % (width - 20) + 20] = 255
    for bit in range(BITS):
        image[:32, bit * BLOCK : (bit + 1) * BLOCK] = 235 if number >> bit & 1 else 16
    return image


def number_of(image: np.ndarray) -> int:
    """Read the number back from a (height, width, 3) or (height, width) picture."""
    luma = image.mean(axis=2) if image.ndim == 3 else image
    blocks = [luma[8:24, bit * BLOCK + 4 : (bit + 1) * BLOCK - 4].mean() for bit in range(BITS)]
    return sum(1 << bit for bit, level in enumerate(blocks) if level > 125)


def numbers_in(path: Path) -> list[int]:
    """The numbers of all pictures of a film, in order."""
    with av.open(str(path)) as container:
        return [number_of(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def make_film(
    path: Path,
    *,
    shots: Sequence[int] = (40, 35, 50, 30, 45),
    rate: Fraction = Fraction(25),
    times: Iterable[Fraction] | None = None,
    size: tuple[int, int] = SIZE,
    sound: bool = True,
    gop: int = 50,
    light: Callable[[int], float] = lambda _: 1.0,
    still: bool = False,
    sound_seconds: float | None = None,
    tone: bool = False,
    codec: str | None = None,
) -> Path:
    """Encode a film of `shots` (lengths in pictures).

    `times` in seconds, one a picture, makes the rate vary; `light` dims a picture (0 to 1); `still` stops all motion.
    """
    stamps = [n / rate for n in range(sum(shots))] if times is None else list(times)
    pictures = path.with_name(f"pictures-{path.name}") if sound else path
    with av.open(str(pictures), "w") as container:
        _encode_pictures(container, stamps, _pictures(shots, size, light, still), rate, size, gop, codec)
    if sound:
        seconds = sound_seconds or float(stamps[-1] + 1 / rate)
        _add_sound(pictures, path, steady(seconds) if tone else beeps(seconds))
    return path


def _pictures(shots, size, light, still):
    starts = list(accumulate(shots))
    for number in range(sum(shots)):
        shot = sum(number >= start for start in starts)
        yield (picture(0 if still else number, shot, size) * light(number)).astype(np.uint8)


def _encode_pictures(container, stamps, pictures, rate, size, gop, codec):
    codec = codec or ("mpeg2video" if container.format.name in {"mpeg", "mpegts"} else "libx264")
    stream = container.add_stream(codec, rate=rate, options={"preset": "veryfast", "crf": "12", "g": str(gop)})
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p" if codec != "ffv1" else "yuv444p"
    if codec == "mpeg2video":
        stream.bit_rate = 6_000_000
    else:
        stream.codec_context.time_base = Fraction(1, 90_000)
    for stamp, image in zip(stamps, pictures, strict=True):
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.time_base = stream.codec_context.time_base or 1 / rate
        frame.pts = round(stamp / frame.time_base)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def beeps(seconds: float) -> np.ndarray:
    """Silence with a 20-ms beep of 1 kHz at each whole second: float32 samples."""
    at = np.arange(round(seconds * SOUND_RATE)) / SOUND_RATE
    return (0.5 * np.sin(2 * np.pi * 1000 * at) * (at % 1 < 0.02)).astype(np.float32)


def steady(seconds: float) -> np.ndarray:
    """A tone of 440 Hz that does not stop: float32 samples."""
    at = np.arange(round(seconds * SOUND_RATE)) / SOUND_RATE
    return (0.5 * np.sin(2 * np.pi * 440 * at)).astype(np.float32)


def _add_sound(pictures: Path, target: Path, samples: np.ndarray) -> None:
    wav = pictures.with_suffix(".wav")
    with wave.open(str(wav), "wb") as file:
        file.setparams((1, 2, SOUND_RATE, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    codec = "mp2" if target.suffix in {".mpg", ".ts"} else "aac"
    ffmpeg("-i", str(pictures), "-i", str(wav), "-c:v", "copy", "-c:a", codec, str(target))
    pictures.unlink()
    wav.unlink()


def sound_of(path: Path) -> np.ndarray:
    """All samples of a film's sound, mono, 48 kHz, float32, from where its streams begin."""
    raw = ffmpeg("-i", str(path), "-ac", "1", "-ar", str(SOUND_RATE), "-f", "f32le", "-")
    return np.frombuffer(raw, np.float32)


def ffmpeg(*arguments: str) -> bytes:
    """Run ffmpeg; return what it writes to stdout."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def remux(source: Path, target: Path, *, before: Sequence[str] = (), after: Sequence[str] = ()) -> Path:
    """Copy `source` to `target` through ffmpeg with options before and after the input, streams untouched."""
    ffmpeg(*before, "-i", str(source), *after, "-c", "copy", str(target))
    return target


def as_shown(path: Path) -> np.ndarray:
    """The first picture as ffmpeg shows it, upright: (height, width, 3) RGB."""
    png = ffmpeg("-i", str(path), "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-")
    return np.ascontiguousarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)[..., ::-1])


def varying(count: int) -> list[Fraction]:
    """Time stamps whose steps are drawn from 1/60 to 1/15 of a second."""
    draw = random.Random(3)
    steps = [
        draw.choice([Fraction(1, 60), Fraction(1, 30), Fraction(1, 24), Fraction(1, 15)]) for _ in range(count - 1)
    ]
    return [sum(steps[:n], Fraction(0)) for n in range(count)]


def two_sizes(folder: Path) -> Path:
    """A stream whose pictures are 192×112, then 112×192."""
    sizes = [SIZE, SIZE[::-1]]
    parts = [make_film(folder / f"{n}.ts", shots=[30], size=size, sound=False) for n, size in enumerate(sizes)]
    later = remux(parts[1], folder / "later.ts", after=["-output_ts_offset", "1.2"])
    (folder / "both.ts").write_bytes(parts[0].read_bytes() + later.read_bytes())
    return folder / "both.ts"


def face(image: np.ndarray, x: float, y: float, size: float) -> np.ndarray:
    """Draw a face that a detector takes for one, its middle at (x, y), `size` pixels high, into an RGB picture."""

    def oval(dx: float, dy: float, across: float, down: float, colour: tuple[int, int, int]) -> None:
        middle = round(x + dx * size / 100), round(y + dy * size / 100)
        cv2.ellipse(image, middle, (round(across * size / 100), round(down * size / 100)), 0, 0, 360, colour, -1)

    oval(0, 0, 38, 50, (200, 170, 150))
    oval(0, -40, 38, 18, (60, 45, 40))
    for side in (-1, 1):
        oval(side * 16, -10, 10, 5, (120, 90, 80))
        oval(side * 16, -9, 5, 3, (30, 25, 25))
        oval(side * 16, -19, 11, 2.5, (60, 45, 40))
        oval(side * 5, 12, 2.5, 2, (110, 80, 70))
    oval(0, 2, 4, 14, (215, 185, 165))
    oval(0, 28, 14, 4, (120, 60, 60))
    return image


def paint_film(path: Path, pictures: Iterable[np.ndarray], *, rate: Fraction = Fraction(25)) -> Path:
    """Encode `pictures`, (height, width, 3) RGB each, without sound."""
    images = list(pictures)
    size = (images[0].shape[1], images[0].shape[0])
    with av.open(str(path), "w") as container:
        _encode_pictures(container, [n / rate for n in range(len(images))], iter(images), rate, size, 50, None)
    return path


def scenery(draw: np.random.Generator, tint: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A float32 RGB picture of `size` with the spectrum of nature, whose amplitude falls with frequency, and things."""
    width, height = size
    far = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    far[0, 0] = np.inf
    waves = draw.normal(size=(4, *far.shape)) + 1j * draw.normal(size=(4, *far.shape))
    grounds = np.fft.irfft2(waves / far ** draw.uniform(1, 1.6), s=(height, width))
    light, *colour = (ground / ground.std() for ground in grounds)
    image = light[..., None] * draw.uniform(25, 50) + np.dstack(colour) * draw.uniform(3, 12) + tint
    image = np.ascontiguousarray(image, np.float32)
    for _ in range(draw.integers(6, 20)):
        middle, half = draw.integers(0, size), draw.integers(8, height // 4, 2)
        look = [float(level) for level in tint + draw.normal(0, 60, 3)]
        if draw.random() < 0.5:
            cv2.ellipse(image, middle, half, draw.uniform(0, 180), 0, 360, look, -1)
        else:
            cv2.rectangle(image, middle, middle + half, look, -1)
    return cv2.GaussianBlur(image.clip(0, 255), (3, 3), 0)


MOVES = ("still", "pan", "zoom", "shaken", "swift")


def take(
    draw: np.random.Generator,
    count: int,
    *,
    move: str = "still",
    rate: Fraction | float = 25,
    tint: np.ndarray | None = None,
    size: tuple[int, int] = SIZE,
) -> list[np.ndarray]:
    """One shot of `count` RGB pictures: a camera that moves over its own scenery, and mostly a subject before it."""
    tint = draw.uniform(60, 160, 3) if tint is None else tint
    ground = scenery(draw, tint + draw.normal(0, 18, 3), (2 * size[0], 2 * size[1]))
    seconds = (np.arange(count) - (count - 1) / 2) / float(rate)
    x, y, zoom = _path(draw, move, seconds, size)
    blur = np.abs(np.gradient(x)) if move == "swift" and count > 1 else np.zeros(count)
    subject = _subject(draw, seconds, size)
    return [
        subject(n, _seen(ground, x[n], y[n], zoom[n], blur[n], size)).clip(0, 255).astype(np.uint8)
        for n in range(count)
    ]


def _path(draw, move, seconds, size):
    """Where the camera looks, as pixels from the scenery's middle, and how near it is."""
    still = np.zeros_like(seconds)
    if move == "pan":
        return seconds * size[0] * draw.uniform(-0.2, 0.2), seconds * size[1] * draw.uniform(-0.1, 0.1), still + 1
    if move == "zoom":
        return still, still, np.exp(seconds * draw.uniform(-0.25, 0.25)) * 1.2
    if move == "shaken":
        noise = draw.normal(0, size[0] / 80, (2, len(seconds) + 2))
        x, y = (np.convolve(way, np.ones(3) / 3, "valid") for way in noise)
        return x, y, still + 1
    if move == "swift":
        way = 1 / (1 + np.exp(-seconds / draw.uniform(0.03, 0.075))) - 0.5
        return way * size[0] * draw.choice([-0.95, 0.95]), still, still + 1
    return still, still, still + 1


def _seen(ground, x, y, zoom, blur, size):
    move = np.float32([[zoom, 0, size[0] / 2 - (size[0] + x) * zoom], [0, zoom, size[1] / 2 - (size[1] + y) * zoom]])
    image = cv2.warpAffine(ground, move, size, borderMode=cv2.BORDER_REFLECT)
    return cv2.blur(image, (int(blur), 1)) if blur > 3 else image


def _subject(draw, seconds, size):
    """A head that crosses the picture, in six shots of ten."""
    look = [float(level) for level in draw.uniform(20, 235, 3)]
    across = draw.uniform(0.1, 0.3) * size[1]
    x = draw.uniform(0.2, 0.8) * size[0] + seconds * size[0] * draw.uniform(-0.4, 0.4)
    y = 0.6 * size[1] + size[1] * draw.uniform(0.03, 0.14) * np.sin(seconds * draw.uniform(2, 8))
    there = draw.random() < 0.6

    def put(number, image):
        if there:
            middle, half = (round(x[number]), round(y[number])), (round(across * 0.7), round(across))
            cv2.ellipse(image, middle, half, 0, 0, 360, look, -1, cv2.LINE_AA)
        return image

    return put


class Montage:
    """Takes put one after the other. `cuts` are the first frames after hard cuts; `transitions` are the others, each
    from its first frame that is changed to the first that is whole again."""

    def __init__(self, first: Sequence[np.ndarray]) -> None:
        self.pictures = list(first)
        self.cuts: list[int] = []
        self.transitions: list[tuple[int, int]] = []

    def cut(self, new: Sequence[np.ndarray]) -> "Montage":
        self.cuts.append(len(self.pictures))
        self.pictures += new
        return self

    def dissolve(self, new: Sequence[np.ndarray], frames: int) -> "Montage":
        start = len(self.pictures) - frames
        for n in range(frames):
            self.pictures[start + n] = _mixed(self.pictures[start + n], new[n], (n + 1) / (frames + 1))
        self.pictures += new[frames:]
        self.transitions.append((start, start + frames))
        return self

    def fade(self, new: Sequence[np.ndarray], frames: int, *, hold: int = 0, level: int = 0) -> "Montage":
        start, blank = len(self.pictures) - frames, np.full_like(new[0], level)
        for n in range(frames):
            self.pictures[start + n] = _mixed(self.pictures[start + n], blank, (n + 1) / frames)
        self.pictures += [blank] * hold
        self.pictures += [_mixed(blank, picture, n / frames) for n, picture in enumerate(new[:frames])]
        self.pictures += new[frames:]
        self.transitions.append((start, start + 2 * frames + hold))
        return self

    def flash(self, start: int, frames: int, *, strength: int = 150) -> "Montage":
        for n in range(start, start + frames):
            self.pictures[n] = cv2.add(self.pictures[n], np.full_like(self.pictures[n], strength))
        return self


def _mixed(one: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    return cv2.addWeighted(one, 1 - share, other, share, 0)
