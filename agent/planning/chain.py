"""The planning chain: from what is wished to a proposal that was proven, by the first planner that can.

For each seat, in the policy's order: it is asked, and its plan repaired and proven (`thinker`) → the proposal, or the
cause is kept and the next asked. The builtin planner, where it is in the chain, is the last and cannot fail for want of
a model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.caches import BaseCache
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda

from autocut_director.agent.backends.registry import Order, constrained, guarded, make_model
from autocut_director.agent.builtin_planner import MODEL, plan_without_model
from autocut_director.agent.places import LocalPlaces, Places
from autocut_director.agent.planning.question import PlanWording, load_plan_wording
from autocut_director.agent.planning.thinker import PlanTry, Thinker, meant
from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.routes import NAMES, PlannerRoute, named
from autocut_director.agent.settings import Settings
from autocut_director.errors import AutoCutError, BackendError, ExhaustedError, NoBackendError, PlanError
from autocut_director.tools.plans.compiler import ProposedPlan, read_proposal
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import EditPlan, Language, PlannedBy, PlanRequest

_OWN_CONTEXT = 32_000  # tokens, where a caller's model does not say what it takes


@dataclass(frozen=True)
class Proposal:
    """What a planner proposes: the edit, who planned it, what was meant, every try, and what became of others before.

    `wish` is what was asked; with the length that a revision came to, where the change left that open.
    """

    edit: Any
    planned_by: PlannedBy
    wish: PlanRequest
    tries: tuple[PlanTry, ...] = ()
    causes: tuple[tuple[str, str], ...] = ()

    def cause(self, language: Language) -> str | None:
        """Return why builtin had to stand in for a model; None where it did not."""
        if not self.causes or self.planned_by.planner != "builtin":
            return None
        return say(language, "planner_stood_in", error=self._said)

    def warning(self, language: Language) -> str | None:
        """Return why another model planned than the first; None where it did not."""
        if not self.causes or self.planned_by.planner == "builtin":
            return None
        name = NAMES.get(self.planned_by.planner, self.planned_by.planner)
        return say(language, "planner_fell_back", name=name, error=self._said)

    @property
    def _said(self) -> str:
        return "; ".join(f"{name}: {cause}" for name, cause in self.causes)


def build_planning_chain(
    settings: Settings, policy: ExecutionPolicy, *, wording: PlanWording | None = None, places: Places | None = None
) -> Runnable[PlanRequest, Proposal]:
    """Make the Runnable from a `PlanRequest` to a `Proposal` that the compiler has proven.

    `wording`: what models are asked; the prompt files' that come with the program when None. `places`: who counts the
    questions that a local server gets at once; a count of the chain's own when None.

    Raises:
        NoBackendError: The planner that was asked for cannot be used.
        PromptError: A prompt file cannot be used.

    Raises, when invoked:
        ExhaustedError: Every planner in the chain failed; it has every cause.
        PlanError: The builtin planner's edit cannot be cut: the scenes cannot be what they say.
    """
    policy.require_planner()
    asked = wording or load_plan_wording()
    called, shared = zip(named(policy.planners), policy.planners, strict=True), places or LocalPlaces()
    seats = [ModelSeat(name, route, settings, asked, shared) for name, route in called if route.backend != "builtin"]
    last = any(route.backend == "builtin" for route in policy.planners)
    chain = _Chain(seats, builtin=last, degraded=policy.planner_stands_in)
    return RunnableLambda(chain.propose, name="planning_chain")


class ModelSeat:
    """A model of the policy's chain that plans; `name` is what a person knows it by."""

    def __init__(
        self, name: str, route: PlannerRoute, settings: Settings, wording: PlanWording, places: Places
    ) -> None:
        self.name, self.route = name, route
        self._settings, self._wording, self._places = settings, wording, places
        self._cache = _cache_of(route, settings)

    def thinker(self, request: PlanRequest) -> Thinker:
        """Return the model at work on `request`."""
        route, context = self.route, self.route.context_tokens or 0

        def ask(longest_answer: int, schema: dict[str, Any]) -> Runnable[Any, AIMessage]:
            order = Order(route, self._settings, request.language, route.read_seconds, longest_answer)
            return _in_turn(_model_of(order, schema, self._cache), route, self._places)

        return Thinker(route.backend, route.model, context, ask, self._wording)


def _model_of(order: Order[PlannerRoute], schema: dict[str, Any], cache: BaseCache | None) -> Runnable[Any, Any]:
    """Return the model of `order`, kept to a JSON schema by its server's own means, with our errors."""
    model = make_model(order)
    model.cache = cache
    return guarded(order, constrained(model, schema) or model)


def _in_turn(model: Runnable[Any, AIMessage], route: PlannerRoute, places: Places) -> Runnable[Any, AIMessage]:
    """Return `model`, asked when its server has a place; a cloud's says itself when it has too much to do."""
    most = route.parallel
    if most is None:
        return model

    def ask(messages: Any, config: RunnableConfig) -> AIMessage:
        with places.hold(route, most):
            return model.invoke(messages, config)

    return RunnableLambda(ask, name="in_turn")


def _cache_of(route: PlannerRoute, settings: Settings) -> BaseCache | None:
    """Return the file of remembered answers for a route, where one is named.

    Raises:
        InputError: It cannot be used.
    """
    if settings.plan_cache is None:
        return None
    from autocut_director.agent.planning.remembered import RememberedAnswers

    return RememberedAnswers(settings.plan_cache, f"{route.backend} {route.model} {route.url}")


class OwnSeat:
    """A chat model of the caller's that plans."""

    def __init__(self, model: Runnable[Any, Any], wording: PlanWording) -> None:
        self.name, self._own, self._wording = model.get_name(), model, wording

    def thinker(self, _: PlanRequest) -> Thinker:
        """Return the model at work."""
        profile = getattr(self._own, "profile", None) or {}
        context = int(profile.get("max_input_tokens") or _OWN_CONTEXT)
        model = getattr(self._own, "model_name", None) or getattr(self._own, "model", None) or self.name
        return Thinker("own", str(model), context, self._ask, self._wording)

    def _ask(self, _: int, schema: dict[str, Any]) -> Runnable[Any, AIMessage]:
        from autocut_director.agent.backends.translation import translating

        return translating(constrained(self._own, schema) or self._own, name="ask_own")


def own_planning_chain(model: Runnable[Any, Any], wording: PlanWording) -> Runnable[PlanRequest, Proposal]:
    """Make the planning chain of one chat model of the caller's."""
    return RunnableLambda(_Chain([OwnSeat(model, wording)], builtin=False).propose, name="planning_chain")


class _Chain:
    """The planners, one after the other."""

    def __init__(self, seats: Sequence[ModelSeat | OwnSeat], *, builtin: bool, degraded: bool = False) -> None:
        self._seats, self._builtin, self._degraded = seats, builtin, degraded

    def propose(self, request: PlanRequest, config: RunnableConfig) -> Proposal:
        tries: list[PlanTry] = []
        causes: list[tuple[str, AutoCutError]] = []
        for seat in self._seats:
            thinker = seat.thinker(request)
            outcome = _outcome(thinker, request, config)
            tries += thinker.tries
            if isinstance(outcome, ProposedPlan):
                wish = meant(request, outcome)
                return Proposal(outcome, thinker.signature, wish, tuple(tries), _said(causes))
            causes.append((seat.name, outcome))
        return self._by_rules(request, tries, causes)

    def _by_rules(
        self, request: PlanRequest, tries: Sequence[PlanTry], causes: Sequence[tuple[str, AutoCutError]]
    ) -> Proposal:
        needs_a_model = request.earlier is not None and not request.length_is_asked
        if causes and (needs_a_model or not self._builtin):
            raise ExhaustedError([(name, _as_backend_error(exc)) for name, exc in causes], tries=tries)
        signed = PlannedBy(planner="builtin", model=MODEL, degraded=self._degraded or bool(causes))
        edit = plan_without_model(request) if request.earlier is None else _lengthened(request, request.earlier)
        if request.brief.strip() or request.style_text:
            unread = say(request.language, "builtin_reads_nothing")
            edit = edit.model_copy(update={"assumptions": (*edit.assumptions, unread)})
        return Proposal(edit, signed, request, tuple(tries), _said(causes))


def _lengthened(request: PlanRequest, earlier: EditPlan) -> ProposedPlan:
    """Return the earlier edit, for the compiler to bring to another length: all that can be changed without a model.

    Raises:
        NoBackendError: The change asks for something else.
    """
    if not request.length_is_asked:
        raise NoBackendError(
            f"Without a model that plans, only an edit's length can be changed; {request.change[:80]!r} asks for "
            "something else. See what is missing: autocut-director doctor"
        )
    return read_proposal(earlier)


def _outcome(thinker: Thinker, request: PlanRequest, config: RunnableConfig) -> ProposedPlan | AutoCutError:
    """Return what a model proposes, of which the compiler can make an edit; else what became of it."""
    try:
        return thinker.propose(request, config)
    except (BackendError, PlanError) as exc:
        return exc


def _said(causes: Sequence[tuple[str, AutoCutError]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(exc)) for name, exc in causes)


def _as_backend_error(exc: AutoCutError) -> BackendError:
    return exc if isinstance(exc, BackendError) else BackendError(str(exc))
