"""The tools for a larger agent, with models and planners put in by this machine's policy.

    agent = create_agent(model, tools=[*director_tools(workspace="footage"), ...])

Nothing is probed when the list is made. Who looks and who plans is decided anew at each call that needs it, so that a
server which was started meanwhile is used.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from langchain_core.tools import BaseTool

from autocut_director.agent.doctor import Report, examine
from autocut_director.agent.planner import build_planner
from autocut_director.agent.policy.execution import ExecutionPolicy, check_forced
from autocut_director.agent.policy.routes import FRAMES, NAMES, Forced, Leaving, PassedOver, Route, named
from autocut_director.agent.profile import RuntimeProfile
from autocut_director.agent.rates import paced
from autocut_director.agent.router import build_vision_router
from autocut_director.agent.run.looking import frames_that_leave, texts_that_leave
from autocut_director.agent.settings import Settings
from autocut_director.tools.sentences import say
from autocut_director.tools.store import NO_STORE, SceneStore, Store
from autocut_director.tools.toolset.cutting import (
    Planning,
    make_export_timeline,
    make_list_clips,
    make_render_edit,
    plan_tool,
)
from autocut_director.tools.toolset.looking import (
    Looking,
    describe_tool,
    make_detect_scenes,
    make_list_scenes,
    make_probe_video,
)
from autocut_director.tools.toolset.making import make_tool
from autocut_director.tools.toolset.revising import revise_tool
from autocut_director.tools.toolset.telling import one_line
from autocut_director.tools.workspace import Workspace

_LONGEST_LINE = 300  # characters
_MOST_PROBLEMS = 3


def director_tools(
    settings: Settings | None = None,
    *,
    workspace: Workspace | Path | str | None = None,
    forced: Forced | None = None,
    policy: Callable[[], ExecutionPolicy] | None = None,
) -> list[BaseTool]:
    """Make the tools that turn footage into an edit, for `create_agent(model, tools=[*director_tools(), ...])`.

    Args:
        settings: What the environment says; read from it when None.
        workspace: The only folder in which they read and write; the present working folder when None. Tools that are
            to replace one another's files share one `Workspace`.
        forced: What the policy may not decide: who looks, who plans, that no frame leaves this machine.
        policy: Asked at each call that needs somebody to look or plan; the policy of that moment when None.

    Returns:
        probe_video, detect_scenes, describe_scenes, list_scenes, plan_edit, revise_plan, list_clips, render_edit,
        export_timeline, runtime_profile.

    Raises:
        InputError: There is no such folder, the environment has a value that cannot be, or what is forced contradicts
            itself or a setting.
    """
    known = settings or Settings.from_env()
    check_forced(forced or Forced(), known)
    here = workspace if isinstance(workspace, Workspace) else Workspace(workspace or Path.cwd())
    store, decided = SceneStore(known.cache_dir), policy or (lambda: _policy(known, forced, store))
    return [
        make_probe_video(here),
        make_detect_scenes(here, store),
        describe_tool(lambda: _who_looks(known, decided(), store), here),
        make_list_scenes(here),
        plan_tool(lambda: _who_plans(known, decided()), here),
        revise_tool(lambda: _who_plans(known, decided()), here),
        make_list_clips(here),
        make_render_edit(here),
        make_export_timeline(here),
        _make_runtime_profile(known, forced, here),
    ]


def _who_looks(settings: Settings, policy: ExecutionPolicy, store: Store) -> Looking:
    """Find out who looks, as the policy has it.

    Raises:
        NoBackendError: Nobody can.
        PromptError: A prompt file cannot be used.
    """
    policy.require_vision()
    return Looking(
        vision=build_vision_router(settings, policy=policy, store=store),
        max_scenes=policy.max_scenes,
        parallel=policy.parallel,
        stills=max(FRAMES, policy.frames_per_scene),
        notes=(*_looking_notes(policy, settings), *_store_notes(store, settings)),
        store=store,
    )


def _who_plans(settings: Settings, policy: ExecutionPolicy) -> Planning:
    """Find out who plans, as the policy has it.

    Raises:
        NoBackendError: The planner that was asked for cannot be used.
        PromptError: A prompt file cannot be used.
    """
    return Planning(
        planner=build_planner(settings, policy=policy),
        language=settings.language,
        prompts=settings.prompts_dir,
        notes=tuple(_planning_notes(policy, settings)),
    )


def _policy(settings: Settings, forced: Forced | None, store: Store = NO_STORE) -> ExecutionPolicy:
    return paced(ExecutionPolicy.resolve(RuntimeProfile.detect(settings), settings, forced=forced), store)


def _looking_notes(policy: ExecutionPolicy, settings: Settings) -> Iterable[str]:
    if policy.stands_in:
        yield say(settings.language, "no_vision", why="; ".join(map(_bound, policy.passed_over)))
    yield from frames_that_leave(policy, settings.language)
    if settings.traced:
        yield say(settings.language, "traced")


def _store_notes(store: Store, settings: Settings) -> Iterable[str]:
    """Say what befell the store since this was asked last."""
    for trouble in store.news():
        yield say(settings.language, trouble.sentence, **trouble.values)


def _planning_notes(policy: ExecutionPolicy, settings: Settings) -> Iterable[str]:
    if policy.planner_stands_in:
        yield say(settings.language, "no_planner", why="; ".join(map(_bound, policy.planners_passed_over)))
    yield from texts_that_leave(policy, settings.language)


def _bound(over: PassedOver) -> str:
    return f"{NAMES[over.backend]}: {over.bound}"


def _make_runtime_profile(settings: Settings, forced: Forced | None, workspace: Workspace) -> BaseTool:
    """Make the tool that says what is here, who would look and plan, and what may leave this machine."""

    def runtime_profile() -> tuple[str, Report]:
        """Tell what this machine is, which models would look at scenes and plan the edit, and what may leave it.

        Call this to explain who did the work, or why a model was not used. The other tools do not need it.
        """
        report = examine(settings, forced=forced)
        return "\n".join(one_line(line, _LONGEST_LINE) for line in _profile_lines(report)), report

    return make_tool(runtime_profile, workspace)


def _profile_lines(report: Report) -> Iterable[str]:
    profile, policy = report.profile, report.policy
    gpu = profile.largest_gpu
    card = "no GPU" if gpu is None else f"{gpu.name}, {gpu.vram_total_gib:.1f} GiB of VRAM"
    yield (
        f"This machine: {report.machine_class}; {profile.cpu_threads} threads ({report.cpu_score}), "
        f"{profile.ram_total_gib:.1f} GiB of RAM, {card}, {profile.os}."
    )
    yield f"Scenes are looked at by: {_pools(policy)}; at most {policy.max_scenes or 'all'} scenes a call."
    yield f"The edit is planned by: {_chain(policy.planners)}."
    yield f"What may leave this machine: {'; '.join(map(_leaving, policy.leaves)) or 'nothing'}."
    yield f"Not used for looking: {'; '.join(map(_bound, policy.passed_over)) or 'none'}."
    for problem in report.problems[:_MOST_PROBLEMS]:
        yield f"For a person to mend: {problem.what}. {problem.mend}"


def _chain(routes: Sequence[Route]) -> str:
    return ", then ".join(_called(routes)) or "nobody"


def _called(routes: Sequence[Route]) -> list[str]:
    return [f"{name} {route.model}".strip() for name, route in zip(named(routes), routes, strict=True)]


def _pools(policy: ExecutionPolicy) -> str:
    return ", then ".join(" and ".join(_called(pool)) for pool in policy.pools) or "nobody"


def _leaving(leaving: Leaving) -> str:
    when = "" if leaving.first else " when those before it fail"
    return f"{leaving.what} to {leaving.to} ({NAMES[leaving.backend]}){when}"
