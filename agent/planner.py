"""Who plans, and the proof behind it: described scenes and a wish → a proposal → a proven EditPlan."""

from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from pydantic import ValidationError

from autocut_director.agent.builtin_planner import MODEL, plan_without_model
from autocut_director.errors import InputError
from autocut_director.tools.compiler import compile_plan
from autocut_director.tools.timeline import EditPlan, PlannedBy, PlanRequest, ScenesDocument

Planner = Runnable[PlanRequest, Any]
"""Proposes: returns a `ProposedPlan`, or a mapping with its keys. Nothing in it is believed."""


def builtin_planner() -> Planner:
    """Make the planner that needs no model."""
    return RunnableLambda(plan_without_model, name="builtin_planner")


def build_planner(
    planner: Planner | None = None, *, planned_by: PlannedBy | None = None
) -> Runnable[PlanRequest, EditPlan]:
    """Make the Runnable from a `PlanRequest` to a proven `EditPlan`.

    Args:
        planner: Who proposes; the builtin planner when None.
        planned_by: How the plan names the planner; by its own name when None.

    Raises, when invoked:
        PlanError: The proposal cannot be mended into a plan that can be cut.
    """
    seat = builtin_planner() if planner is None else planner
    signed = planned_by or (PlannedBy(planner="builtin", model=MODEL) if planner is None else named(seat))

    def plan(request: PlanRequest, config: RunnableConfig) -> EditPlan:
        return compile_plan(seat.invoke(request, config), request, planned_by=signed)

    return RunnableLambda(plan, name="planner")


def read_wish(document: ScenesDocument, **wish: Any) -> PlanRequest:
    """Return what a planner is asked: `duration` in seconds, `brief`, `language`.

    Raises:
        InputError: A value that cannot be.
    """
    names = {"duration": "duration_seconds"}
    try:
        return PlanRequest(document=document, **{names.get(name, name): value for name, value in wish.items()})
    except ValidationError as exc:
        problem = exc.errors(include_url=False)[0]
        name = {"duration_seconds": "duration"}.get(str(problem["loc"][0]), str(problem["loc"][0]))
        raise InputError(f"{name} = {problem['input']!r}: {problem['msg'].lower()}.") from exc


def named(planner: Planner) -> PlannedBy:
    """Return how a plan names a caller's own planner."""
    return PlannedBy(planner=planner.get_name())
