"""One planner judged by the facts, as `vision_seats` judges those who look."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

from autocut_director.agent.hosts import host_of, is_here
from autocut_director.agent.policy.models import family_of
from autocut_director.agent.policy.routes import NAMES, By, Case, PassedOver, PlannerBackend, PlannerRoute
from autocut_director.agent.servers.probing import Runtime, ServedModel

_CLOUD_SECONDS, _LOCAL_SECONDS = 300.0, 900.0  # a whole edit; a local model may have to be loaded first
_DEEPSEEK_CONTEXT, _OPENAI_CONTEXT = 1_000_000, 128_000  # tokens, as published; smaller than newer models have
_OLLAMA_CONTEXT = 16_384  # tokens that are asked for: each costs memory
_USUAL_CONTEXT = 4096  # what a local server takes where it does not say


Seats = tuple[PlannerRoute | PassedOver, ...]
"""Each place that was judged: a route that can be taken, or the bound that failed."""


@dataclass(frozen=True)
class _Wanted:
    """What a local model is wanted for: which fit, and which of those are taken only where there is no other."""

    name: str
    fits: Callable[[ServedModel], bool]
    worse: Callable[[ServedModel], bool]


_PLANS = _Wanted("text model", lambda _: True, lambda _: False)
_TALKS = _Wanted("text model that calls tools", lambda m: m.calls_tools is not False, lambda m: not m.calls_tools)


def planner_seats(backend: PlannerBackend, case: Case) -> Seats:
    """Judge `backend` as the one that plans: each of its servers, which are asked one after the other."""
    judges: dict[PlannerBackend, Callable[[Case], PlannerRoute | PassedOver]] = {
        "deepseek": _deepseek_seat,
        "openai": _openai_seat,
        "builtin": _builtin_seat,
    }
    judge = judges.get(backend)
    return _text_seats(backend, case, _PLANS) if judge is None else (judge(case),)


def talker_seats(backend: PlannerBackend, case: Case) -> Seats:
    """Judge `backend` as the one that holds a conversation: its model must be able to call tools."""
    if backend == "builtin":
        return (PassedOver(backend="builtin", bound="it plans by rules and cannot talk"),)
    if backend in {"deepseek", "openai"}:
        return planner_seats(backend, case)
    return _text_seats(backend, case, _TALKS)


def _text_seats(backend: PlannerBackend, case: Case, wanted: _Wanted) -> Seats:
    runtimes = [runtime for runtime in case.profile.runtimes if runtime.name == backend]
    nobody = PassedOver(backend=backend, bound="no server answers")
    return tuple(_text_seat(backend, runtime, case, wanted) for runtime in runtimes) or (nobody,)


def _builtin_seat(case: Case) -> PlannerRoute:
    by = case.policy_or_default
    return PlannerRoute(backend="builtin", model="", why="needs no model", model_by=by, model_why="it has none")


def _not_usable(backend: Literal["deepseek", "openai"], key: SecretStr | None, case: Case) -> PassedOver | None:
    """Return the bound that rules a provider out."""
    variable, runtime = f"{backend.upper()}_API_KEY", case.profile.runtime(backend)
    if not case.settings.allow_cloud:
        return PassedOver(backend=backend, bound="ALLOW_CLOUD=false")
    if key is None:
        return PassedOver(backend=backend, bound=f"{variable} is not set", mend="put your key into .env")
    if runtime is not None and not runtime.answers:
        locked = runtime.state == "locked"
        bound = f"it refuses the key in {variable}" if locked else f"{runtime.url} does not answer"
        return PassedOver(backend=backend, bound=bound, mend="put a valid key into .env" if locked else "")
    return None


def _deepseek_seat(case: Case) -> PlannerRoute | PassedOver:
    settings = case.settings
    refused = _not_usable("deepseek", settings.deepseek_api_key, case)
    if refused is not None:
        return refused
    by: By = "settings" if settings.was_set("deepseek_model") else "default"
    return PlannerRoute(
        backend="deepseek",
        model=settings.deepseek_model,
        url=settings.deepseek_base_url,
        remote=not is_here(settings.deepseek_base_url, settings.local_hosts),
        context_tokens=_DEEPSEEK_CONTEXT,
        read_seconds=_CLOUD_SECONDS,
        why="its key is there and the cloud allowed",
        model_by=by,
        model_why="DEEPSEEK_MODEL",
    )


def _openai_seat(case: Case) -> PlannerRoute | PassedOver:
    """Judge OpenAI, which plans where it is named only: who wants it says so."""
    settings = case.settings
    refused = _not_usable("openai", settings.openai_api_key, case)
    if refused is not None:
        return refused
    return PlannerRoute(
        backend="openai",
        model=settings.openai_vision_model,
        url=settings.openai_base_url,
        remote=not is_here(settings.openai_base_url, settings.local_hosts),
        context_tokens=_OPENAI_CONTEXT,
        read_seconds=_CLOUD_SECONDS,
        why="--planner openai",
        model_by="settings" if settings.was_set("openai_vision_model") else "default",
        model_why="OPENAI_VISION_MODEL",
    )


def _text_seat(backend: PlannerBackend, runtime: Runtime, case: Case, wanted: _Wanted) -> PlannerRoute | PassedOver:
    if not runtime.answers:
        return PassedOver(backend=backend, bound=f"no server answers at {runtime.url}")
    if runtime.remote and not case.settings.allow_cloud:
        return PassedOver(backend=backend, bound=f"{host_of(runtime.url)} is another machine, and ALLOW_CLOUD=false")
    texts = [model for model in runtime.models if _may_plan(model) and wanted.fits(model)]
    if not texts:
        return PassedOver(backend=backend, bound=f"it has no {wanted.name}", mend=f"download one for {NAMES[backend]}")
    chosen = min(texts, key=lambda model: (wanted.worse(model), not model.loaded, model.sees is True, model.id))
    known = chosen.context_tokens or _USUAL_CONTEXT
    return PlannerRoute(
        backend=backend,
        model=chosen.id,
        url=runtime.url,
        remote=runtime.remote,
        context_tokens=_OLLAMA_CONTEXT if backend == "ollama" else known,
        read_seconds=_LOCAL_SECONDS,
        why="a local text model",
        parallel=chosen.parallel or 1,
        model_by=case.policy_or_default,
        model_why="the one that is loaded" if chosen.loaded else "a text model that is there",
    )


def _may_plan(model: ServedModel) -> bool:
    family = family_of(model.id)
    return not model.embedding and not model.remote and (family is None or family.plans)
