"""Decoded pictures of a film on its grid: all of them in order, or the ones shown at given frames, upright."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from autocut_director.tools.cuts.looks import Look, look_at
from autocut_director.tools.probe import (
    NO_STAMP,
    Footage,
    decoded,
    decoded_from,
    film_stream,
    grid_frame,
    open_video,
    stamp_of,
)

Image = NDArray[np.uint8]
"""(height, width, 3) in OpenCV's order: blue, green, red."""

_FORWARD_FRAMES = 48
"""Where a film's index tells nothing, a target at most this many frames ahead is reached by decoding on."""
_QUARTER_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


@dataclass(frozen=True)
class Picture:
    """A decoded picture and the grid frame from which on it is shown."""

    index: int
    frame: VideoFrame

    @property
    def damaged(self) -> bool:
        """Whether the decoder had to guess parts of it."""
        return bool(self.frame.is_corrupt)

    @cached_property
    def look(self) -> Look:
        """How the detector sees it; seen once."""
        return look_at(self.frame)


@dataclass(frozen=True)
class Shown:
    """What is on screen at grid frame `index`, and the picture that replaces it (None at the film's end)."""

    index: int
    picture: Picture
    following: Picture | None


def walk(footage: Footage) -> Iterator[Picture]:
    """Decode the whole film once; yield each picture that decodes, in order."""
    index = -1
    with open_video(footage.path) as container:
        for frame in decoded(container, film_stream(container, footage.path)):
            picture = _on_grid(frame, footage, index)
            index = picture.index
            yield picture


def pictures_at(footage: Footage, indexes: Sequence[int]) -> Iterator[Shown]:
    """Yield what is shown at each of the grid frames `indexes`, in ascending order, each once."""
    with closing(PictureReader(footage)) as reader:
        for index in sorted(set(indexes)):
            yield reader.shown_at(index)


def upright(picture: Picture, footage: Footage, *, long_edge: int) -> Image:
    """Return the picture as a viewer sees it, its longer edge at most `long_edge` pixels, never enlarged."""
    scale = min(1.0, long_edge / max(footage.width, footage.height))
    size = max(1, round(footage.width * scale)), max(1, round(footage.height * scale))
    width, height = size if footage.rotation in {0, 180} else size[::-1]
    image = shrunk(picture.frame, width, height)
    turn = _QUARTER_TURNS.get(footage.rotation)
    return image if turn is None else cv2.rotate(image, turn).astype(np.uint8, copy=False)


def shrunk(frame: VideoFrame, width: int, height: int, *, interpolation: str = "BILINEAR") -> Image:
    """Return `frame` as it was decoded, at `width` × `height` pixels."""
    small = frame.reformat(width=width, height=height, format="bgr24", interpolation=interpolation)
    return small.to_ndarray().astype(np.uint8, copy=False)


def _on_grid(frame: VideoFrame, footage: Footage, after: int) -> Picture:
    """Place a decoded picture; one without any stamp (the last of an AVI) comes next `after` the one before it."""
    stamp = stamp_of(frame, footage.stamps)
    if stamp == NO_STAMP:
        return Picture(after + 1, frame)
    return Picture(max(0, grid_frame(stamp, footage.origin, footage.time_base, footage.rate)), frame)


class PictureReader:
    """Walks a film forward and seeks where that is shorter."""

    def __init__(self, footage: Footage) -> None:
        self._footage = footage
        self._open()

    def _open(self) -> None:
        self._container = open_video(self._footage.path)
        self._stream = film_stream(self._container, self._footage.path)
        self._start(decoded(self._container, self._stream))

    def close(self) -> None:
        """Close the film."""
        self._container.close()

    def shown_at(self, index: int) -> Shown:
        """Return what is shown at grid frame `index`."""
        if not self._lies_ahead(index):
            self._seek(index)
        while self._following is not None and self._following.index <= index:
            self._step()
        return Shown(index, self._picture, self._following)

    def _lies_ahead(self, index: int) -> bool:
        """Tell whether a target is reached sooner by decoding on: where no keyframe lies between."""
        if index < self._picture.index:
            return False
        entries, footage = self._stream.index_entries, self._footage
        entry = entries.search_timestamp(footage.ticks_of(index))
        if entry < 0:
            return index <= self._picture.index + _FORWARD_FRAMES
        return (entries[entry].timestamp or 0) <= footage.ticks_of(self._picture.index)

    def _seek(self, index: int) -> None:
        footage = self._footage
        early = index - footage.seek_margin
        if early > 0:
            ticks = footage.ticks_of(early)
            if self._start(decoded_from(self._container, self._stream, ticks)) and self._picture.index <= index:
                return
        self.close()
        self._open()

    def _start(self, frames: Iterator[VideoFrame]) -> bool:
        """Go on with `frames`; tell whether there are any."""
        first = next(frames, None)
        if first is None:
            return False
        self._frames = frames
        self._picture = _on_grid(first, self._footage, -1)
        self._following: Picture | None = None
        self._peek()
        return True

    def _peek(self) -> None:
        frame = next(self._frames, None)
        self._following = None if frame is None else _on_grid(frame, self._footage, self._picture.index)

    def _step(self) -> None:
        if self._following is not None:
            self._picture = self._following
            self._peek()
