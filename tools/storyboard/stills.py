"""The stills of a scene as the page carries them: the middle one as it is, each once more small."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from autocut_director.tools.frames import Frame

SMALL_EDGE = 192
"""Pixels of a small still's longer edge."""
_SMALL = [cv2.IMWRITE_JPEG_QUALITY, 70, cv2.IMWRITE_JPEG_OPTIMIZE, 1]


@dataclass(frozen=True)
class Stills:
    """Data URLs: `shown` is the middle still, `small` are all if there is more than one; `frames` are the film's."""

    shown: str
    small: tuple[str, ...]
    frames: tuple[int, ...]
    middle: int

    def nearest(self, frame: int) -> int:
        """Return which still is nearest to a frame of the film."""
        return min(range(len(self.frames)), key=lambda n: abs(self.frames[n] - frame))


def stills_of(frames: Sequence[Frame]) -> Stills | None:
    """Return the stills of a scene; None where it has none."""
    if not frames:
        return None
    small = tuple(_url(_small(frame.jpeg)) for frame in frames) if len(frames) > 1 else ()
    middle = len(frames) // 2
    return Stills(_url(frames[middle].jpeg), small, tuple(frame.index for frame in frames), middle)


def _small(jpeg: bytes) -> bytes:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_COLOR_2)
    if image is None:  # not a picture of ours: shown as it is
        return jpeg
    height, width = image.shape[:2]
    scale = min(1.0, SMALL_EDGE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", resized, _SMALL)[1].tobytes()


def _url(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
