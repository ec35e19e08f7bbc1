"""What can be measured of a picture without any model, and of a scene from its pictures.

| signal | unit | source |
|---|---|---|
| sharpness | variance of the Laplacian of the luma, 8-bit levels squared | Pech-Pacheco et al. 2000 |
| exposure | mean luma, 0 to 1 | Rec. 601 luma |
| contrast | standard deviation of the luma, 0 to 0.5 | RMS contrast, Peli 1990 |
| colourfulness | M, 0 to about 110 | Hasler and Süsstrunk 2003 |
| motion | mean change of the luma to the next picture, 0 to 1 | |
| faces | count; area and height as shares of the frame | Viola and Jones 2001, OpenCV's cascade |
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, median_low

import cv2
import numpy as np

from autocut_director.tools.faces import faces_in
from autocut_director.tools.frames import Frame
from autocut_director.tools.pictures import Image
from autocut_director.tools.timeline import Signals

_FACE_NEIGHBOURS = 8  # overlapping hits wanted for one face: fewer finds faces in leaves and clouds
_SATURATED = 48  # of 255: below this a pixel has no hue worth naming
_LIT = 40  # of 255: below this neither
_HUES = (
    (15, "red"),
    (42, "orange"),
    (70, "yellow"),
    (165, "green"),
    (200, "cyan"),
    (255, "blue"),
    (330, "purple"),
)


@dataclass(frozen=True)
class PictureSignals:
    """What was measured of one picture. Units as in the module's table; `colour` is the main hue's name or "grey"."""

    sharpness: float
    exposure: float
    contrast: float
    colourfulness: float
    face_count: int
    largest_face: float
    face_height: float
    colour: str


def measure_picture(image: Image) -> PictureSignals:
    """Measure one picture, (height, width, 3) in blue, green, red order."""
    luma = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)
    faces = [(width, height) for _, _, width, height in faces_in(luma, neighbours=_FACE_NEIGHBOURS)]
    height, width = luma.shape
    return PictureSignals(
        sharpness=float(cv2.Laplacian(luma, cv2.CV_64F).var()),
        exposure=float(luma.mean()) / 255,
        contrast=float(luma.std()) / 255,
        colourfulness=_colourfulness(image),
        face_count=len(faces),
        largest_face=max((w * h for w, h in faces), default=0) / (width * height),
        face_height=max((h for _, h in faces), default=0) / height,
        colour=_main_colour(image),
    )


def decode_picture(data: bytes) -> Image | None:
    """Return the picture in the JPEG, PNG or WebP file `data`; None where there is none."""
    if not data:
        return None
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return None if image is None else image.astype(np.uint8, copy=False)


def measure_scene(frames: Sequence[Frame]) -> Signals | None:
    """Return the medians over a scene's stills (a face seen in one still of three is chance). None without stills."""
    pictures = [measure_picture(image) for frame in frames if (image := decode_picture(frame.jpeg)) is not None]
    if not pictures:
        return None
    motions = [frame.motion for frame in frames if frame.motion is not None]
    return Signals(
        sharpness=round(median(p.sharpness for p in pictures), 1),
        exposure=round(median(p.exposure for p in pictures), 3),
        contrast=round(median(p.contrast for p in pictures), 3),
        colourfulness=round(median(p.colourfulness for p in pictures), 1),
        motion=round(median(motions), 4) if motions else None,
        face_count=median_low(p.face_count for p in pictures),
        largest_face=round(median_low(p.largest_face for p in pictures), 4),
        text_share=None,
    )


def quality(measured: Signals | PictureSignals) -> float:
    """Return the technical quality of a picture, or of a scene's pictures, 0 to 1: the mean of four marks, each 0 to 1.

    Our own scale: sharpness by its logarithm (10 is soft, 1000 crisp), exposure by its distance from the middle,
    contrast up to 0.25, colourfulness up to 50 ("moderately colourful" by Hasler and Süsstrunk's ratings).
    """
    marks = (
        min(1.0, max(0.0, (np.log10(max(measured.sharpness, 1.0)) - 1) / 2)),
        max(0.0, 1 - abs(measured.exposure - 0.45) / 0.45),
        min(1.0, measured.contrast / 0.25),
        min(1.0, measured.colourfulness / 50),
    )
    return float(sum(marks) / len(marks))


def _colourfulness(image: Image) -> float:
    blue, green, red = (image[..., channel].astype(np.float32) for channel in range(3))
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    return float(spread + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean()))


def _main_colour(image: Image) -> str:
    """Name the hue that most of the coloured pixels have; "grey" when less than a quarter has any."""
    hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV))
    coloured = hue[(saturation > _SATURATED) & (value > _LIT)].astype(np.int32) * 2  # OpenCV halves the degrees
    if coloured.size < hue.size / 4:
        return "grey"
    names = [_hue_name(degrees) for degrees in range(360)]
    shares: dict[str, int] = {}
    for degrees, count in enumerate(np.bincount(coloured, minlength=360)):
        shares[names[degrees]] = shares.get(names[degrees], 0) + int(count)
    return max(shares, key=lambda name: shares[name])


def _hue_name(degrees: int) -> str:
    return next((name for below, name in _HUES if degrees < below), "red")
