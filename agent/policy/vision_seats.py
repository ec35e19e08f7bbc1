"""One vision backend judged by the facts: a route that can be taken, or the bound that failed and what mends it.

Pure: the profile says what answers, the settings and the forced arguments what is wanted. Nothing is asked here.
"""

from collections.abc import Callable
from typing import Literal

from autocut_director.agent.hosts import host_of, is_here
from autocut_director.agent.policy.models import family_of, rank_of
from autocut_director.agent.policy.routes import (
    FRAMES,
    NAMES,
    Backend,
    By,
    Case,
    PassedOver,
    PlannerBackend,
    VisionRoute,
)
from autocut_director.agent.servers.probing import Runtime, ServedModel
from autocut_director.agent.settings import AUTO

BUILTIN_MODEL = "pixels-1"
_READ_SECONDS = {"cpu": 120.0, "gpu": 60.0, "cloud": 60.0}  # one scene; 20 times what slow published runs take
_LMSTUDIO_PARALLEL = 4  # what a server of 0.4 and later does where it does not say
_OPENAI_PARALLEL = 8
_OLLAMA_CLOUD = "ollama.com"  # runs the models that an Ollama server lists as remote
_HEADROOM = 1.2  # a model wants about a fifth more than its file: context and pictures

_STARTS = {
    "lmstudio": "start its server: `lms server start`, or in LM Studio: Developer, Status: Running",
    "ollama": "start it: `ollama serve`, or open the Ollama app",
}
_GETS = {
    "lmstudio": "download one that sees: `lms get moondream2`, or in LM Studio: Discover, moondream2",
    "ollama": "`ollama pull moondream`",
}


def vision_seat(backend: Backend, case: Case) -> VisionRoute | PassedOver:
    """Judge `backend` as the one that looks."""
    judges: dict[Backend, Callable[[Case], VisionRoute | PassedOver]] = {
        "lmstudio": lambda case: _server_seat("lmstudio", case),
        "ollama": lambda case: _server_seat("ollama", case),
        "embedded": _embedded_seat,
        "openai": _openai_seat,
        "builtin": _builtin_seat,
    }
    return judges[backend](case)


def _builtin_seat(case: Case) -> VisionRoute:
    return VisionRoute(
        backend="builtin",
        model=BUILTIN_MODEL,
        parallel=min(2, case.profile.cpu_threads),
        parallel_why="it measures pixels on the processors",
        frames=case.forced.frames_per_scene or FRAMES,
        model_by=case.policy_or_default,
        model_why="it has no other",
    )


def _server_seat(backend: Literal["lmstudio", "ollama"], case: Case) -> VisionRoute | PassedOver:
    runtime = case.profile.runtime(backend)
    refused = _not_usable(backend, runtime, case)
    if runtime is None or refused is not None:
        return refused or PassedOver(backend=backend, bound="it was not asked")
    picked = _local_model(runtime, case)
    if isinstance(picked, PassedOver):
        return picked
    model, by, why = picked
    family = family_of(model.id)
    parallel, parallel_by, parallel_why = _parallel(runtime, model, case)
    return VisionRoute(
        backend=backend,
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
        frames=case.forced.frames_per_scene or FRAMES,
        images=family.images if family else None,
        read_seconds=_READ_SECONDS["gpu" if _on_gpu(case) else "cpu"],
        model_by=by,
        model_why=why,
        word=family.word if family else "",
    )


def _not_usable(backend: Literal["lmstudio", "ollama"], runtime: Runtime | None, case: Case) -> PassedOver | None:
    """Return the bound that rules a whole server out."""
    if runtime is None or runtime.state in {"down", "not_set_up"}:
        where = runtime.url if runtime is not None and runtime.url else getattr(case.settings, f"{backend}_host")
        why = f" ({runtime.detail})" if runtime is not None and runtime.detail else ""
        return PassedOver(backend=backend, bound=f"no server answers at {where}{why}", mend=_STARTS[backend])
    if runtime.state == "locked":
        mend = "put its API token into LM_API_TOKEN" if backend == "lmstudio" else "let this machine in"
        return PassedOver(backend=backend, bound=f"{runtime.url} is locked: it wants another key", mend=mend)
    if runtime.remote and case.cloud_forbidden:
        bound = f"{host_of(runtime.url)} is another machine, and {case.cloud_forbidden}"
        return PassedOver(backend=backend, bound=bound, mend=f"if it is yours: LOCAL_HOSTS={host_of(runtime.url)}")
    return None


_Picked = tuple[ServedModel, By, str]


def _local_model(runtime: Runtime, case: Case) -> _Picked | PassedOver:
    named, by, source = _named_model(runtime, case)
    if named is not None:
        return _model_by_name(runtime, named, by, source, case)
    seeing = [model for model in runtime.models if _may_see(model)]
    mend = _GETS.get(runtime.name, "")
    if not seeing:
        return PassedOver(backend=_backend(runtime), bound=f"{runtime.url} has no model that sees", mend=mend)
    fitting = [model for model in seeing if _fits(model, runtime, case)]
    if not fitting:
        least = min(seeing, key=_need)
        bound = f"no model fits: {least.id} wants about {_need(least):.1f} GiB, {_free(case):.1f} GiB are free"
        return PassedOver(backend=_backend(runtime), bound=bound, mend=f"close programs, or take a smaller one: {mend}")
    chosen = min(fitting, key=lambda model: (not model.loaded, rank_of(model.id), _need(model), model.id))
    return chosen, case.policy_or_default, _why_model(chosen, fitting)


def _backend(runtime: Runtime) -> PlannerBackend:
    return runtime.name


def _why_model(chosen: ServedModel, among: list[ServedModel]) -> str:
    if chosen.loaded:
        return "the vision model that is loaded" if sum(m.loaded for m in among) == 1 else "the first that is loaded"
    if len(among) == 1:
        return "the only vision model there"
    family = family_of(chosen.id)
    return f"{family.name} is preferred" if family and not family.word else "the smallest of the others"


def _named_model(runtime: Runtime, case: Case) -> tuple[str | None, By, str]:
    """Return the model that somebody named for this server, who, and where."""
    if case.forced.model:
        return case.forced.model, "forced", "--model"
    names = [("local_vision_model", "LOCAL_VISION_MODEL")]
    if runtime.name == "lmstudio":
        names.insert(0, ("lmstudio_model", "LMSTUDIO_MODEL"))
    for field, variable in names:
        name = str(getattr(case.settings, field))
        if name.lower() != AUTO:
            return name, "settings", variable
    return None, "policy", ""


def _model_by_name(runtime: Runtime, named: str, by: By, source: str, case: Case) -> _Picked | PassedOver:
    backend = _backend(runtime)
    same = [model for model in runtime.models if model.id in {named, f"{named}:latest"}]
    if not same:
        there = ", ".join(model.id for model in runtime.models[:6]) or "none"
        mend = (
            f"`ollama pull {named}`" if runtime.name == "ollama" else f"download it, or name one of these in {source}"
        )
        return PassedOver(backend=backend, bound=f"{named} ({source}) is not on it; it has: {there}", mend=mend)
    (model, *_) = same
    if model.embedding or model.sees is False:
        return PassedOver(backend=backend, bound=f"{named} ({source}) does not see", mend=_GETS.get(runtime.name, ""))
    if model.remote and case.cloud_forbidden:
        return PassedOver(
            backend=backend, bound=f"{named} runs at {NAMES[backend]}'s own cloud: {case.cloud_forbidden}"
        )
    return model, by, source


def _may_see(model: ServedModel) -> bool:
    """Tell whether a model may be chosen to look: it says that it sees, or its family is known to."""
    if model.embedding or model.remote:
        return False
    return model.sees is True or (model.sees is None and family_of(model.id) is not None)


def _need(model: ServedModel) -> float:
    """Return the memory in GiB that a model wants; 0 where nobody knows."""
    family = family_of(model.id)
    size = model.size_gib or (family.gib if family else 0.0)
    return size * _HEADROOM


def _free(case: Case) -> float:
    """Return the GiB that a model may take: on the GPU with most free memory, or in the RAM."""
    cards = [gpu.vram_free_gib if gpu.vram_free_gib is not None else gpu.vram_total_gib for gpu in case.profile.gpus]
    return max([case.profile.ram_available_gib, *cards])


def _fits(model: ServedModel, runtime: Runtime, case: Case) -> bool:
    """Tell whether a model fits into this machine's memory; another machine's is its own affair."""
    return model.loaded or not is_here(runtime.url) or _need(model) <= _free(case)


def _parallel(runtime: Runtime, model: ServedModel, case: Case) -> tuple[int, By, str]:
    if model.parallel is not None and runtime.name != "ollama":
        return model.parallel, case.policy_or_default, "what the server does at once"
    if runtime.name == "ollama":
        by: By = "settings" if case.settings.was_set("ollama_num_parallel") else case.policy_or_default
        return case.settings.ollama_num_parallel, by, "OLLAMA_NUM_PARALLEL"
    if runtime.source.startswith("/api/v1"):
        return _LMSTUDIO_PARALLEL, case.policy_or_default, "what LM Studio does at once"
    return 1, case.policy_or_default, "the server does not say what it does at once"


def _on_gpu(case: Case) -> bool:
    return case.profile.profile_class in {"LOCAL_GPU_MID", "LOCAL_GPU_HIGH"}


def _embedded_seat(case: Case) -> VisionRoute | PassedOver:
    runtime = case.profile.runtime("embedded")
    if runtime is None or runtime.state == "not_set_up":
        mend = "name its files in EMBEDDED_MODEL and EMBEDDED_MMPROJ"
        return PassedOver(backend="embedded", bound="EMBEDDED_MODEL is not set", mend=mend)
    if runtime.state == "down" or not runtime.models:
        return PassedOver(backend="embedded", bound=runtime.detail or "it cannot be served")
    (model, *_) = runtime.models
    if case.forced.model not in {None, model.id}:
        return PassedOver(backend="embedded", bound=f"--model {case.forced.model} is another; it is {model.id}")
    if not _fits(model, runtime.model_copy(update={"url": "http://localhost"}), case):
        bound = f"{model.id} wants about {_need(model):.1f} GiB, {_free(case):.1f} GiB are free"
        return PassedOver(backend="embedded", bound=bound, mend="close programs, or take a smaller model")
    family = family_of(model.id)
    return VisionRoute(
        backend="embedded",
        model=model.id,
        build=model.build,
        cold=True,
        parallel=2 if case.profile.cpu_threads >= 8 or _on_gpu(case) else 1,  # noqa: PLR2004  # "medium" and better
        parallel_by=case.policy_or_default,
        parallel_why=f"{case.profile.cpu_threads} threads",
        frames=case.forced.frames_per_scene or FRAMES,
        images=family.images if family else None,
        read_seconds=_READ_SECONDS["gpu" if _on_gpu(case) else "cpu"],
        model_by="settings",
        model_why="EMBEDDED_MODEL",
        word=family.word if family else "",
    )


def _openai_seat(case: Case) -> VisionRoute | PassedOver:
    settings, runtime = case.settings, case.profile.runtime("openai")
    if case.cloud_forbidden:
        return PassedOver(backend="openai", bound=case.cloud_forbidden)
    if settings.openai_api_key is None:
        return PassedOver(backend="openai", bound="OPENAI_API_KEY is not set", mend="put your key into .env")
    if runtime is not None and not runtime.answers:
        locked = runtime.state == "locked"
        bound = "it refuses the key in OPENAI_API_KEY" if locked else f"{runtime.url} does not answer"
        why = f" ({runtime.detail})" if runtime.detail else ""
        return PassedOver(backend="openai", bound=f"{bound}{why}", mend="put a valid key into .env" if locked else "")
    model, by, source = _openai_model(case)
    if not _offered(runtime, model, by, case):
        bound = f"it does not list {model} ({source})"
        return PassedOver(backend="openai", bound=bound, mend="name another in OPENAI_VISION_MODEL")
    return VisionRoute(
        backend="openai",
        model=model,
        build=_listed_build(runtime, model),
        url=settings.openai_base_url,
        remote=not is_here(settings.openai_base_url, settings.local_hosts),
        parallel=_OPENAI_PARALLEL,
        parallel_by=case.policy_or_default,
        parallel_why="usual for OpenAI",
        frames=case.forced.frames_per_scene or FRAMES,
        read_seconds=_READ_SECONDS["cloud"],
        model_by=by,
        model_why=source,
    )


def _listed_build(runtime: Runtime | None, model: str) -> str:
    return next((served.build for served in (runtime.models if runtime else ()) if served.id == model), "")


def _openai_model(case: Case) -> tuple[str, By, str]:
    if case.forced.model:
        return case.forced.model, "forced", "--model"
    by: By = "settings" if case.settings.was_set("openai_vision_model") else "default"
    return case.settings.openai_vision_model, by, "OPENAI_VISION_MODEL"


def _offered(runtime: Runtime | None, model: str, by: By, case: Case) -> bool:
    """Tell whether OpenAI may be asked for `model`.

    What a person set for OpenAI is taken at his word. A model that was forced for whoever has it must be listed.
    """
    listed = {served.id for served in runtime.models} if runtime is not None else set()
    meant = case.forced.vision == "openai" or case.forced.force_cloud
    if by == "forced" and not meant:
        return model in listed
    return by != "default" or not listed or model in listed
