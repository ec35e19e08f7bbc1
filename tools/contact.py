"""The contact picture: the stills of a scene as one picture, for a model that takes one picture in a request.

The stills stand in equal places in the order of time: wide ones in a column, tall ones in a row, many in a grid. What
comes out is about square, since such models make a square of every picture. That a model which was trained on single
pictures can read one made of a film's frames: W. Kim et al., "An Image Grid Can Be Worth a Video", arXiv 2403.18406.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from autocut_director.errors import InputError
from autocut_director.tools.frames import LONG_EDGE, Frame, SceneFrames, to_jpeg
from autocut_director.tools.pictures import Image
from autocut_director.tools.signals import decode_picture

CONTACT = "contact.1"
"""How stills are put into one picture; another name asks anew."""

_GAP = 6  # pixels between stills: a line that is seen after a model has made the picture smaller
_GREY = 128  # neither a dark picture's border nor a bright one's
_EMPTY_PLACE = 1.25  # an empty place could be read as a picture: stills must be a quarter larger to be worth one


@dataclass(frozen=True)
class Contact:
    """Stills as one picture: `frame` stands for all of them, with the first one's index; `order` says it in words."""

    frame: Frame
    order: str


def needs_contact(stills: int, images: int | None) -> bool:
    """Tell whether `stills` are more than a request takes: `images`, None for any number."""
    return images is not None and stills > images


def contact_picture(shot: SceneFrames) -> Contact:
    """Return the stills of `shot`, one or more, as one picture: JPEG, longer edge at most 512 pixels, none enlarged.

    Raises:
        InputError: A still is no picture.
    """
    stills = [_decoded(frame) for frame in shot.frames]
    columns, rows, (width, height) = _arrangement(len(stills), _size(stills[0]))
    canvas = np.full((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP, 3), _GREY, np.uint8)
    for number, still in enumerate(stills):
        row, column = divmod(number, columns)
        _put(canvas, still, (column * (width + _GAP), row * (height + _GAP)), (width, height))
    first, (wide, high) = shot.frames[0], _size(canvas)
    return Contact(Frame(first.scene_id, first.index, to_jpeg(canvas), wide, high, None), _order(columns, rows))


def _decoded(frame: Frame) -> Image:
    image = decode_picture(frame.jpeg)
    if image is None:
        raise InputError(
            f"The still of frame {frame.index} in scene {frame.scene_id} is no picture that can be read "
            f"({len(frame.jpeg)} bytes); have the stills taken anew: --no-cache"
        )
    return image


def _size(image: Image) -> tuple[int, int]:
    return image.shape[1], image.shape[0]


def _arrangement(count: int, still: tuple[int, int]) -> tuple[int, int, tuple[int, int]]:
    """Return (columns, rows, a place's size) with the largest places for `count` stills of the size `still`."""
    return max(_arrangements(count, still), key=lambda made: made[2][0] / _cost_of_empty(made, count))


_Arrangement = tuple[int, int, tuple[int, int]]


def _arrangements(count: int, still: tuple[int, int]) -> Iterator[_Arrangement]:
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        across, down = LONG_EDGE - (columns - 1) * _GAP, LONG_EDGE - (rows - 1) * _GAP
        yield columns, rows, _fitted(still, (across // columns, down // rows))


def _cost_of_empty(made: _Arrangement, count: int) -> float:
    columns, rows, _ = made
    return 1.0 if columns * rows == count else _EMPTY_PLACE


def _fitted(size: tuple[int, int], place: tuple[int, int]) -> tuple[int, int]:
    """Return `size`, made smaller where it must be to fit into `place`; (width, height) in pixels."""
    scale = min(1.0, place[0] / size[0], place[1] / size[1])
    return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))


def _put(canvas: Image, still: Image, corner: tuple[int, int], place: tuple[int, int]) -> None:
    """Draw `still` into the middle of the place at `corner`."""
    width, height = _fitted(_size(still), place)
    x, y = corner[0] + (place[0] - width) // 2, corner[1] + (place[1] - height) // 2
    canvas[y : y + height, x : x + width] = cv2.resize(still, (width, height), interpolation=cv2.INTER_AREA)


def _order(columns: int, rows: int) -> str:
    if columns == 1:
        return "from top to bottom"
    return "from left to right" if rows == 1 else "row by row, each from left to right"
