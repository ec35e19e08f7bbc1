"""The page that shows why: one HTML file that opens offline, with every text in it escaped."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from autocut_director.tools.files import write_text
from autocut_director.tools.frames import Frame
from autocut_director.tools.timeline import Clip, EditPlan, Scene, ScenesDocument, timecode

_WORDS = {
    "en": {
        "film": "Film", "cut": "The cut", "kept": "kept", "dropped": "dropped", "scenes": "Scenes",
        "adjustments": "What the compiler changed", "none": "Nothing: the plan was cut as it was proposed.",
        "assumptions": "Assumptions", "warnings": "Look out", "planned_by": "planned by",
        "looked": "looked at by", "not_looked": "nobody looked at it", "failed": "could not be described",
        "not_chosen": "not chosen by the planner", "no_frame": "no frame", "quality": "quality",
        "clip": "clip", "clips": "clips", "faces": "faces", "frames": "frames", "fill": "(filled)", "gone": "gone",
        "signals": "sharpness {sharpness:g} · exposure {exposure:g} · contrast {contrast:g} · colour {colourfulness:g}",
        "motion": "motion {motion:g}", "before": "before", "after": "after", "rule": "rule",
    },
    "zh": {
        "film": "原片", "cut": "成片", "kept": "保留", "dropped": "舍弃", "scenes": "场景",
        "adjustments": "编译器所做的修改", "none": "没有:方案原样剪出。",
        "assumptions": "假设", "warnings": "请注意", "planned_by": "剪辑方案由",
        "looked": "由以下模型查看:", "not_looked": "没有模型看过", "failed": "未能描述",
        "not_chosen": "剪辑方案没有选用", "no_frame": "没有画面", "quality": "质量",
        "clip": "片段", "clips": "个片段", "faces": "人脸", "frames": "帧", "fill": "(补充)", "gone": "去掉",
        "signals": "清晰度 {sharpness:g} · 曝光 {exposure:g} · 反差 {contrast:g} · 色彩 {colourfulness:g}",
        "motion": "运动 {motion:g}", "before": "之前", "after": "之后", "rule": "规则",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Storyboard:
    """All that the page shows. `pictures` holds one still (JPEG) a scene; `warnings` are sentences."""

    document: ScenesDocument
    plan: EditPlan
    pictures: Mapping[str, bytes]
    language: str = "en"
    warnings: Sequence[str] = ()
    causes: Mapping[str, str] | None = None


def write_storyboard(board: Storyboard, out: Path) -> Path:
    """Write the page to `out`.

    Raises:
        OutputError: It cannot be written there.
    """
    write_text(out, storyboard_html(board))
    return out


def storyboard_html(board: Storyboard) -> str:
    """Return the page."""
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=select_autoescape(["html"]), undefined=StrictUndefined)
    page = environment.get_template("storyboard.html")
    view = _View(board)
    return page.render(board=board, plan=board.plan, view=view, words=_WORDS[board.language], language=board.language)


@dataclass(frozen=True)
class _Card:
    """One scene on the page."""

    scene: Scene
    picture: str | None
    clips: tuple[Clip, ...]
    why: str
    looked: str
    cause: str
    place: str
    start: float
    width: float
    measured: str


@dataclass(frozen=True)
class _View:
    """The numbers and sentences that the template shows; places and widths are percents of the film."""

    board: Storyboard

    @cached_property
    def cards(self) -> list[_Card]:
        return [self._card(scene) for scene in self.board.document.scenes]

    @property
    def seconds(self) -> float:
        return float(self.board.document.media.duration_frames / self.board.document.rate)

    @property
    def cut_seconds(self) -> float:
        return float(self.board.plan.duration_frames / self.board.plan.rate)

    @property
    def bars(self) -> list[dict[str, Any]]:
        """The edit's clips in their order, each as wide as it lasts."""
        total = self.board.plan.duration_frames
        return [
            {"clip": clip, "width": 100 * clip.length / total, "seconds": float(clip.length / self.board.plan.rate)}
            for clip in self.board.plan.clips
        ]

    def used(self, clip: Clip) -> dict[str, float]:
        """Where in the film a clip comes from."""
        total = self.board.document.media.duration_frames
        return {"start": 100 * clip.in_frame / total, "width": 100 * clip.length / total}

    def tc(self, frame: int) -> str:
        media = self.board.document.media
        return timecode(frame, self.board.document.rate, start=media.start_tc)

    def _card(self, scene: Scene) -> _Card:
        total = self.board.document.media.duration_frames
        clips = tuple(clip for clip in self.board.plan.clips if clip.scene_id == scene.scene_id)
        jpeg = self.board.pictures.get(scene.scene_id)
        return _Card(
            scene=scene,
            picture=f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}" if jpeg else None,
            clips=clips,
            why=self._why(scene, clips),
            looked=self._looked(scene),
            cause=(self.board.causes or {}).get(scene.scene_id, ""),
            place=f"{self.tc(scene.start_frame)} – {self.tc(scene.end_frame)}",
            start=100 * scene.start_frame / total,
            width=100 * scene.length / total,
            measured=self._measured(scene),
        )

    def _why(self, scene: Scene, clips: Sequence[Clip]) -> str:
        if clips:
            return " ".join(clip.reason for clip in clips)
        reasons = {drop.scene_id: drop.reason for drop in self.board.plan.dropped}
        return reasons.get(scene.scene_id, _WORDS[self.board.language]["not_chosen"])

    def _looked(self, scene: Scene) -> str:
        words = _WORDS[self.board.language]
        if scene.visual is None:
            return words["failed"] if scene.status == "failed" else words["not_looked"]
        by = " / ".join(name for name in (scene.visual.analyzed_by, scene.visual.model) if name)
        return f"{words['looked']} {by or '?'}"

    def _measured(self, scene: Scene) -> str:
        if scene.signals is None:
            return ""
        words, signals = _WORDS[self.board.language], scene.signals.model_dump()
        motion = [] if signals["motion"] is None else [words["motion"].format(**signals)]
        faces = [f"{words['faces']} {signals['face_count']}"] if signals["face_count"] else []
        return " · ".join([words["signals"].format(**signals), *motion, *faces])


def middle_stills(frames: Mapping[str, Sequence[Frame]]) -> dict[str, bytes]:
    """Return the middle still of each scene."""
    return {scene_id: stills[len(stills) // 2].jpeg for scene_id, stills in frames.items() if stills}
