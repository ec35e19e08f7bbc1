"""Who plans, and the proof behind it: described scenes and a wish → a proposal → a proven EditPlan."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import dispatch_custom_event
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from pydantic import ValidationError

from autocut_director.agent.backends.registry import takes_messages
from autocut_director.agent.planning.chain import Proposal, build_planning_chain, own_planning_chain
from autocut_director.agent.planning.question import LONGEST_BRIEF, PlanWording, load_plan_wording
from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.settings import Settings
from autocut_director.errors import InputError
from autocut_director.tools.describe import NOTICE
from autocut_director.tools.plans.compiler import compile_plan, shortfall
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import EditPlan, PlannedBy, PlanRequest, wrong_value


def build_planner(
    settings: Settings | None = None,
    *,
    planner: Runnable[Any, Any] | None = None,
    policy: ExecutionPolicy | None = None,
    prompts: Path | None = None,
) -> Runnable[PlanRequest, EditPlan]:
    """Make the Runnable from a `PlanRequest` to a proven `EditPlan`. Who stood in for whom is told as a `notice` event.

    Args:
        settings: What the environment says; read from it when None.
        planner: Who proposes: a chat model, or a Runnable from a `PlanRequest` to a plan. By policy when None.
        policy: What to use; made from this machine and the settings when None.
        prompts: A folder whose prompt files replace the program's own; the settings' when None.

    Raises:
        NoBackendError: The planner that was asked for cannot be used.
        InputError: The environment has a value that cannot be, or a prompt file cannot be used.

    Raises, when invoked:
        PlanError: The proposal cannot be mended into a plan that can be cut.
        ExhaustedError: Every planner that may be asked failed.
    """
    known = settings or Settings.from_env()
    folder = prompts or known.prompts_dir
    if planner is not None:
        wording = load_plan_wording(folder) if takes_messages(planner) else None
        proposer = own_proposer(planner, wording=wording)
    else:
        decided = policy or ExecutionPolicy.resolve(RuntimeProfile.detect(known), known)
        proposer = build_planning_chain(known, decided, wording=load_plan_wording(folder))

    def plan(request: PlanRequest, config: RunnableConfig) -> EditPlan:
        proposal = proposer.invoke(request, config)
        for message in filter(None, (proposal.cause(request.language), proposal.warning(request.language))):
            dispatch_custom_event(NOTICE, {"message": message}, config=config)
        return proven(proposal)

    return RunnableLambda(plan, name="planner")


def own_proposer(planner: Runnable[Any, Any], *, wording: PlanWording | None = None) -> Runnable[PlanRequest, Proposal]:
    """Make a caller's planner propose: a chat model by the planning chain, any other Runnable as it is.

    `wording`: what a chat model is asked; the program's own when None.
    """
    if takes_messages(planner):
        return own_planning_chain(planner, wording or load_plan_wording())
    signed = PlannedBy(planner=planner.get_name())

    def propose(request: PlanRequest, config: RunnableConfig) -> Proposal:
        return Proposal(planner.invoke(request, config), signed, request)

    async def apropose(request: PlanRequest, config: RunnableConfig) -> Proposal:
        return Proposal(await planner.ainvoke(request, config), signed, request)

    return RunnableLambda(propose, afunc=apropose, name="own_planner")


def proven(proposal: Proposal) -> EditPlan:
    """Return a proposal as an edit that can be cut.

    Raises:
        PlanError: It cannot be mended.
    """
    return compile_plan(proposal.edit, proposal.wish, planned_by=proposal.planned_by)


def read_wish(**wish: Any) -> PlanRequest:
    """Return what a planner is asked, from the fields of a `PlanRequest`; what is None is left out.

    Raises:
        InputError: A value that cannot be.
    """
    try:
        return PlanRequest(**{name: value for name, value in wish.items() if value is not None})
    except ValidationError as exc:
        raise InputError(wrong_value(exc).replace("duration_seconds", "duration", 1)) from exc


def wish_warnings(request: PlanRequest) -> Sequence[str]:
    """Return what to look out for in a wish: more than the film has, or words that are not read."""
    long = max(len(request.brief), len(request.change))
    cut = (say(request.language, "brief_cut", shown=LONGEST_BRIEF, total=long),) if long > LONGEST_BRIEF else ()
    short = shortfall(request)
    return (*((short,) if short else ()), *cut)
