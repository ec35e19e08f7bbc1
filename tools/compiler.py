"""A plan is proven or refused: nothing is cut that did not pass here.

`compile_plan`: read the proposal → `mend` what can be mended, each change listed → `broken_rules` → `EditPlan`

Imports no LangChain.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from autocut_director.errors import PlanError
from autocut_director.tools.mending import ProposedClip, mend
from autocut_director.tools.rules import broken_rules, target_frames
from autocut_director.tools.timeline import (
    DroppedScene,
    EditPlan,
    PlannedBy,
    PlanRequest,
    Target,
    first_problem,
)


class ProposedPlan(BaseModel):
    """What a planner returns: nothing in it is believed before it is proven."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str = ""
    logline: str = ""
    clips: tuple[ProposedClip, ...]
    dropped: tuple[DroppedScene, ...] = ()
    assumptions: tuple[str, ...] = ()


def compile_plan(proposal: Any, request: PlanRequest, *, planned_by: PlannedBy) -> EditPlan:
    """Prove a proposed plan, mending what can be mended.

    Args:
        proposal: A `ProposedPlan`, an `EditPlan`, or a mapping with the same keys.
        request: What was asked, and the scenes.
        planned_by: Who proposed it.

    Raises:
        PlanError: It cannot be mended; `broken` names each rule.
    """
    proposed = _read(proposal)
    target = target_frames(request)
    clips, changes = mend(proposed.clips, request)
    broken = broken_rules(clips, request)
    if broken:
        raise PlanError(broken)
    used = {clip.scene_id for clip in clips}
    known = {scene.scene_id for scene in request.document.scenes} - used
    return EditPlan(
        schema_="edit_plan.v1",
        title=proposed.title,
        logline=proposed.logline,
        target=Target(duration_seconds=round(float(target / request.document.rate), 3)),
        fps_fraction=request.document.rate,
        media=request.document.media,
        clips=clips,
        dropped=tuple(drop for drop in proposed.dropped if drop.scene_id in known),
        assumptions=(*_duration_assumptions(request), *proposed.assumptions),
        adjustments=changes,
        planned_by=planned_by,
    )


def _read(proposal: Any) -> ProposedPlan:
    data = proposal.model_dump() if isinstance(proposal, BaseModel) else proposal
    try:
        return ProposedPlan.model_validate(data)
    except ValidationError as exc:
        raise PlanError([f"schema: {first_problem(exc)}"]) from exc


def _duration_assumptions(request: PlanRequest) -> list[str]:
    rate = float(request.document.rate)
    available = request.available_frames / rate
    if request.duration_seconds is None:
        taken = target_frames(request) / rate
        return [f"No duration was asked for; {taken:.1f} s was taken."]
    if round(request.duration_seconds * request.document.rate) > request.available_frames:
        return [f"{request.duration_seconds:g} s were asked, the film has {available:.1f} s: all of it is used."]
    return []
