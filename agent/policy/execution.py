"""What to use on this machine and why: pure values in, a decision with its reasons out. Nothing is asked or started.

`_order` (class, settings and forced arguments → backends in order) → a seat for each (a route, or the bound that
failed) → `ExecutionPolicy`. `vision_seats` and `planner_seats` judge one backend each; the table of classes is here.
"""

from typing import Literal, Self

from pydantic import Field

from autocut_director.agent.policy.planner_seats import planner_seats, talker_seats
from autocut_director.agent.policy.routes import (
    BACKENDS,
    FRAMES,
    LOCAL,
    Backend,
    Case,
    Decision,
    Forced,
    Leaving,
    PassedOver,
    PlannerBackend,
    PlannerRoute,
    VisionRoute,
    pools,
)
from autocut_director.agent.policy.vision_seats import vision_seats
from autocut_director.agent.profile import ProfileClass, RuntimeProfile
from autocut_director.agent.settings import Settings
from autocut_director.agent.values import Value
from autocut_director.errors import InputError, NoBackendError

Device = Literal["cpu", "gpu", "-"]


class _Row(Value):
    """One line of the table of classes."""

    vision: tuple[Backend, ...]
    device: Device
    max_scenes: int


_TABLE: dict[ProfileClass, _Row] = {
    "LOCAL_CPU_ONLY": _Row(vision=BACKENDS, device="cpu", max_scenes=10),
    "LOCAL_GPU_LOW": _Row(vision=BACKENDS, device="cpu", max_scenes=10),
    "LOCAL_GPU_MID": _Row(vision=BACKENDS, device="gpu", max_scenes=10),
    "LOCAL_GPU_HIGH": _Row(vision=BACKENDS, device="gpu", max_scenes=20),
    "CLOUD_HYBRID": _Row(vision=("openai", "builtin"), device="-", max_scenes=10),
}
PATIENCE_SECONDS = 180
"""How long a person is taken to wait gladly for scenes to be looked at, where a model's pace was measured."""
_ROUNDED_TO = 5  # scenes
_DEFAULT_ROW = _Row(vision=("lmstudio", "builtin"), device="-", max_scenes=10)


class ExecutionPolicy(Value):
    """What is used and why.

    `vision` and `planners` are chains: the first is asked first, the next when it fails; several servers of one kind
    stand together in `vision`, and share the scenes (`pools`). `decisions` says for each value who decided it (a forced
    argument, the policy, a setting, the default) and why. `passed_over` has, for every backend that is not in the
    vision chain, and every server that is not, the bound that failed and what would mend it.
    """

    profile_class: ProfileClass
    vision: tuple[VisionRoute, ...]
    planners: tuple[PlannerRoute, ...]
    device: Device
    max_scenes: int = Field(description="How many scenes are described; 0: all.")
    frames_per_scene: int
    passed_over: tuple[PassedOver, ...]
    planners_passed_over: tuple[PassedOver, ...]
    decisions: dict[str, Decision]
    builtin_meant: bool = Field(description="Builtin was asked for by name to look.")
    planner_meant: bool = Field(description="Builtin was asked for by name to plan.")
    leaves: tuple[Leaving, ...] = Field(description="What may leave this machine, and to whom.")

    @classmethod
    def resolve(cls, profile: RuntimeProfile, settings: Settings, *, forced: Forced | None = None) -> Self:
        """Decide by the machine, its servers, the settings that were set, and what was forced.

        Raises:
            InputError: What was forced contradicts itself, or a setting that nothing may override.
        """
        case = Case(profile=profile, settings=settings, forced=forced or Forced(), by_policy=True)
        return cls._decided(case, _TABLE[profile.profile_class])

    @classmethod
    def by_settings(cls, profile: RuntimeProfile, settings: Settings, *, forced: Forced | None = None) -> Self:
        """Decide by settings and defaults alone; the profile only says whether what they name is there.

        Raises:
            InputError: As for `resolve`.
        """
        case = Case(profile=profile, settings=settings, forced=forced or Forced(), by_policy=False)
        local = settings.local_vision_provider or "lmstudio"
        first: Backend = "openai" if settings.use_local_vision is False else local
        return cls._decided(case, _DEFAULT_ROW.model_copy(update={"vision": (first, "builtin")}))

    @classmethod
    def _decided(cls, case: Case, row: _Row) -> Self:
        check_forced(case.forced, case.settings)
        order, decided = _order(case, row)
        seats = [seat for backend in order for seat in vision_seats(backend, case)]
        left_out = [PassedOver(backend=b, bound=_bound(b, case, row)) for b in BACKENDS if b not in order]
        routes = tuple(seat for seat in seats if isinstance(seat, VisionRoute))
        planners = [seat for backend in _planner_order(case) for seat in planner_seats(backend, case)]
        thinkers = tuple(seat for seat in planners if isinstance(seat, PlannerRoute))
        decisions = _decisions(case, row, routes, thinkers)
        return cls(
            profile_class=case.profile.profile_class,
            vision=routes,
            planners=thinkers,
            device=row.device,
            max_scenes=int(decisions["max_scenes"].value),
            frames_per_scene=int(decisions["frames_per_scene"].value),
            passed_over=(*(seat for seat in seats if isinstance(seat, PassedOver)), *left_out),
            planners_passed_over=tuple(seat for seat in planners if isinstance(seat, PassedOver)),
            decisions={"vision": decided.model_copy(update={"value": _first(routes)}), **decisions},
            builtin_meant=case.forced.vision == "builtin",
            planner_meant=case.forced.planner == "builtin",
            leaves=_leaves(routes, thinkers),
        )

    @property
    def may_be_paced(self) -> bool:
        """Tell whether a measured pace may raise `max_scenes`: nobody named it, and a model that is free looks."""
        by_policy = self.decisions["max_scenes"].by == "policy"
        return by_policy and bool(self.vision) and not self.vision[0].metered and self.vision[0].backend != "builtin"

    def paced(self, seconds: float) -> Self:
        """Return the policy with as many scenes as fit into `PATIENCE_SECONDS` at `seconds` a scene, never fewer.

        As it is where somebody named the number, or where more scenes cost money.
        """
        fits = int(PATIENCE_SECONDS / max(seconds, 0.001)) // _ROUNDED_TO * _ROUNDED_TO
        if not self.may_be_paced or fits <= self.max_scenes:
            return self
        why = f"measured: {seconds:.2g} s a scene, {fits} scenes in {PATIENCE_SECONDS // 60} minutes"
        decisions = {**self.decisions, "max_scenes": Decision(value=fits, by="policy", why=why)}
        return self.model_copy(update={"max_scenes": fits, "decisions": decisions})

    def require_vision(self) -> None:
        """Make sure that somebody can look.

        Raises:
            NoBackendError: Nobody can; the message says which bound failed, and what mends it.
        """
        if not self.vision:
            raise NoBackendError(f"No vision backend can be used. {_first_of_kind(self.passed_over)}")

    def require_planner(self) -> None:
        """Make sure that somebody can plan.

        Raises:
            NoBackendError: The planner that was asked for cannot be used; the message says why, and what mends it.
        """
        if not self.planners:
            over = _first_of_kind(self.planners_passed_over)
            raise NoBackendError(f"The planner that was asked for cannot be used. {over}")

    @property
    def pools(self) -> tuple[tuple[VisionRoute, ...], ...]:
        """The vision chain, with the servers together that share the scenes."""
        return pools(self.vision)

    @property
    def parallel(self) -> int:
        """How many scenes are looked at at once: as many as the largest pool has places."""
        return max((_places(pool) for pool in self.pools), default=1)

    @property
    def planner_stands_in(self) -> bool:
        """Tell whether builtin plans because there is no model to plan."""
        return bool(self.planners) and self.planners[0].backend == "builtin" and not self.planner_meant

    @property
    def stands_in(self) -> bool:
        """Tell whether builtin looks because there is no model to look."""
        return bool(self.vision) and self.vision[0].backend == "builtin" and not self.builtin_meant


def _first_of_kind(passed_over: tuple[PassedOver, ...]) -> str:
    """Say why the first backend cannot be used: each of its servers, where there are several."""
    return " ".join(str(over) for over in passed_over if over.backend == passed_over[0].backend)


def choose_talker(profile: RuntimeProfile, settings: Settings, *, forced: Forced | None = None) -> PlannerRoute:
    """Return the model that holds a conversation: the first of those that plan which can call tools.

    Raises:
        NoBackendError: There is none; the message has the bound of each, and what mends it.
        InputError: What was forced contradicts itself, or a setting that nothing may override.
    """
    case = Case(profile=profile, settings=settings, forced=forced or Forced(), by_policy=True)
    check_forced(case.forced, settings)
    seats = [seat for backend in _planner_order(case) for seat in talker_seats(backend, case)]
    for seat in seats:
        if isinstance(seat, PlannerRoute):
            return seat
    bounds = " ".join(str(seat) for seat in seats if isinstance(seat, PassedOver))
    raise NoBackendError(
        f"No model can hold the conversation. {bounds} It takes DEEPSEEK_API_KEY in .env, or a model that calls tools, "
        "such as qwen3, in LM Studio or Ollama. See: autocut-director doctor"
    )


def check_forced(forced: Forced, settings: Settings) -> None:
    """Make sure that what was forced can be.

    Raises:
        InputError: It contradicts itself, or a setting that nothing may override.
    """
    if forced.force_local and forced.force_cloud:
        raise InputError("--force-local and --force-cloud exclude one another; give one of them.")
    cloud = "--force-cloud" if forced.force_cloud else "--vision openai" if forced.vision == "openai" else ""
    if cloud and forced.force_local:
        raise InputError(f"{cloud} and --force-local exclude one another; give one of them.")
    if cloud and not settings.allow_cloud:
        raise InputError(f"{cloud}, but ALLOW_CLOUD=false forbids it; set ALLOW_CLOUD=true, or leave {cloud} out.")
    if forced.force_cloud and forced.vision in LOCAL:
        raise InputError(f"--force-cloud and --vision {forced.vision} exclude one another; give one of them.")


def _order(case: Case, row: _Row) -> "_Ordered":
    """Return the backends in the order in which they are tried, and who decided that."""
    provider = _first_of(case.settings.local_vision_provider)
    local = _once((*provider, *LOCAL, "builtin"))
    ordered = _forced_order(case, local) or _set_order(case, row, local)
    return ordered or (row.vision, Decision(by="policy", why=f"the first that works for {case.profile.profile_class}"))


_Ordered = tuple[tuple[Backend, ...], Decision]


def _forced_order(case: Case, local: tuple[Backend, ...]) -> _Ordered | None:
    forced = case.forced
    if forced.vision is not None:
        return (forced.vision,), Decision(by="forced", why=f"--vision {forced.vision}")
    if forced.force_cloud:
        return ("openai", "builtin"), Decision(by="forced", why="--force-cloud")
    if forced.force_local:
        return local, Decision(by="forced", why="--force-local")
    return None


def _set_order(case: Case, row: _Row, local: tuple[Backend, ...]) -> _Ordered | None:
    settings, provider = case.settings, case.settings.local_vision_provider
    if not case.by_policy:
        set_by = provider is not None or settings.use_local_vision is not None
        return row.vision, Decision(by="settings" if set_by else "default", why="the policy is switched off")
    if settings.use_local_vision is False:
        return ("openai", "builtin"), Decision(by="settings", why="USE_LOCAL_VISION=false takes local vision out")
    if settings.use_local_vision:
        return local, Decision(by="settings", why="USE_LOCAL_VISION=true forbids cloud vision")
    if provider is not None:
        why = f"LOCAL_VISION_PROVIDER={provider} puts it first"
        return _once((provider, *row.vision)), Decision(by="settings", why=why)
    return None


def _first_of(backend: Backend | None) -> tuple[Backend, ...]:
    return () if backend is None else (backend,)


def _once(order: tuple[Backend, ...]) -> tuple[Backend, ...]:
    return tuple(dict.fromkeys(order))


def _bound(backend: Backend, case: Case, row: _Row) -> str:
    """Say why `backend` was not even tried."""
    forced, settings = case.forced, case.settings
    if forced.vision is not None:
        return f"--vision {forced.vision} is a chain of one"
    if forced.force_cloud:
        return "--force-cloud"
    if forced.force_local:
        return "--force-local"
    if not case.by_policy:
        return "the policy is switched off, and the settings name another"
    if settings.use_local_vision is not None:
        return f"USE_LOCAL_VISION={str(settings.use_local_vision).lower()}"
    return f"{case.profile.profile_class} does not use it; LOCAL_VISION_PROVIDER={backend} would"


def _planner_order(case: Case) -> tuple[PlannerBackend, ...]:
    if case.forced.planner is not None:
        return (case.forced.planner,)
    servers: tuple[Backend, ...] = ("lmstudio", "ollama")
    first = case.settings.local_vision_provider
    return ("deepseek", *_once((*(_first_of(first) if first in servers else ()), *servers)), "builtin")


def _first(routes: tuple[VisionRoute, ...]) -> str:
    return routes[0].backend if routes else ""


def _decisions(
    case: Case, row: _Row, routes: tuple[VisionRoute, ...], planners: tuple[PlannerRoute, ...]
) -> dict[str, Decision]:
    forced, by = case.forced, case.policy_or_default
    frames = routes[0].frames if routes else FRAMES
    name = case.profile.profile_class if case.by_policy else "the default"
    decisions = {
        "device": Decision(value=row.device, by=by, why=f"advice for {name}"),
        "max_scenes": _forced_or(forced.max_scenes, "--max-scenes", row.max_scenes, by, f"usual for {name}"),
        "frames_per_scene": _forced_or(
            forced.frames_per_scene, "--frames-per-scene", frames, by, "beginning, middle and end"
        ),
    }
    if routes:
        route, first = routes[0], pools(routes)[0]
        decisions["pictures"] = Decision(value=route.pictures, by=by, why=_why_pictures(route))
        decisions["model"] = Decision(value=route.model, by=route.model_by, why=route.model_why)
        decisions["parallel"] = Decision(value=_places(first), by=route.parallel_by, why=_why_places(first))
        decisions["read_seconds"] = Decision(value=route.read_seconds, by=by, why="one scene's answer")
        decisions["warm_up_seconds"] = Decision(value=route.warm_up_seconds, by=by, why="loading a cold model")
    if planners:
        decisions["planner"] = Decision(
            value=planners[0].backend, by="forced" if forced.planner else by, why=planners[0].why
        )
        decisions["planner_model"] = Decision(
            value=planners[0].model, by=planners[0].model_by, why=planners[0].model_why
        )
    return decisions


def _why_pictures(route: VisionRoute) -> str:
    if route.pictures == route.frames:
        return "each still by itself"
    return f"{route.model} takes {route.images} in one request: {route.frames} stills are shown as one picture"


def _places(pool: tuple[VisionRoute, ...]) -> int:
    return sum(route.parallel for route in pool)


def _why_places(pool: tuple[VisionRoute, ...]) -> str:
    return pool[0].parallel_why if len(pool) == 1 else f"{len(pool)} servers, {_places(pool)} places"


def _forced_or(forced: int | None, option: str, usual: int, by: Literal["policy", "default"], why: str) -> Decision:
    if forced is not None:
        return Decision(value=forced, by="forced", why=option)
    return Decision(value=usual, by=by, why=why)


def _leaves(routes: tuple[VisionRoute, ...], planners: tuple[PlannerRoute, ...]) -> tuple[Leaving, ...]:
    frames = [
        Leaving(what="frames", backend=route.backend, to=route.host, first=pool[0] is routes[0])
        for pool in pools(routes)
        for route in pool
        if route.remote
    ]
    texts = [
        Leaving(what="descriptions", backend=p.backend, to=p.host, first=p is planners[0]) for p in planners if p.remote
    ]
    return tuple(dict.fromkeys((*frames, *texts)))
