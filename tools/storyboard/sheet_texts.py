"""What is written on a contact sheet, in the words of its language and the page's colours by day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import Any

from autocut_director.tools.film.labels import Passage, line_height
from autocut_director.tools.film.script import Box
from autocut_director.tools.page_text import isolated
from autocut_director.tools.storyboard.sheet_plan import META, TITLE, SheetPlan
from autocut_director.tools.timeline import Clip, Purpose, Scene, timecode
from autocut_director.tools.words.plain import printable

Colour = tuple[int, int, int]
"""Blue, green, red."""
PURPOSES: Mapping[Purpose, Colour] = {"hook": (13, 68, 163), "body": (80, 107, 27), "cta": (156, 67, 83)}
"""A clip's colour by what it is for."""
_INK, _SOFT, _WHITE = (38, 31, 27), (109, 97, 89), (255, 255, 255)
_TITLE, _LINE = 54, 25  # sizes of letters
_PURPOSE, _ID = 64, 36  # percent of a line that they have, beside a clip's length and its timecode
_APART = 10  # pixels
_SPAN = 300  # pixels: a narrower cell says where its clip begins, not where it ends


@dataclass(frozen=True)
class SheetTexts:
    """The texts of a sheet that is laid out."""

    sheet: SheetPlan
    words: Mapping[str, Any]

    def all(self) -> Iterator[Passage]:
        """Yield each text with its place."""
        plan = self.sheet.board.plan
        yield Passage(printable(plan.title), _TITLE, TITLE, _INK, bold=True)
        yield Passage(self._meta(), _LINE, META, _SOFT)
        for number, clip in enumerate(self.sheet.clips):
            yield from self._clip(number, clip)
        rest = len(plan.clips) - len(self.sheet.clips)
        if rest:
            said = self.words["more_clips"].format(clips=self._count(rest))
            yield Passage(said, _LINE, self.sheet.more_clips, _SOFT)
        yield from self._left_out()
        yield from self._no_frames()

    def _meta(self) -> str:
        plan = self.sheet.board.plan
        who = " / ".join(name for name in (plan.planned_by.planner, plan.planned_by.model) if name)
        return str(
            self.words["sheet"].format(
                seconds=self._seconds(plan.duration_frames),
                clips=self._count(len(plan.clips)),
                who=isolated(printable(who)),
                film=isolated(printable(PurePath(plan.media.primary_clip_path).name)),
            )
        )

    def _clip(self, number: int, clip: Clip) -> Iterator[Passage]:
        grid, points = self.sheet.grid, self.sheet.grid.points
        purpose, length = _parted(grid.line(number, 0), _PURPOSE)
        yield Passage(str(clip.order), points, self.sheet.chip(number), _WHITE, bold=True, side="middle")
        yield Passage(self.words["purposes"][clip.purpose], points, purpose, PURPOSES[clip.purpose], bold=True)
        yield Passage(self._seconds(clip.length), points, length, _INK, bold=True, side="right")
        yield from self._source(clip, grid.line(number, 1), points - 2)
        yield Passage(self._why(clip), points, grid.line(number, 2, 2), _INK, lines=2)
        if clip.overlay_text:
            said = f"{self.words['overlay']} {isolated(printable(clip.overlay_text))}"
            yield Passage(said, points, grid.line(number, 4), _SOFT)

    def _source(self, clip: Clip, line: Box, points: int) -> Iterator[Passage]:
        """Yield where a clip comes from: its scene at the left, its timecode at the right of a line."""
        media, rate = self.sheet.board.plan.media, self.sheet.board.plan.rate
        frames = (clip.in_frame, clip.out_frame) if line.width >= _SPAN else (clip.in_frame,)
        span = " – ".join(timecode(frame, rate, start=media.start_tc) for frame in frames)
        left, right = _parted(line, _ID)
        yield Passage(printable(clip.scene_id), points, left, _SOFT)
        yield Passage(span, points, right, _SOFT, side="right")

    def _why(self, clip: Clip) -> str:
        """Return why a clip is there; without a reason, what is seen in it."""
        scene = self._scenes.get(clip.scene_id)
        return printable(clip.reason or (scene.visual.summary if scene and scene.visual else ""))

    def _left_out(self) -> Iterator[Passage]:
        sheet, strip = self.sheet, self.sheet.strip
        if sheet.left_out:
            said = self.words["left_out"].format(n=len(sheet.left_out))
            yield Passage(said, _LINE, sheet.heading, _INK, bold=True)
        for number, scene in enumerate(sheet.shown):
            yield Passage(printable(scene.scene_id), strip.points, strip.line(number, 0), _SOFT)
        rest = len(sheet.left_out) - len(sheet.shown)
        if rest:
            yield Passage(self.words["more"].format(n=rest), _LINE, sheet.more_scenes, _SOFT)

    def _no_frames(self) -> Iterator[Passage]:
        """Yield what stands where a scene has no still."""
        for still in self.sheet.stills:
            if not self.sheet.board.pictures.get(still.scene_id):
                high = line_height(still.points)
                line = still.box._replace(top=still.box.top + (still.box.height - high) // 2, height=high)
                yield Passage(self.words["no_frame"], still.points, line, _SOFT, side="middle")

    @cached_property
    def _scenes(self) -> Mapping[str, Scene]:
        return {scene.scene_id: scene for scene in self.sheet.board.document.scenes}

    def _seconds(self, frames: int) -> str:
        return str(self.words["seconds"].format(float(frames / self.sheet.board.plan.rate)))

    def _count(self, clips: int) -> str:
        return str(self.words["one_clip"] if clips == 1 else self.words["some_clips"].format(n=clips))


def _parted(line: Box, percent: int) -> tuple[Box, Box]:
    """Part a line where the left part has so much of it: nothing is written over anything."""
    left = line.width * percent // 100
    return line._replace(width=left - _APART), line._replace(left=line.left + left, width=line.width - left)
