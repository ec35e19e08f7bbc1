"""One planner judged by the facts, as `vision_seats` judges those who look."""

from autocut_director.agent.hosts import host_of, is_here
from autocut_director.agent.policy.routes import NAMES, By, Case, PassedOver, PlannerBackend, PlannerRoute


def planner_seat(backend: PlannerBackend, case: Case) -> PlannerRoute | PassedOver:
    """Judge `backend` as the one that plans."""
    if backend == "builtin":
        by = case.policy_or_default
        return PlannerRoute(backend="builtin", model="", why="needs no model", model_by=by, model_why="it has none")
    if backend == "deepseek":
        return _deepseek_seat(case)
    return _text_seat(backend, case)


def _deepseek_seat(case: Case) -> PlannerRoute | PassedOver:
    settings, runtime = case.settings, case.profile.runtime("deepseek")
    if not settings.allow_cloud:
        return PassedOver(backend="deepseek", bound="ALLOW_CLOUD=false")
    if settings.deepseek_api_key is None:
        return PassedOver(backend="deepseek", bound="DEEPSEEK_API_KEY is not set", mend="put your key into .env")
    if runtime is not None and not runtime.answers:
        locked = runtime.state == "locked"
        bound = "it refuses the key in DEEPSEEK_API_KEY" if locked else f"{runtime.url} does not answer"
        return PassedOver(backend="deepseek", bound=bound, mend="put a valid key into .env" if locked else "")
    by: By = "settings" if settings.was_set("deepseek_model") else "default"
    return PlannerRoute(
        backend="deepseek",
        model=settings.deepseek_model,
        url=settings.deepseek_base_url,
        remote=not is_here(settings.deepseek_base_url, settings.local_hosts),
        why="its key is there and the cloud allowed",
        model_by=by,
        model_why="DEEPSEEK_MODEL",
    )


def _text_seat(backend: PlannerBackend, case: Case) -> PlannerRoute | PassedOver:
    runtime = next((runtime for runtime in case.profile.runtimes if runtime.name == backend), None)
    if runtime is None or not runtime.answers:
        return PassedOver(backend=backend, bound="no server answers")
    if runtime.remote and not case.settings.allow_cloud:
        return PassedOver(backend=backend, bound=f"{host_of(runtime.url)} is another machine, and ALLOW_CLOUD=false")
    texts = [model for model in runtime.models if not model.embedding and not model.remote]
    if not texts:
        return PassedOver(backend=backend, bound="it has no text model", mend=f"download one for {NAMES[backend]}")
    chosen = min(texts, key=lambda model: (not model.loaded, model.sees is True, model.id))
    return PlannerRoute(
        backend=backend,
        model=chosen.id,
        url=runtime.url,
        remote=runtime.remote,
        why="a local text model",
        model_by=case.policy_or_default,
        model_why="the one that is loaded" if chosen.loaded else "a text model that is there",
    )
