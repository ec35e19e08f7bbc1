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

import math
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from statistics import median, median_low

import cv2
import numpy as np
from cv2.typing import MatLike

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
    (360, "red"),
)
"""Up to which degree of hue a name goes."""
_HUE_NAMES = [next(name for below, name in _HUES if degrees < below) for degrees in range(360)]


class PictureSignals:
    """What is measured of one picture, (height, width, 3) in blue, green, red order; each when it is asked for, once.

    Units as in the module's table.
    """

    def __init__(self, image: Image) -> None:
        self._image = image
        self._luma = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)

    @cached_property
    def sharpness(self) -> float:
        """Variance of the Laplacian of the luma."""
        return _spread(cv2.Laplacian(self._luma, cv2.CV_16S)) ** 2

    @cached_property
    def exposure(self) -> float:
        """Mean luma."""
        return cv2.mean(self._luma)[0] / 255

    @cached_property
    def contrast(self) -> float:
        """Standard deviation of the luma."""
        return _spread(self._luma) / 255

    @cached_property
    def colourfulness(self) -> float:
        """Hasler and Süsstrunk's M."""
        blue, green, red = (channel.astype(np.float32) for channel in cv2.split(self._image))
        red_green, yellow_blue = red - green, (red + green) / 2 - blue
        spread = math.hypot(_spread(red_green), _spread(yellow_blue))
        return spread + 0.3 * math.hypot(float(cv2.mean(red_green)[0]), float(cv2.mean(yellow_blue)[0]))

    @property
    def face_count(self) -> int:
        """How many faces are found."""
        return len(self._faces)

    @property
    def largest_face(self) -> float:
        """The largest face's share of the picture's area; 0 without one."""
        return max((width * height for width, height in self._faces), default=0) / self._luma.size

    @property
    def face_height(self) -> float:
        """The tallest face's share of the picture's height; 0 without one."""
        return max((height for _, height in self._faces), default=0) / int(self._luma.shape[0])

    @cached_property
    def colour(self) -> str:
        """The hue that most of the coloured pixels have; "grey" when less than a quarter has any."""
        hue, saturation, value = cv2.split(cv2.cvtColor(self._image, cv2.COLOR_BGR2HSV))
        coloured = hue[(saturation > _SATURATED) & (value > _LIT)].astype(np.int32) * 2  # OpenCV halves the degrees
        if coloured.size < hue.size / 4:
            return "grey"
        shares: Counter[str] = Counter()
        for name, count in zip(_HUE_NAMES, np.bincount(coloured, minlength=360).tolist(), strict=True):
            shares[name] += count
        return shares.most_common(1)[0][0]

    @cached_property
    def _faces(self) -> list[tuple[int, int]]:
        return [(width, height) for _, _, width, height in faces_in(self._luma, neighbours=_FACE_NEIGHBOURS)]


def _spread(values: MatLike) -> float:
    """Return the standard deviation of one channel's values."""
    return float(cv2.meanStdDev(values)[1][0, 0])


def decode_picture(data: bytes) -> Image | None:
    """Return the picture in the JPEG, PNG or WebP file `data`; None where there is none."""
    if not data:
        return None
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return None if image is None else image.astype(np.uint8, copy=False)


def measure_scene(frames: Sequence[Frame]) -> Signals | None:
    """Return the medians over a scene's stills. None without stills.

    Finding faces takes longer than all else: it is done in the middle still, and where there is one, in the others.
    """
    pictures = [PictureSignals(image) for frame in frames if (image := decode_picture(frame.jpeg)) is not None]
    if not pictures:
        return None
    motions = [frame.motion for frame in frames if frame.motion is not None]
    seen = pictures if pictures[len(pictures) // 2].face_count else []
    return Signals(
        sharpness=round(median(p.sharpness for p in pictures), 1),
        exposure=round(median(p.exposure for p in pictures), 3),
        contrast=round(median(p.contrast for p in pictures), 3),
        colourfulness=round(median(p.colourfulness for p in pictures), 1),
        motion=round(median(motions), 4) if motions else None,
        face_count=median_low(p.face_count for p in seen) if seen else 0,  # one still of three alone is chance
        largest_face=round(median_low(p.largest_face for p in seen), 4) if seen else 0.0,
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
