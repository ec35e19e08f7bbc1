"""The model servers of one kind judged by the facts: those that have the model looked for look together, as a pool.

The model is chosen over all of them (`_Choice`); then each server is a route, or is passed over with what mends it.
"""

from dataclasses import dataclass
from typing import Literal

from autocut_director.agent.hosts import host_of
from autocut_director.agent.policy.fitting import fits, free, need
from autocut_director.agent.policy.models import family_of, rank_of
from autocut_director.agent.policy.routes import NAMES, By, Case, PassedOver, VisionRoute
from autocut_director.agent.servers.probing import Runtime, ServedModel
from autocut_director.agent.settings import AUTO

Kind = Literal["lmstudio", "ollama"]
Seats = tuple[VisionRoute | PassedOver, ...]
"""Each place that was judged: a route that can be taken, or the bound that failed."""

_LMSTUDIO_PARALLEL = 4  # what a server of 0.4 and later does where it does not say
_OLLAMA_CLOUD = "ollama.com"  # runs the models that an Ollama server lists as remote

_STARTS = {
    "lmstudio": "start its server: `lms server start`, or in LM Studio: Developer, Status: Running",
    "ollama": "start it: `ollama serve`, or open the Ollama app",
}
_GETS = {
    "lmstudio": "download one that sees: `lms get moondream2`, or in LM Studio: Discover, moondream2",
    "ollama": "`ollama pull moondream`",
}


@dataclass(frozen=True)
class _Choice:
    """The model that the servers of a kind look with, who chose it, and why. `named`: by a person."""

    model: str
    by: By
    why: str
    named: bool = False


def server_seats(kind: Kind, case: Case) -> Seats:
    """Judge every server of `kind`, in the order in which they are named."""
    runtimes = case.profile.servers(kind)
    if not runtimes:
        where = " or ".join(getattr(case.settings, f"{kind}_hosts"))
        return (PassedOver(backend=kind, bound=f"no server answers at {where}", mend=_STARTS[kind]),)
    usable = [runtime for runtime in runtimes if _refused(kind, runtime, case) is None]
    choice = _named(kind, case) or _preferred(usable, case)
    return tuple(_refused(kind, runtime, case) or _seat(kind, runtime, choice, case) for runtime in runtimes)


def _refused(kind: Kind, runtime: Runtime, case: Case) -> PassedOver | None:
    """Return the bound that rules a whole server out."""
    if runtime.state in {"down", "not_set_up"}:
        why = f" ({runtime.detail})" if runtime.detail else ""
        return PassedOver(backend=kind, bound=f"no server answers at {runtime.url}{why}", mend=_STARTS[kind])
    if runtime.state == "locked":
        mend = "put its API token into LM_API_TOKEN" if kind == "lmstudio" else "let this machine in"
        return PassedOver(backend=kind, bound=f"{runtime.url} is locked: it wants another key", mend=mend)
    if runtime.remote and case.cloud_forbidden:
        bound = f"{host_of(runtime.url)} is another machine, and {case.cloud_forbidden}"
        return PassedOver(backend=kind, bound=bound, mend=f"if it is yours: LOCAL_HOSTS={host_of(runtime.url)}")
    return None


def _named(kind: Kind, case: Case) -> _Choice | None:
    """Return the model that somebody named for this kind of server, who, and where."""
    if case.forced.model:
        return _Choice(case.forced.model, "forced", "--model", named=True)
    variables = {"local_vision_model": "LOCAL_VISION_MODEL"}
    if kind == "lmstudio":
        variables = {"lmstudio_model": "LMSTUDIO_MODEL", **variables}
    for field, variable in variables.items():
        name = str(getattr(case.settings, field))
        if name.lower() != AUTO:
            return _Choice(name, "settings", variable, named=True)
    return None


def _preferred(runtimes: list[Runtime], case: Case) -> _Choice | None:
    """Return the model that is chosen of all that see and fit on any of the servers; None where none does."""
    fitting = [model for runtime in runtimes for model in _seeing(runtime) if fits(model, runtime.url, case)]
    if not fitting:
        return None
    chosen = min(fitting, key=lambda model: (not model.loaded, rank_of(model.id), need(model), model.id))
    return _Choice(chosen.id, case.policy_or_default, _why(chosen, fitting))


def _seeing(runtime: Runtime) -> list[ServedModel]:
    return [model for model in runtime.models if may_see(model)]


def may_see(model: ServedModel) -> bool:
    """Tell whether a model may be chosen to look: it says that it sees, or its family is known to."""
    if model.embedding or model.remote:
        return False
    return model.sees is True or (model.sees is None and family_of(model.id) is not None)


def _why(chosen: ServedModel, among: list[ServedModel]) -> str:
    if chosen.loaded:
        loaded = {model.id for model in among if model.loaded}
        return "the vision model that is loaded" if len(loaded) == 1 else "the first that is loaded"
    if len({model.id for model in among}) == 1:
        return "the only vision model there"
    family = family_of(chosen.id)
    return f"{family.name} is preferred" if family and not family.word else "the smallest of the others"


def _seat(kind: Kind, runtime: Runtime, choice: _Choice | None, case: Case) -> VisionRoute | PassedOver:
    """Return the route to one server's copy of the model that was chosen."""
    if choice is None:
        return _without_choice(kind, runtime, case)
    copy = _by_name(kind, runtime, choice, case) if choice.named else _by_preference(kind, runtime, choice, case)
    return copy if isinstance(copy, PassedOver) else _route(kind, runtime, copy, choice, case)


def _route(kind: Kind, runtime: Runtime, model: ServedModel, choice: _Choice, case: Case) -> VisionRoute:
    family = family_of(model.id)
    parallel, parallel_by, parallel_why = _parallel(kind, runtime, model, case)
    return VisionRoute(
        backend=kind,
        model=model.id,
        build=model.build,
        url=runtime.url,
        remote=runtime.remote or model.remote,
        cloud=_OLLAMA_CLOUD if model.remote else "",
        cold=not model.loaded,
        context_tokens=model.context_tokens,
        parallel=parallel,
        parallel_by=parallel_by,
        parallel_why=parallel_why,
        frames=case.frames,
        images=family.images if family else None,
        read_seconds=case.read_seconds,
        model_by=choice.by,
        model_why=choice.why,
        word=family.word if family else "",
    )


def _by_name(kind: Kind, runtime: Runtime, choice: _Choice, case: Case) -> ServedModel | PassedOver:
    named, source = choice.model, choice.why
    model = next((model for model in runtime.models if model.id in {named, f"{named}:latest"}), None)
    if model is None:
        there = ", ".join(model.id for model in runtime.models[:6]) or "none"
        mend = f"`ollama pull {named}`" if kind == "ollama" else f"download it, or name one of these in {source}"
        where = _which(runtime, case)
        return PassedOver(backend=kind, bound=f"{named} ({source}) is not on {where}; it has: {there}", mend=mend)
    if model.embedding or model.sees is False:
        return PassedOver(backend=kind, bound=f"{named} ({source}) does not see", mend=_GETS[kind])
    if model.remote and case.cloud_forbidden:
        bound = f"{named} runs at {NAMES[kind]}'s own cloud: {case.cloud_forbidden}"
        return PassedOver(backend=kind, bound=bound)
    return model


def _which(runtime: Runtime, case: Case) -> str:
    """Return how a server is spoken of: by its address where there are others of its kind."""
    return runtime.url if len(case.profile.servers(runtime.name)) > 1 else "it"


def _by_preference(kind: Kind, runtime: Runtime, choice: _Choice, case: Case) -> ServedModel | PassedOver:
    model = next((model for model in _seeing(runtime) if model.id == choice.model), None)
    if model is None:
        return _lacks(kind, runtime, choice.model)
    return model if fits(model, runtime.url, case) else _too_large(kind, model, case)


def _lacks(kind: Kind, runtime: Runtime, model: str) -> PassedOver:
    get, variable = ("lms get", "LMSTUDIO_MODEL") if kind == "lmstudio" else ("ollama pull", "LOCAL_VISION_MODEL")
    mend = f"get it there: `{get} {model}`; or name in {variable} a model that all of them have"
    return PassedOver(backend=kind, bound=f"{runtime.url} has no {model}, with which the others look", mend=mend)


def _without_choice(kind: Kind, runtime: Runtime, case: Case) -> PassedOver:
    """Say why no model of a server can be chosen, nor of any other of its kind."""
    seeing = _seeing(runtime)
    if not seeing:
        return PassedOver(backend=kind, bound=f"{runtime.url} has no model that sees", mend=_GETS[kind])
    return _too_large(kind, min(seeing, key=need), case)


def _too_large(kind: Kind, model: ServedModel, case: Case) -> PassedOver:
    bound = f"no model fits: {model.id} wants about {need(model):.1f} GiB, {free(case):.1f} GiB are free"
    return PassedOver(backend=kind, bound=bound, mend=f"close programs, or take a smaller one: {_GETS[kind]}")


def _parallel(kind: Kind, runtime: Runtime, model: ServedModel, case: Case) -> tuple[int, By, str]:
    if kind == "ollama":
        by: By = "settings" if case.settings.was_set("ollama_num_parallel") else case.policy_or_default
        return case.settings.ollama_num_parallel, by, "OLLAMA_NUM_PARALLEL"
    if model.parallel is not None:
        return model.parallel, case.policy_or_default, "what the server does at once"
    if runtime.source.startswith("/api/v1"):
        return _LMSTUDIO_PARALLEL, case.policy_or_default, "what LM Studio does at once"
    return 1, case.policy_or_default, "the server does not say what it does at once"
