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
