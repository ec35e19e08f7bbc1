"""One vision backend judged by the facts: a route that can be taken, or the bound that failed and what mends it.

Pure: the profile says what answers, the settings and the forced arguments what is wanted. Nothing is asked here.
"""

from collections.abc import Callable

from autocut_director.agent.hosts import is_here
from autocut_director.agent.policy.fitting import no_room
from autocut_director.agent.policy.models import family_of
from autocut_director.agent.policy.routes import Backend, By, Case, PassedOver, VisionRoute
from autocut_director.agent.policy.server_seats import Seats, server_seats
from autocut_director.agent.servers.probing import Runtime

BUILTIN_MODEL = "pixels-1"
_CLOUD_READ_SECONDS = 60.0
_OPENAI_PARALLEL = 8


def vision_seats(backend: Backend, case: Case) -> Seats:
    """Judge `backend` as the one that looks: each of its servers, where it may have several."""
    judges: dict[Backend, Callable[[Case], Seats]] = {
        "lmstudio": lambda case: server_seats("lmstudio", case),
        "ollama": lambda case: server_seats("ollama", case),
        "embedded": lambda case: (_embedded_seat(case),),
        "openai": lambda case: (_openai_seat(case),),
        "builtin": lambda case: (_builtin_seat(case),),
    }
    return judges[backend](case)


def _builtin_seat(case: Case) -> VisionRoute:
    return VisionRoute(
        backend="builtin",
        model=BUILTIN_MODEL,
        parallel=min(2, case.profile.cpu_threads),
        parallel_why="it measures pixels on the processors",
        frames=case.frames,
        model_by=case.policy_or_default,
        model_why="it has no other",
    )


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
    crowded = no_room("embedded", model, "http://localhost", case)
    if crowded is not None:
        return crowded
    family = family_of(model.id)
    return VisionRoute(
        backend="embedded",
        model=model.id,
        build=model.build,
        cold=True,
        parallel=2 if case.profile.cpu_threads >= 8 or case.on_gpu else 1,  # noqa: PLR2004  # "medium" and better
        parallel_by=case.policy_or_default,
        parallel_why=f"{case.profile.cpu_threads} threads",
        frames=case.frames,
        images=family.images if family else None,
        read_seconds=case.read_seconds,
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
        frames=case.frames,
        read_seconds=_CLOUD_READ_SECONDS,
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
