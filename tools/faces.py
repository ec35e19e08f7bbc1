"""Upright, frontal faces in a picture: Viola and Jones 2001, by OpenCV's cascade."""

import threading
from functools import lru_cache
from pathlib import Path

import cv2
from cv2.typing import MatLike

_SMALLEST = 0.08  # of the picture's shorter edge
_FEWEST_PIXELS = 20  # of a face: the cascade was trained on faces of this size
_STEP = 1.1  # from one size that is looked for to the next

PixelBox = tuple[int, int, int, int]
"""Left, top, width and height, in pixels."""


def faces_in(luma: MatLike, *, neighbours: int) -> list[PixelBox]:
    """Return the faces in a grey picture, (height, width); `neighbours`: overlapping hits that are wanted for one."""
    smallest = max(_FEWEST_PIXELS, round(min(luma.shape) * _SMALLEST))
    found = _cascade(threading.get_ident()).detectMultiScale(
        luma, scaleFactor=_STEP, minNeighbors=neighbours, minSize=(smallest, smallest)
    )
    return [(int(x), int(y), int(w), int(h)) for x, y, w, h in found]


@lru_cache(maxsize=32)
def _cascade(thread: int) -> cv2.CascadeClassifier:
    """Load the cascade, once a thread: it must not be shared between threads."""
    return cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_alt2.xml"))
