"""How a contact sheet is laid out: which clips and scenes find a place on it, and where."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from autocut_director.tools.film.labels import line_height
from autocut_director.tools.film.script import Box
from autocut_director.tools.storyboard.board import Storyboard
from autocut_director.tools.storyboard.grid import MARGIN, WIDTH, Grid
from autocut_director.tools.timeline import Clip, Scene

HEIGHT = 4000
"""Pixels that a sheet has at most; what finds no place is counted."""
TITLE = Box(MARGIN, 30, WIDTH - 2 * MARGIN, 68)
META = Box(MARGIN, 98, WIDTH - 2 * MARGIN, 32)
_RHYTHM = Box(MARGIN, 152, WIDTH - 2 * MARGIN, 10)
_PARTED = 2  # pixels between two clips in it
_TOP = 190  # of the first row
_LINE = 40  # a line of its own between the grids
_LYING, _UPRIGHT = (3, 4, 5, 6), (5, 6, 7, 8)  # cells in a row
_SMALL = {True: 12, False: 20}  # small cells in a row: of lying pictures, of upright ones
_GAP, _SMALL_GAP = 24, 12
_SMALL_ROWS = 2
_LINES = 4  # under a still: purpose and length, scene and timecode, two of the reason


@dataclass(frozen=True)
class Still:
    """The place of a still: which scene's, near which frame of the film, and the size of letters in it."""

    scene_id: str
    frame: int
    box: Box
    points: int


@dataclass(frozen=True)
class SheetPlan:
    """Where everything on the sheet of one storyboard stands."""

    board: Storyboard

    @cached_property
    def grid(self) -> Grid:
        """The cells of the clips: in few columns if there is room, else in more."""
        columns = _LYING if self._aspect >= 1 else _UPRIGHT
        grids = [Grid(_TOP, number, _GAP, self._aspect, _LINES + self._overlaid) for number in columns]
        count = len(self.board.plan.clips)
        return next((grid for grid in grids if grid.room(self._lowest) >= count), grids[-1])

    @cached_property
    def clips(self) -> tuple[Clip, ...]:
        """The clips that find a place."""
        return self.board.plan.clips[: self.grid.room(self._lowest)]

    @property
    def more_clips(self) -> Box:
        """Where the other clips are counted."""
        return self._line(self.grid.bottom(len(self.clips)))

    @property
    def heading(self) -> Box:
        """Where the scenes that were left out are announced."""
        all_there = len(self.clips) == len(self.board.plan.clips)
        return self._line(self.grid.bottom(len(self.clips)) + (0 if all_there else _LINE))

    @property
    def strip(self) -> Grid:
        """The small cells of the scenes that were left out."""
        return self._strip(self.heading.top + _LINE)

    @cached_property
    def left_out(self) -> tuple[Scene, ...]:
        """All scenes without a clip."""
        used = {clip.scene_id for clip in self.board.plan.clips}
        return tuple(scene for scene in self.board.document.scenes if scene.scene_id not in used)

    @property
    def shown(self) -> tuple[Scene, ...]:
        """The scenes that were left out, as far as there is room."""
        return self.left_out[: _SMALL_ROWS * _SMALL[self._aspect >= 1]]

    @property
    def more_scenes(self) -> Box:
        """Where the other ones are counted."""
        return self._line(self.strip.bottom(len(self.shown)))

    @property
    def height(self) -> int:
        """Of the sheet; even, as ffmpeg's pictures are."""
        return (self.heading.top + self._tail) // 2 * 2

    def chip(self, number: int) -> Box:
        """Return where the number of a clip stands on its still."""
        left, top, _, _ = self.grid.still(number)
        digits, points = len(str(self.clips[number].order)), self.grid.points
        return Box(left, top, round(points * (0.6 * digits + 0.8)), line_height(points))

    @property
    def stills(self) -> Iterator[Still]:
        """Each still that is shown."""
        for number, clip in enumerate(self.clips):
            middle = (clip.in_frame + clip.out_frame) // 2
            yield Still(clip.scene_id, middle, self.grid.still(number), self.grid.points)
        for number, scene in enumerate(self.shown):
            middle = (scene.start_frame + scene.end_frame) // 2
            yield Still(scene.scene_id, middle, self.strip.still(number), self.strip.points)

    def rhythm(self) -> Iterator[tuple[Clip, Box]]:
        """Yield where each clip of the edit stands in the bar that shows their lengths."""
        left, top, width, height = _RHYTHM
        done, plan = 0, self.board.plan
        for clip in plan.clips:
            start, done = done, done + clip.length
            at, end = (left + width * frames // plan.duration_frames for frames in (start, done))
            at += _PARTED * (at > left and end - at > 2 * _PARTED)
            yield clip, Box(at, top, max(1, end - at), height)

    @property
    def _lowest(self) -> int:
        """Where the cells of the clips end at the latest: before a line that counts the others."""
        return HEIGHT - _LINE - self._tail

    @property
    def _tail(self) -> int:
        """Pixels from the heading to the sheet's end."""
        if not self.left_out:
            return MARGIN
        return _LINE + self._strip(0).bottom(len(self.shown)) + _LINE * (self.shown != self.left_out) + MARGIN

    def _strip(self, top: int) -> Grid:
        return Grid(top, _SMALL[self._aspect >= 1], _SMALL_GAP, self._aspect, 1)

    def _line(self, top: int) -> Box:
        return Box(MARGIN, top, WIDTH - 2 * MARGIN, _LINE)

    @property
    def _aspect(self) -> float:
        media = self.board.document.media
        return media.width / media.height

    @property
    def _overlaid(self) -> bool:
        """Whether any clip has a text over it, which takes a line."""
        return any(clip.overlay_text for clip in self.board.plan.clips)
