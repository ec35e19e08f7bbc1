"""Scenes documents made without a film, and plans of a film."""

from fractions import Fraction
from itertools import accumulate

from autocut_director.tools.probe import Footage
from autocut_director.tools.scenes import scenes_document
from autocut_director.tools.timeline import (
    Clip,
    EditPlan,
    Media,
    PlannedBy,
    SceneDescription,
    ScenesDocument,
    Signals,
    Target,
)


def described(
    lengths: list[int], rate: Fraction = Fraction(25), shot_types: list[str] | None = None, **media: object
) -> ScenesDocument:
    """A document of touching scenes with descriptions, made without a film."""
    film = Media(
        primary_clip_path="/films/a.mp4",
        duration_frames=sum(lengths),
        width=640,
        height=360,
        has_audio=True,
        **media,
    )
    document = scenes_document(list(accumulate(lengths))[:-1], film, rate, source="detect")
    types = shot_types or ["unknown"] * len(lengths)
    scenes = tuple(
        scene.model_copy(update={"status": "described", "visual": _visual(n, kind), "signals": _signals(n)})
        for n, (scene, kind) in enumerate(zip(document.scenes, types, strict=True))
    )
    return document.model_copy(update={"scenes": scenes})


def _visual(number: int, shot_type: str) -> SceneDescription:
    return SceneDescription(summary=f"Scene {number}.", shot_type=shot_type, quality_score=1 + (number * 7) % 10)


def _signals(number: int) -> Signals:
    return Signals(sharpness=100.0 + number, exposure=0.5, contrast=0.2, colourfulness=30.0, motion=0.01)


def plan_of(footage: Footage, spans: list[tuple[int, int]], *, aspect: str = "source") -> EditPlan:
    """A plan of `spans` of a film, in their order."""
    clips = tuple(
        Clip(order=n, scene_id="S", in_frame=start, out_frame=end, purpose="body")
        for n, (start, end) in enumerate(spans, start=1)
    )
    return EditPlan(
        schema_="edit_plan.v1",
        title="test",
        target=Target(duration_seconds=1, aspect=aspect),
        fps_fraction=footage.rate,
        media=footage.media,
        clips=clips,
        planned_by=PlannedBy(planner="test"),
    )
