"""One scene as the page shows it: its stills, what was seen, and why it is in the edit or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from autocut_director.tools.storyboard.board import Storyboard
from autocut_director.tools.storyboard.places import Place, place
from autocut_director.tools.storyboard.stills import Stills, stills_of
from autocut_director.tools.timeline import Clip, Scene, timecode


@dataclass(frozen=True)
class Card:
    """One scene on the page; `name` is its id there."""

    name: str
    scene: Scene
    stills: Stills | None
    clips: tuple[Clip, ...]
    why: str
    looked: str
    cause: str
    span: str
    place: Place
    seen: str
    measured: str


@dataclass(frozen=True)
class Cards:
    """The cards of one storyboard, in the words of its language."""

    board: Storyboard
    words: Mapping[str, Any]

    def all(self) -> list[Card]:
        """Return a card for each scene of the film."""
        return [self._card(number, scene) for number, scene in enumerate(self.board.document.scenes, start=1)]

    @cached_property
    def _used(self) -> dict[str, list[Clip]]:
        used: dict[str, list[Clip]] = {}
        for clip in self.board.plan.clips:
            used.setdefault(clip.scene_id, []).append(clip)
        return used

    @cached_property
    def _dropped(self) -> dict[str, str]:
        return {drop.scene_id: drop.reason for drop in self.board.plan.dropped}

    def _card(self, number: int, scene: Scene) -> Card:
        media, rate = self.board.document.media, self.board.document.rate
        start, end = (timecode(frame, rate, start=media.start_tc) for frame in (scene.start_frame, scene.end_frame))
        return Card(
            name=f"scene-{number}",
            scene=scene,
            stills=stills_of(self.board.pictures.get(scene.scene_id, ())),
            clips=tuple(self._used.get(scene.scene_id, ())),
            why=self._why(scene),
            looked=_looked(scene, self.words),
            cause=(self.board.causes or {}).get(scene.scene_id, ""),
            span=f"{start} – {end}",
            place=place(f"film-{number}", scene.start_frame, scene.length, media.duration_frames),
            seen=_seen(scene),
            measured=_measured(scene, self.words),
        )

    def _why(self, scene: Scene) -> str:
        if scene.scene_id in self._used:
            return " ".join(clip.reason for clip in self._used[scene.scene_id])
        return self._dropped.get(scene.scene_id, str(self.words["not_chosen"]))


def _looked(scene: Scene, words: Mapping[str, Any]) -> str:
    if scene.visual is None:
        return str(words["failed"] if scene.status == "failed" else words["not_looked"])
    by = " / ".join(name for name in (scene.visual.analyzed_by, scene.visual.model) if name)
    return f"{words['looked']} {by or '?'}"


def _seen(scene: Scene) -> str:
    """Return what a model said beside the summary, in one line."""
    if scene.visual is None:
        return ""
    visual = scene.visual
    return " · ".join(
        said for said in (", ".join(visual.subjects), visual.action, visual.mood, visual.lighting) if said
    )


def _measured(scene: Scene, words: Mapping[str, Any]) -> str:
    if scene.signals is None:
        return ""
    signals = scene.signals.model_dump()
    motion = [] if signals["motion"] is None else [words["motion"].format(**signals)]
    faces = [f"{words['faces']} {signals['face_count']}"] if signals["face_count"] else []
    return " · ".join([words["signals"].format(**signals), *motion, *faces])
