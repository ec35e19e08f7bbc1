"""Which model servers answer, and what is on them: asked side by side, each within its time.

`_places` (settings → where to ask) → `_ask` (a place → its `Runtime`), with a way to ask for each kind of server:
`_lmstudio_models`, `_ollama_models`, `_cloud_models`. The embedded model is a file: `_embedded`.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from autocut_director.agent.hosts import is_here
from autocut_director.agent.servers import listings
from autocut_director.agent.servers.asking import (
    AskingError,
    Caller,
    NoAnswerError,
    OddAnswerError,
    addresses,
    side_by_side,
)
from autocut_director.agent.servers.listings import Models, ServedModel
from autocut_director.agent.settings import Settings
from autocut_director.agent.values import Value

__all__ = ["Runtime", "RuntimeName", "ServedModel", "State", "probe_runtimes"]

RuntimeName = Literal["lmstudio", "ollama", "embedded", "openai", "deepseek"]
State = Literal["not_set_up", "down", "locked", "no_vision", "not_loaded", "ready"]

_SECONDS = 2.5  # for all that is asked; a server on another continent answers in one
_GRACE_S = 0.2  # for a thread to say itself why it gave up
_MOST_SHOWN = 16  # models of an old Ollama that are asked about one by one
_GGUF = b"GGUF"
_LMSTUDIO_LISTS = (
    ("/api/v1/models", listings.lmstudio_v1),
    ("/api/v0/models", listings.lmstudio_v0),
    ("/v1/models", listings.openai_models),
)


class Runtime(Value):
    """One place where models run.

    `state`: `not_set_up` no key or model file; `down` nothing answers; `locked` it wants another key (401, 403);
    `no_vision` it answers and has no model that is known to see; `not_loaded` one that sees, not in memory yet;
    `ready`. `url` is the address that answered. `remote`: what is sent there leaves this machine.
    `source` is the path that told of the models.
    """

    name: RuntimeName
    url: str
    state: State
    remote: bool = False
    models: tuple[ServedModel, ...] = ()
    source: str = ""
    detail: str = ""

    @property
    def answers(self) -> bool:
        """Tell whether it can be asked."""
        return self.state in {"no_vision", "not_loaded", "ready"}


Asked = tuple[Models, str]
"""The models of a server, and the path that told of them."""


@dataclass(frozen=True)
class _Place:
    """Where a server may be, and how to ask it. `url` is what its paths stand behind; `end` belongs to its name too."""

    name: RuntimeName
    url: str
    models: Callable[[Caller], Asked]
    remote: bool
    end: str = ""
    key: SecretStr | None = None
    key_name: str = ""
    missing: str = ""  # why it is not asked at all

    @property
    def is_cloud(self) -> bool:
        return self.name in {"openai", "deepseek"}

    def runtime(self, url: str, asked: Asked) -> Runtime:
        models, source = asked
        state: State = "ready" if self.is_cloud else _state(models)
        detail = _why_no_vision(models) if state == "no_vision" else ""
        return self._told(url, state, detail, models, source)

    def without_models(self, state: State, detail: str) -> Runtime:
        return self._told(self.url, state, detail)

    def _told(self, url: str, state: State, detail: str, models: Models = (), source: str = "") -> Runtime:
        return Runtime(
            name=self.name,
            url=url + self.end,
            state=state,
            remote=self.remote,
            models=models,
            source=source,
            detail=detail,
        )


def probe_runtimes(settings: Settings) -> tuple[Runtime, ...]:
    """Ask every place where models may run, side by side; several of a kind, where several are named.

    Takes under 3 s whatever they do, and as long as the slowest answer else. No key is sent but to its own server.
    """
    until = time.monotonic() + _SECONDS
    places = _places(settings)
    jobs: list[Callable[[], Runtime]] = [partial(_ask, place, until) for place in places]
    jobs.append(partial(_embedded, settings))
    *found, embedded = side_by_side(jobs, until=until + _GRACE_S)
    late = f"no answer within {_SECONDS:g} s"
    told = [one or place.without_models("down", late) for place, one in zip(places, found, strict=True)]
    return (*_each_once(told), embedded or Runtime(name="embedded", url="", state="down", detail=late))


def _each_once(runtimes: Sequence[Runtime]) -> tuple[Runtime, ...]:
    """Return `runtimes` without those that answered at the address of one before: localhost is 127.0.0.1 too."""
    first: dict[tuple[RuntimeName, str], Runtime] = {}
    for runtime in runtimes:
        first.setdefault((runtime.name, runtime.url), runtime)
    return tuple(first.values())


def _places(settings: Settings) -> tuple[_Place, ...]:
    lmstudios = [_lmstudio(url, settings) for url in settings.lmstudio_hosts]
    ollamas = [_ollama(url, settings) for url in settings.ollama_hosts]
    return (*lmstudios, *ollamas, *_clouds(settings))


def _lmstudio(host: str, settings: Settings) -> _Place:
    url = host.rstrip("/").removesuffix("/v1")
    return _Place(
        name="lmstudio",
        url=url,
        end="/v1",
        models=_lmstudio_models,
        remote=not is_here(url, settings.local_hosts),
        key=settings.lm_api_token,
        key_name="LM_API_TOKEN",
    )


def _ollama(url: str, settings: Settings) -> _Place:
    return _Place(
        name="ollama",
        url=url,
        models=partial(_ollama_models, parallel=settings.ollama_num_parallel),
        remote=not is_here(url, settings.local_hosts),
    )


def _clouds(settings: Settings) -> tuple[_Place, _Place]:
    def cloud(name: RuntimeName, url: str, key: SecretStr | None, key_name: str) -> _Place:
        closed = "" if settings.allow_cloud else "ALLOW_CLOUD is false"
        return _Place(
            name=name,
            url=url,
            models=_cloud_models,
            remote=not is_here(url, settings.local_hosts),
            key=key,
            key_name=key_name,
            missing=f"{key_name} is not set" if key is None else closed,
        )

    return (
        cloud("openai", settings.openai_base_url, settings.openai_api_key, "OPENAI_API_KEY"),
        cloud("deepseek", settings.deepseek_base_url, settings.deepseek_api_key, "DEEPSEEK_API_KEY"),
    )


def _ask(place: _Place, until: float) -> Runtime:
    if place.missing:
        return place.without_models("not_set_up", place.missing)
    try:
        return _first_to_answer(place, until)
    except AskingError as exc:
        return place.without_models(exc.state, str(exc))


def _first_to_answer(place: _Place, until: float) -> Runtime:
    """Return what the first address that answers tells.

    Raises:
        AskingError: None answers, or the one that does gives no list of models.
    """
    by_proxy = place.is_cloud and place.remote
    problems: list[NoAnswerError] = []
    for url in addresses(place.url):
        caller = Caller(url, until, key=place.key, key_name=place.key_name, by_proxy=by_proxy)
        try:
            return place.runtime(url, place.models(caller))
        except NoAnswerError as exc:
            problems.append(exc)
    raise problems[0]


def _lmstudio_models(caller: Caller) -> Asked:
    """Ask LM Studio's own lists, the newest first: one that does not know a path answers 404, or 200 and an error."""
    problems: list[OddAnswerError] = []
    for path, read in _LMSTUDIO_LISTS:
        try:
            models = read(caller.ask(path))
        except OddAnswerError as exc:
            problems.append(exc)
        else:
            return _with_slots(models, caller) if read is listings.openai_models else models, path
    raise problems[-1]


def _with_slots(models: Models, caller: Caller) -> Models:
    """Ask llama.cpp's own server, the only one to say in this list what is loaded, how much it answers at once."""
    if not any(model.loaded for model in models):
        return models
    try:
        slots = listings.llama_cpp_slots(caller.ask("/props"))
    except AskingError:
        return models  # it answers a list of models, which is what counts
    return tuple(model.model_copy(update={"parallel": slots}) for model in models)


def _ollama_models(caller: Caller, *, parallel: int) -> Asked:
    """Ask Ollama which models it has and which are loaded; one from before 0.30 about each model's capabilities too."""
    tags = listings.ollama_tags(caller.ask("/api/tags"))
    untold = [listings.ollama_name(tag) for tag in tags if not listings.ollama_tells_skills(tag)][:_MOST_SHOWN]
    asks = [partial(_asked_also, caller, "/api/show", body={"model": name}) for name in untold]
    running, *shown = side_by_side([partial(_asked_also, caller, "/api/ps"), *asks], until=caller.until)
    facts = dict(zip(untold, shown, strict=True))
    models = [
        listings.ollama_model(tag, facts.get(listings.ollama_name(tag)), running, parallel=parallel) for tag in tags
    ]
    return tuple(models), "/api/tags"


def _asked_also(caller: Caller, path: str, *, body: dict[str, object] | None = None) -> object:
    """Return what a server says besides its list of models; None where it does not, which leaves things unknown."""
    try:
        return caller.ask(path, body=body)
    except AskingError:
        return None


def _cloud_models(caller: Caller) -> Asked:
    return listings.openai_models(caller.ask("/models")), "/models"


def _state(models: Models) -> State:
    seeing = [model for model in models if model.sees and not model.remote]  # one that only embeds never sees
    if not seeing:
        return "no_vision"
    return "ready" if any(model.loaded for model in seeing) else "not_loaded"


def _why_no_vision(models: Models) -> str:
    if not models:
        return "it has no model yet"
    if any(model.sees is None for model in models):
        return "it does not tell which of its models see"
    return "those of its models that see run elsewhere" if any(model.sees for model in models) else "none of them sees"


def _embedded(settings: Settings) -> Runtime:
    """Look at the files of the model that is served inside our own process; nothing is asked, nothing loaded."""
    model, projector = settings.embedded_model, settings.embedded_mmproj
    if model is None:
        return Runtime(name="embedded", url="", state="not_set_up", detail="EMBEDDED_MODEL is not set")
    problem = _file_problem("EMBEDDED_MODEL", model) or _file_problem("EMBEDDED_MMPROJ", projector)
    if not problem and find_spec("xllamacpp") is None:
        problem = 'the embedded server is not installed: pip install "autocut-director[embedded]"'
    if problem or projector is None:
        return Runtime(name="embedded", url="", state="down", detail=problem)
    files = [file.stat() for file in (model, projector)]
    build = "files:" + ",".join(f"{file.st_size}@{file.st_mtime_ns}" for file in files)
    size = sum(file.st_size for file in files) / 2**30
    served = ServedModel(id=model.stem, build=build, sees=True, size_gib=size)
    return Runtime(name="embedded", url="", state="ready", models=(served,), source=str(model))


def _file_problem(setting: str, path: Path | None) -> str:
    """Return what is wrong with the GGUF file that a setting names; "" if nothing is."""
    if path is None:
        return f"{setting} is not set: a model sees through its projector, a second GGUF file"
    try:
        with path.open("rb") as file:
            start = file.read(len(_GGUF))
    except OSError as exc:
        return f"{setting}: {path} cannot be read ({exc.strerror})"
    return "" if start == _GGUF else f"{setting}: {path} is no GGUF file"
