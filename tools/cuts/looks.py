"""A picture as the detector sees it: 64 × 36 points, and what can be said of two of them.

| measure | of | unit |
|---|---|---|
| contrast | one look: standard deviation over its points, channels added as variances | levels of 255 |
| change | two: mean of the absolute differences, channels added | levels of 255 |
| strangeness | two: what is left when every block of one went where it fits best in the other | levels of 255 |

Strangeness is block matching by the sum of squared differences, as in video coding, root mean square: a pan, shaking
hands and moving subjects leave little, another shot about its contrast. It is the mean over the blocks, so that one
thing that flickers does not count for the whole picture.
"""

import math
from functools import cached_property
from statistics import fmean

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from cv2.typing import MatLike
from numpy.typing import NDArray

Points = NDArray[np.uint8] | NDArray[np.float32]
"""(36, 64, 3): luma, and the two differences of colour."""

_WIDTH, _HEIGHT = 64, 36  # points: small enough that grain and coding noise are averaged away
_BLOCK_WIDTH, _BLOCK_HEIGHT = 16, 12  # points: twelve blocks
_REACH_ACROSS, _REACH_DOWN = 8, 6  # points that a block may move: an eighth and a sixth of the picture
_BLOCKS = [
    (
        np.s_[y : y + _BLOCK_HEIGHT, x : x + _BLOCK_WIDTH],
        np.s_[
            max(0, y - _REACH_DOWN) : y + _BLOCK_HEIGHT + _REACH_DOWN,
            max(0, x - _REACH_ACROSS) : x + _BLOCK_WIDTH + _REACH_ACROSS,
        ],
    )
    for y in range(0, _HEIGHT, _BLOCK_HEIGHT)
    for x in range(0, _WIDTH, _BLOCK_WIDTH)
]
"""Where each block is, and where it is looked for."""
_SAMPLES = 4  # of a point, across and down: sixteen average noise out, and a large film costs no more
_SAMPLED = _SAMPLES * _WIDTH, _SAMPLES * _HEIGHT
_GREY = 128  # a colour difference of none
_MIDDLE = slice(_HEIGHT // 4, -_HEIGHT // 4), slice(_WIDTH // 4, -_WIDTH // 4)  # no bar is there
_PLANAR = {"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p"}
_BLACK = 28  # of luma: ThresholdDetector's 12 levels above black as video stores it, which is 16
_BLANK_CONTRAST = 2.0  # levels: coding noise on black leaves less, a caption on black more
_BLANK_COLOUR = 8.0  # levels from grey: a coloured card is a picture


class Look:
    """One picture, seen small."""

    def __init__(self, points: NDArray[np.uint8]) -> None:
        self.points = points

    @cached_property
    def contrast(self) -> float:
        """Standard deviation over the points, in levels."""
        return float(np.sqrt(np.square(cv2.meanStdDev(self.points)[1]).sum()))

    @cached_property
    def blank(self) -> bool:
        """Whether there is nothing to see: black, white or grey all over."""
        return _is_blank(self.points[_MIDDLE]) and _is_blank(self.points[self._between_bars])

    @cached_property
    def pattern(self) -> NDArray[np.float32]:
        """What is seen whatever the light: luma less its mean, and colour less grey, nothing in black bars."""
        pattern = np.zeros(self.points.shape, np.float32)
        seen = pattern[self._between_bars]
        seen += self.points[self._between_bars]
        seen -= (seen[..., 0].mean(), _GREY, _GREY)
        return pattern

    @cached_property
    def _between_bars(self) -> tuple[slice, slice]:
        """Rows and columns without black bars, and without points that a bar has a part in.

        A picture that is dark for the greater part has no bars.
        """
        lit = self.points[..., 0] > _BLACK
        rows, columns = (np.flatnonzero(lit.any(axis=axis)) for axis in (1, 0))
        if len(rows) < _HEIGHT // 2 or len(columns) < _WIDTH // 2:
            return slice(None), slice(None)
        return slice(rows[0] + 1, rows[-1]), slice(columns[0] + 1, columns[-1])


def look_at(frame: VideoFrame) -> Look:
    """Look at a decoded picture of any size."""
    if frame.format.name not in _PLANAR:
        frame = frame.reformat(*_SAMPLED, format="yuv444p", interpolation="POINT")
    return Look(cv2.merge([_small(plane) for plane in frame.planes[:3]]).astype(np.uint8, copy=False))


def _small(plane: VideoPlane) -> MatLike:
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
    samples = cv2.resize(rows, _SAMPLED, interpolation=cv2.INTER_NEAREST)
    return cv2.resize(samples, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)


def _is_blank(points: NDArray[np.uint8]) -> bool:
    mean, spread = (values.ravel().tolist() for values in cv2.meanStdDev(points))
    return sum(s * s for s in spread) < _BLANK_CONTRAST**2 and max(abs(m - _GREY) for m in mean[1:]) < _BLANK_COLOUR


def change(one: Look, other: Look) -> float:
    """Return the mean absolute difference of two looks, in levels, channels added."""
    return 0.0 if one.points is other.points else sum(cv2.mean(cv2.absdiff(one.points, other.points)))


def strangeness(one: Points, other: Points) -> float:
    """Return what of the one picture is not found in the other near the same place, in levels."""
    return min(_unmatched(one, other), _unmatched(other, one))


def _unmatched(one: Points, other: Points) -> float:
    return fmean(_misfit(one[block], other[around]) for block, around in _BLOCKS)


def _misfit(block: Points, around: Points) -> float:
    squares, *_ = cv2.minMaxLoc(cv2.matchTemplate(around, block, cv2.TM_SQDIFF))
    return math.sqrt(max(0.0, squares) / (_BLOCK_WIDTH * _BLOCK_HEIGHT))
