"""A plan is proven or refused: nothing is cut that did not pass here.

`compile_plan`: read the proposal → `mend` what can be mended, each change listed → `broken_rules` → `EditPlan`

Imports no LangChain.
"""

import math
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from autocut_director.errors import PlanError
from autocut_director.tools.plans.mending import ProposedClip, mend
from autocut_director.tools.plans.rules import LONGEST_TEXTS, broken_rules, plain_text, summary, target_frames
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import (
    Adjustment,
    Clip,
    DroppedScene,
    EditPlan,
    PlannedBy,
    PlanRequest,
    Target,
    problems,
)

_SETTLED = "purpose_order"  # the compiler names clips by their place
_LARGEST_FRAME = 10**9  # that a clip can name
_MOST_ASSUMPTIONS = 50


class ProposedPlan(BaseModel):
    """What a planner returns: nothing in it is believed before it is proven.

    `length_frames`: how long a revised edit is to be, where the change left that to the planner.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", revalidate_instances="always")

    title: str = ""
    logline: str = ""
    clips: tuple[ProposedClip, ...]
    dropped: tuple[DroppedScene, ...] = ()
    assumptions: tuple[str, ...] = ()
    length_frames: float | None = None


def compile_plan(proposal: Any, request: PlanRequest, *, planned_by: PlannedBy) -> EditPlan:
    """Prove a proposed plan, mending what can be mended.

    Args:
        proposal: A `ProposedPlan`, an `EditPlan`, or a mapping with the same keys.
        request: What was asked, and the scenes.
        planned_by: Who proposed it.

    Raises:
        PlanError: It cannot be mended; `broken` names each rule.
    """
    proposed, told = _with_plain_texts(read_proposal(proposal))
    target = target_frames(request)
    clips, changes = mend(proposed.clips, request)
    broken = broken_rules(clips, request)
    if broken:
        raise PlanError(summary(broken))
    return EditPlan(
        schema_="edit_plan.v1",
        title=proposed.title,
        logline=proposed.logline,
        target=Target(duration_seconds=round(float(target / request.document.rate), 3), aspect=request.aspect),
        fps_fraction=request.document.rate,
        media=request.document.media,
        clips=clips,
        dropped=_dropped(proposed.dropped, clips, request),
        assumptions=(*_duration_assumptions(request), *proposed.assumptions),
        adjustments=(*told, *changes),
        planned_by=planned_by,
    )


def _with_plain_texts(proposed: ProposedPlan) -> tuple[ProposedPlan, list[Adjustment]]:
    """Cut the plan's own texts to what can be read; list each one's name and its length."""
    texts = {name: (getattr(proposed, name), LONGEST_TEXTS[name]) for name in ("title", "logline")}
    plain = {name: plain_text(text, longest) for name, (text, longest) in texts.items()}
    lengths = [(name, len(texts[name][0]), len(plain[name])) for name in plain if plain[name] != texts[name][0]]
    assumed = tuple(plain_text(text, LONGEST_TEXTS["reason"]) for text in proposed.assumptions[:_MOST_ASSUMPTIONS])
    if assumed != proposed.assumptions:
        lengths.append(("assumptions", sum(map(len, proposed.assumptions)), sum(map(len, assumed))))
    changes = [
        Adjustment(clip=None, rule="plain_text", before=(name, was), after=(name, now)) for name, was, now in lengths
    ]
    return proposed.model_copy(update={**plain, "assumptions": assumed}) if changes else proposed, changes


def _dropped(proposed: Iterable[DroppedScene], clips: Iterable[Clip], request: PlanRequest) -> tuple[DroppedScene, ...]:
    """Return why scenes are left out: of scenes that there are and that are not used, each once."""
    left_out = {scene.scene_id for scene in request.document.scenes} - {clip.scene_id for clip in clips}
    reasons = {drop.scene_id: drop.reason for drop in proposed if drop.scene_id in left_out}
    return tuple(
        DroppedScene(scene_id=scene_id, reason=plain_text(reason, LONGEST_TEXTS["reason"]))
        for scene_id, reason in reasons.items()
    )


def broken_as_proposed(proposed: ProposedPlan, request: PlanRequest) -> list[str]:
    """Return the rules that a proposal breaks before anything is mended, but for what is settled without judgement."""
    broken: list[str] = []
    clips: list[Clip] = []
    for order, clip in enumerate(proposed.clips, start=1):
        span = (clip.in_frame, clip.out_frame)
        if all(math.isfinite(frame) and 0 <= frame < _LARGEST_FRAME for frame in span):
            clips.append(
                Clip(**{**clip.model_dump(), "order": order, "in_frame": round(span[0]), "out_frame": round(span[1])})
            )
        else:
            broken.append(f"inside_scene: clip {order} is frames {span[0]} to {span[1]}")
    return broken + [rule for rule in broken_rules(clips, request) if not rule.startswith(_SETTLED)]


def read_proposal(proposal: Any) -> ProposedPlan:
    """Return a proposal as a value.

    Raises:
        PlanError: It is none; `broken` names each field.
    """
    try:
        return ProposedPlan.model_validate(proposal, from_attributes=isinstance(proposal, BaseModel))
    except ValidationError as exc:
        raise PlanError(summary(f"schema: {problem}" for problem in problems(exc))) from exc


def shortfall(request: PlanRequest) -> str | None:
    """Return a sentence about it when more was asked than the film has."""
    available = request.available_frames / float(request.document.rate)
    asked = request.duration_seconds
    if asked is None or round(asked * request.document.rate) <= request.available_frames:
        return None
    return say(request.language, "shortfall", asked=asked, available=available)


def _duration_assumptions(request: PlanRequest) -> list[str]:
    if request.duration_seconds is None:
        taken = target_frames(request) / float(request.document.rate)
        return [say(request.language, "no_duration", taken=taken)]
    short = shortfall(request)
    return [short] if short else []
