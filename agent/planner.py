"""Who plans, and the proof behind it: described scenes and a wish → a proposal → a proven EditPlan."""

from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from pydantic import ValidationError

from autocut_director.agent.builtin_planner import MODEL, plan_without_model
from autocut_director.errors import InputError
from autocut_director.tools.compiler import compile_plan
from autocut_director.tools.timeline import EditPlan, Language, PlannedBy, PlanRequest, ScenesDocument, wrong_value

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


def read_wish(document: ScenesDocument, *, duration: float | None, language: Language, brief: str = "") -> PlanRequest:
    """Return what a planner is asked; `duration` in seconds.

    Raises:
        InputError: A value that cannot be.
    """
    try:
        return PlanRequest(document=document, duration_seconds=duration, brief=brief, language=language)
    except ValidationError as exc:
        raise InputError(wrong_value(exc).replace("duration_seconds", "duration", 1)) from exc


def named(planner: Planner) -> PlannedBy:
    """Return how a plan names a caller's own planner."""
    return PlannedBy(planner=planner.get_name())
