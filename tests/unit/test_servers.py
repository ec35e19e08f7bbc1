"""The prober of model servers, over servers that answer as the real ones do, and over some that mean it ill."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from servers import ollama, openai_like, raw
from servers.loopback import Page, serving_on_loopback
from servers.models import Model
from servers.ollama import OllamaServer
from servers.openai_like import Server, describes_the_colour

from autocut_director.agent.servers import listings
from autocut_director.agent.servers.asking import OddAnswerError
from autocut_director.agent.servers.probing import Runtime, ServedModel, probe_runtimes
from autocut_director.agent.settings import Settings

TOKEN = "its-own-secret"  # noqa: S105  # made up
EYES = Model("google/gemma-4-4b", loaded=False)
LOADED = Model("moondream2", context=2048, parallel=3, size_bytes=2**30)
TEXT = Model("smollm2", sees=False, loaded=False)
EMBEDS = Model("nomic-embed", sees=False, embedding=True)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def refused() -> Iterator[str]:
    """An address at which nothing listens."""
    with raw.free_port() as port:
        yield f"http://127.0.0.1:{port}"


Probe = Callable[..., Runtime]


@pytest.fixture
def probe(refused: str) -> Probe:
    """Ask everything; return one runtime. What is not named is where nothing listens."""

    def ask(name: str, **values: object) -> Runtime:
        found = probe_runtimes(Settings(**{"lmstudio_host": f"{refused}/v1", "ollama_host": refused, **values}))
        assert [runtime.name for runtime in found] == ["lmstudio", "ollama", "openai", "deepseek", "embedded"]
        return next(runtime for runtime in found if runtime.name == name)

    return ask


def lmstudio(*models: Model, **values: object) -> Server:
    return Server(describes_the_colour, models=models, **values)


def seeing(runtime: Runtime) -> dict[str, bool | None]:
    return {model.id: model.sees for model in runtime.models}


def without_builds(models: Sequence[ServedModel]) -> tuple[ServedModel, ...]:
    return tuple(model.model_copy(update={"build": ""}) for model in models)


def keys_in(role: Server | raw.Pages) -> set[str | None]:
    return {seen.key for seen in role.asked}


# Several of a kind


def test_each_server_of_a_list_is_asked_and_told_of_by_itself(refused: str) -> None:
    with openai_like.serving(lmstudio(LOADED)) as first, openai_like.serving(lmstudio(TEXT)) as second:
        urls = [first.url, f"{refused}/v1", second.url]
        found = probe_runtimes(Settings(lmstudio_host=",".join(urls), ollama_host=f"{refused},{refused}"))
    told = [(runtime.url, runtime.state) for runtime in found if runtime.name == "lmstudio"]
    assert told == list(zip(urls, ["ready", "down", "no_vision"], strict=True))
    assert [runtime.url for runtime in found if runtime.name == "ollama"] == [refused]


def test_servers_of_a_list_are_asked_side_by_side(refused: str) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(openai_like.serving(lmstudio(LOADED, page_seconds=1.0))) for _ in range(3)]
        hosts = ",".join(role.url for role in slow)
        found = probe_runtimes(Settings(lmstudio_host=hosts, ollama_host=refused))
    first_asked = [role.asked[0].at for role in slow]
    assert max(first_asked) - min(first_asked) < 1.0
    assert [runtime.state for runtime in found[:3]] == ["ready"] * 3


def test_one_server_under_two_names_is_one(refused: str) -> None:
    with openai_like.serving(lmstudio(LOADED)) as server:
        twice = f"{server.url},{server.url.replace('127.0.0.1', 'localhost')}"
        found = probe_runtimes(Settings(lmstudio_host=twice, ollama_host=refused))
    assert [runtime.url for runtime in found if runtime.name == "lmstudio"] == [server.url]


# LM Studio


def test_lm_studio_tells_what_sees_what_is_loaded_and_how_much_it_does_at_once(probe: Probe) -> None:
    with openai_like.serving(lmstudio(EYES, LOADED, TEXT, EMBEDS)) as server:
        runtime = probe("lmstudio", lmstudio_host=server.url)
    assert (runtime.state, runtime.source, runtime.url) == ("ready", "/api/v1/models", server.url)
    assert not runtime.remote
    assert without_builds(runtime.models) == (
        ServedModel(id=EYES.id, sees=True, size_gib=1_800_000_000 / 2**30),
        ServedModel(id="moondream2", sees=True, loaded=True, size_gib=1.0, context_tokens=2048, parallel=3),
        ServedModel(id="smollm2", sees=False, size_gib=1_800_000_000 / 2**30),
        ServedModel(id="nomic-embed", sees=False, embedding=True, size_gib=1_800_000_000 / 2**30),
    )


def test_an_instance_that_was_loaded_under_a_name_of_its_own_is_a_model_of_its_own(probe: Probe) -> None:
    entry = {"type": "llm", "key": "gemma", "capabilities": {"vision": True}}
    entry["loaded_instances"] = [{"id": "my-eyes", "config": {"context_length": 8192, "parallel": 4}}]
    with raw.pages({"/api/v1/models": {"models": [entry]}}) as server:
        runtime = probe("lmstudio", lmstudio_host=server.url)
    assert [(model.id, model.loaded, model.context_tokens) for model in runtime.models] == [
        ("my-eyes", True, 8192),
        ("gemma", False, None),
    ]


@pytest.mark.parametrize("generation", ["0.4", "0.3"])
def test_lm_studio_before_0_4_is_asked_at_its_older_path(probe: Probe, generation: str) -> None:
    with openai_like.serving(lmstudio(EYES, LOADED, TEXT, EMBEDS, generation=generation)) as server:
        runtime = probe("lmstudio", lmstudio_host=server.url)
    assert runtime.source == {"0.4": "/api/v1/models", "0.3": "/api/v0/models"}[generation]
    assert seeing(runtime) == {EYES.id: True, "moondream2": True, "smollm2": False, "nomic-embed": False}
    assert [model.id for model in runtime.models if model.embedding] == ["nomic-embed"]
    assert [(model.id, model.context_tokens) for model in runtime.models if model.loaded and not model.embedding] == [
        ("moondream2", 2048)
    ]


def test_an_old_lm_studio_tells_ids_alone_so_nothing_is_known_to_see(probe: Probe) -> None:
    with openai_like.serving(lmstudio(LOADED, EMBEDS, generation="0.2")) as server:
        runtime = probe("lmstudio", lmstudio_host=server.url)
    assert (runtime.state, runtime.source) == ("no_vision", "/v1/models")
    assert runtime.models == (ServedModel(id="moondream2"), ServedModel(id="nomic-embed"))
    assert runtime.detail == "it does not tell which of its models see"


@pytest.mark.parametrize(
    ("models", "state", "detail"),
    [
        ([EYES, TEXT], "not_loaded", ""),
        ([LOADED], "ready", ""),
        ([TEXT, EMBEDS], "no_vision", "none of them sees"),
        ([Model("vision-embedder", sees=True, embedding=True)], "no_vision", "none of them sees"),
        ([], "no_vision", "it has no model yet"),
    ],
)
def test_the_state_is_that_of_the_models_that_see(probe: Probe, models: list, state: str, detail: str) -> None:
    with openai_like.serving(lmstudio(*models)) as server:
        runtime = probe("lmstudio", lmstudio_host=server.url)
    assert (runtime.state, runtime.detail, runtime.answers) == (state, detail, True)


def test_lm_studios_token_is_sent_and_a_missing_or_wrong_one_means_locked(probe: Probe) -> None:
    with openai_like.serving(lmstudio(LOADED, token=TOKEN)) as server:
        right = probe("lmstudio", lmstudio_host=server.url, lm_api_token=SecretStr(TOKEN))
        missing = probe("lmstudio", lmstudio_host=server.url)
        wrong = probe("lmstudio", lmstudio_host=server.url, lm_api_token=SecretStr("wr0ng"))
    assert right.state == "ready"
    assert (missing.state, missing.detail) == ("locked", "HTTP 401: it wants a key, and LM_API_TOKEN is not set")
    assert (wrong.state, wrong.detail) == ("locked", "HTTP 401: it does not take the key in LM_API_TOKEN")
    assert not wrong.answers
    assert len(server.asked) == 3, "a locked server is not asked at its other paths"
    assert "wr0ng" not in repr(wrong)


@pytest.mark.parametrize("key", ["línea", "two words", "line\nbreak", "snow☃"])
def test_a_key_that_no_header_can_hold_is_said_and_never_shown(probe: Probe, key: str) -> None:
    with openai_like.serving(lmstudio(LOADED, token=TOKEN)) as server:
        runtime = probe("lmstudio", lmstudio_host=server.url, lm_api_token=SecretStr(key))
    assert (runtime.state, runtime.detail) == ("locked", "LM_API_TOKEN holds a character that no key has")
    assert not server.asked


def test_llama_cpps_own_server_has_loaded_what_it_lists_and_tells_its_sight_and_slots(probe: Probe) -> None:
    for model in (LOADED, Model("text", sees=False, size_bytes=2**30)):
        with openai_like.serving(Server(describes_the_colour, models=(model,), dialect="llamacpp")) as server:
            runtime = probe("lmstudio", lmstudio_host=server.url)
        (found,) = runtime.models
        assert (found.sees, found.loaded, found.parallel) == (model.sees, True, model.parallel)
        assert (found.size_gib, found.context_tokens) == (1.0, model.context)
        assert (runtime.state, runtime.source) == ("ready" if model.sees else "no_vision", "/v1/models")


def test_a_llama_cpp_from_before_modalities_tells_its_sight_by_its_capabilities(probe: Probe) -> None:
    entries = {"models": [{"name": "a.gguf", "capabilities": ["completion", "multimodal"]}]}
    listed = {**entries, "data": [{"id": "a.gguf", "owned_by": "llamacpp", "meta": {"n_ctx": 4096}}]}
    with raw.pages({"/v1/models": listed, "/props": Page(b"no", 501)}) as server:
        (model,) = probe("lmstudio", lmstudio_host=server.url).models
    assert (model.sees, model.loaded, model.context_tokens, model.parallel) == (True, True, 4096, None)


def test_a_llama_cpp_of_many_models_says_of_each_whether_it_is_loaded(probe: Probe) -> None:
    def entry(name: str, status: str) -> dict:
        eyes = {"input_modalities": ["text", "image"]}
        return {"id": name, "owned_by": "llamacpp", "status": {"value": status}, "architecture": eyes}

    with raw.pages({"/v1/models": {"data": [entry("a", "unloaded"), entry("b", "loaded")]}}) as server:
        runtime = probe("lmstudio", lmstudio_host=server.url)
    assert [(model.id, model.loaded) for model in runtime.models] == [("a", False), ("b", True)]


def test_a_path_before_the_api_is_kept(probe: Probe) -> None:
    listed = {"models": [{"type": "llm", "key": "a", "capabilities": {"vision": True}}]}
    with raw.pages({"/lm/api/v1/models": listed}) as server:
        for host in (f"{server.url}/lm/v1", f"{server.url}/lm"):
            runtime = probe("lmstudio", lmstudio_host=host)
            assert (runtime.url, runtime.state) == (f"{server.url}/lm/v1", "not_loaded")


# localhost


def test_localhost_is_asked_at_127_0_0_1_and_the_address_that_answered_is_told(probe: Probe) -> None:
    with openai_like.serving(lmstudio(LOADED)) as server:
        runtime = probe("lmstudio", lmstudio_host=server.url.replace("127.0.0.1", "localhost"))
    assert (runtime.url, runtime.state, runtime.remote) == (server.url, "ready", False)


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not _has_ipv6(), reason="this machine has no ::1")
def test_localhost_is_asked_at_the_ipv6_address_when_nothing_listens_at_the_other(probe: Probe) -> None:
    with ollama.serving(OllamaServer(host="::1")) as server:
        runtime = probe("ollama", ollama_host=server.url.replace("[::1]", "localhost"))
    assert (runtime.url, runtime.remote) == (server.url, False)
    assert server.url.startswith("http://[::1]:")
    assert seeing(runtime) == {"moondream:latest": True}


# Ollama


def test_ollama_tells_capabilities_and_what_is_loaded_and_names_keep_their_tag(probe: Probe) -> None:
    models = (
        Model("moondream:1.8b", calls_tools=True, context=8192, size_bytes=2**30),
        Model("llava:latest", loaded=False, size_bytes=2**31),
        Model("smollm2:135m", sees=False, loaded=False, size_bytes=2**30),
        Model("all-minilm:latest", sees=False, embedding=True, loaded=False, size_bytes=2**30),
    )
    with ollama.serving(OllamaServer(models=models)) as server:
        runtime = probe("ollama", ollama_host=server.url, ollama_num_parallel=3)
    assert (runtime.state, runtime.source, runtime.url) == ("ready", "/api/tags", server.url)
    assert without_builds(runtime.models) == (
        ServedModel(
            id="moondream:1.8b", sees=True, calls_tools=True, loaded=True, size_gib=1.0, context_tokens=8192, parallel=3
        ),
        ServedModel(id="llava:latest", sees=True, calls_tools=False, size_gib=2.0, parallel=3),
        ServedModel(id="smollm2:135m", sees=False, calls_tools=False, size_gib=1.0, parallel=3),
        ServedModel(id="all-minilm:latest", sees=False, calls_tools=False, embedding=True, size_gib=1.0, parallel=3),
    )
    assert [seen.path for seen in server.asked] == ["/api/tags", "/api/ps"]


def test_an_ollama_that_tells_no_capabilities_is_asked_about_each_model_side_by_side(probe: Probe) -> None:
    models = (*(Model(f"eyes:{n}b", loaded=False) for n in range(14)), TEXT, EMBEDS)
    with ollama.serving(OllamaServer(models=models, tells="show", page_seconds=0.3)) as server:
        runtime = probe("ollama", ollama_host=server.url)
    assert seeing(runtime) == {model.id: model.sees for model in models}
    assert [model.id for model in runtime.models if model.embedding] == ["nomic-embed"]


def test_an_ollama_with_very_many_models_is_asked_about_sixteen_of_them(probe: Probe) -> None:
    models = tuple(Model(f"eyes:{n}b", loaded=False) for n in range(20))
    with ollama.serving(OllamaServer(models=models, tells="show")) as server:
        runtime = probe("ollama", ollama_host=server.url)
    assert [model.sees for model in runtime.models] == [True] * 16 + [None] * 4
    assert len([seen for seen in server.asked if seen.path == "/api/show"]) == 16


def test_a_very_old_ollama_tells_by_its_families(probe: Probe) -> None:
    with ollama.serving(OllamaServer(models=(LOADED, TEXT, EMBEDS), tells="families")) as server:
        runtime = probe("ollama", ollama_host=server.url)
    assert seeing(runtime) == {"moondream2": True, "smollm2": None, "nomic-embed": False}
    assert [model.id for model in runtime.models if model.embedding] == ["nomic-embed"]


def test_ollamas_cloud_models_are_remote_however_they_are_marked_and_do_not_count_as_eyes(probe: Probe) -> None:
    marked = {"name": "kimi:latest", "capabilities": ["vision"], "remote_model": "kimi"}
    hosted = {"name": "qwen:latest", "capabilities": ["vision"], "remote_host": "https://ollama.com:443"}
    named = [{"name": name, "capabilities": ["vision"]} for name in ("glm:cloud", "gpt-oss:120b-cloud", "x:CLOUD")]
    mine = {"name": "cloud:latest", "capabilities": ["completion"]}
    with raw.pages({"/api/tags": {"models": [marked, hosted, *named, mine]}}) as server:
        runtime = probe("ollama", ollama_host=server.url)
    assert [model.remote for model in runtime.models] == [True] * 5 + [False]
    assert (runtime.state, runtime.remote) == ("no_vision", False)
    assert runtime.detail == "those of its models that see run elsewhere"


def test_the_stand_ins_cloud_model_is_remote_though_it_sees(probe: Probe) -> None:
    models = (Model("qwen3-vl:235b-cloud", remote=True), Model("llava:latest", loaded=False))
    with ollama.serving(OllamaServer(models=models)) as server:
        runtime = probe("ollama", ollama_host=server.url)
    assert [(model.sees, model.remote) for model in runtime.models] == [(True, True), (True, False)]
    assert runtime.state == "not_loaded"


def test_something_that_wants_a_key_before_ollama_is_locked(probe: Probe) -> None:
    with raw.pages({"/api/tags": Page({"error": "forbidden"}, 403)}) as server:
        runtime = probe("ollama", ollama_host=server.url)
    assert (runtime.state, runtime.detail) == ("locked", "HTTP 403: something before it wants a key")


def test_a_model_is_known_though_the_server_fails_to_tell_what_is_loaded(probe: Probe) -> None:
    tags = {"models": [{"model": "llava:latest", "capabilities": ["vision"]}]}
    with raw.pages({"/api/tags": tags, "/api/ps": Page(b"boom", 500)}) as server:
        runtime = probe("ollama", ollama_host=server.url)
    assert (runtime.state, seeing(runtime)) == ("not_loaded", {"llava:latest": True})


# OpenAI and DeepSeek


def test_the_clouds_are_asked_with_their_own_keys_and_tell_ids_alone(probe: Probe) -> None:
    openai = Server(describes_the_colour, token="sk-open", models=("gpt-4o", "gpt-6-luna"), dialect="openai")  # noqa: S106
    deepseek = Server(describes_the_colour, token="sk-deep", models=("deepseek-flash",), dialect="deepseek")  # noqa: S106
    with openai_like.serving(openai), openai_like.serving(deepseek), openai_like.serving(lmstudio(LOADED)) as local:
        values = {
            "openai_base_url": openai.url,
            "openai_api_key": SecretStr("sk-open"),
            "deepseek_base_url": deepseek.url,
            "deepseek_api_key": SecretStr("sk-deep"),
            "lmstudio_host": local.url,
            "openai_vision_model": "one-it-lacks",
        }
        found = {name: probe(name, **values) for name in ("openai", "deepseek")}
    assert [runtime.state for runtime in found.values()] == ["ready", "ready"]
    assert seeing(found["openai"]) == {"gpt-4o": None, "gpt-6-luna": None}
    assert seeing(found["deepseek"]) == {"deepseek-flash": None}
    assert (found["openai"].url, found["deepseek"].url) == (openai.url, deepseek.url)
    assert (keys_in(openai), keys_in(deepseek), keys_in(local)) == ({"sk-open"}, {"sk-deep"}, {None})


@pytest.mark.parametrize("dialect", ["openai", "deepseek"])
def test_a_cloud_that_refuses_the_key_is_locked_and_the_key_is_not_shown(probe: Probe, dialect: str) -> None:
    with openai_like.serving(Server(describes_the_colour, token=TOKEN, dialect=dialect)) as server:
        values = {f"{dialect}_base_url": server.url, f"{dialect}_api_key": SecretStr("sk-wr0ng-key")}
        runtime = probe(dialect, **values)
    assert runtime.state == "locked"
    assert runtime.detail == f"HTTP 401: it does not take the key in {dialect.upper()}_API_KEY"
    assert "wr0ng" not in repr(runtime)


@pytest.mark.parametrize("name", ["openai", "deepseek"])
def test_a_cloud_without_a_key_or_without_leave_is_not_asked(probe: Probe, name: str) -> None:
    with openai_like.serving(Server(describes_the_colour, dialect=name)) as server:
        no_key = probe(name, **{f"{name}_base_url": server.url})
        key = {f"{name}_base_url": server.url, f"{name}_api_key": SecretStr("sk-x")}
        no_leave = probe(name, **key, allow_cloud=False)
    assert (no_key.state, no_key.detail) == ("not_set_up", f"{name.upper()}_API_KEY is not set")
    assert (no_leave.state, no_leave.detail) == ("not_set_up", "ALLOW_CLOUD is false")
    assert not no_leave.answers
    assert not server.asked


def test_what_is_not_this_machine_is_remote_unless_its_owner_named_it(probe: Probe) -> None:
    assert probe("openai").remote
    assert probe("deepseek").remote
    assert not probe("embedded").remote
    assert not probe("openai", openai_base_url="https://nas/v1", local_hosts=("nas",)).remote
    for name in ("lmstudio", "ollama"):
        assert not probe(name).remote
        assert probe(name, **{f"{name}_host": "http://127.0.0.1.nip.invalid:9"}).remote


# What must never see a request


@pytest.mark.parametrize("name", ["lmstudio", "ollama", "openai", "deepseek"])
def test_a_redirect_is_not_followed(probe: Probe, name: str) -> None:
    with raw.pages({}) as elsewhere:
        away = Page(b"", 307, headers={"Location": f"{elsewhere.url}/stolen"})
        paths = ("/api/v1/models", "/api/v0/models", "/v1/models", "/models", "/api/tags")
        with raw.pages(dict.fromkeys(paths, away)) as server:
            setting = f"{name}_host" if name in {"lmstudio", "ollama"} else f"{name}_base_url"
            keys = {"lm_api_token": TOKEN, "openai_api_key": TOKEN, "deepseek_api_key": TOKEN}
            runtime = probe(name, **{setting: server.url}, **{key: SecretStr(value) for key, value in keys.items()})
    assert runtime.state == "down"
    assert runtime.detail == "it redirects to another address (HTTP 307), which is not followed"
    assert server.asked
    assert not elsewhere.asked


def test_a_proxy_sees_what_goes_to_the_cloud_and_nothing_of_this_machine(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = {"object": "list", "data": [{"id": "gpt-4o", "object": "model"}]}
    with (
        raw.pages({"http://openai.invalid:80/v1/models": listed, "http://openai.invalid/v1/models": listed}) as proxy,
        openai_like.serving(lmstudio(LOADED)) as local,
        ollama.serving(OllamaServer()) as tags,
        openai_like.serving(Server(describes_the_colour, dialect="deepseek")) as near,
    ):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        settings = Settings(
            lmstudio_host=local.url,
            ollama_host=tags.url,
            openai_base_url="http://openai.invalid/v1",
            openai_api_key=SecretStr("sk-x"),
            deepseek_base_url=near.url,
            deepseek_api_key=SecretStr("sk-y"),
        )
        states = {runtime.name: runtime.state for runtime in probe_runtimes(settings)}
    assert states == dict.fromkeys(("lmstudio", "ollama", "openai", "deepseek"), "ready") | {"embedded": "not_set_up"}
    assert {seen.key for seen in proxy.asked} == {"sk-x"}
    assert len(proxy.asked) == 1
    assert local.asked
    assert tags.asked
    assert near.asked


def test_a_model_server_on_another_machine_is_not_asked_by_way_of_a_proxy_either(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    with raw.pages({}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setattr(socket, "getaddrinfo", _no_such_name)
        for name in ("lmstudio", "ollama"):
            runtime = probe(name, **{f"{name}_host": "http://nas.invalid:1234"})
            assert (runtime.state, runtime.detail) == ("down", "no such host: its name leads to no address")
    assert not proxy.asked


def _no_such_name(host: str | None, *_: object, **__: object) -> list:
    """What a name server says of a name that it does not know; none can be had in a test."""
    (host or "").encode("idna")
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize("name", ["ALL_PROXY", "SSL_CERT_FILE"])
def test_a_proxy_or_certificate_of_no_use_is_said_and_harms_the_clouds_alone(
    probe: Probe, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "socks://user:s3cret@127.0.0.1:1")
    with openai_like.serving(lmstudio(LOADED)) as local:
        assert probe("lmstudio", lmstudio_host=local.url).state == "ready"
    runtime = probe("openai", openai_base_url="https://openai.invalid/v1", openai_api_key=SecretStr("sk-x"))
    assert runtime.state == "down"
    assert runtime.detail.startswith("a proxy or certificate that the environment names is of no use")
    assert "s3cret" not in repr(runtime)


# Time


def _everywhere(url: str) -> dict[str, object]:
    """Settings by which all four servers are at `url`."""
    keys = {name: SecretStr(TOKEN) for name in ("lm_api_token", "openai_api_key", "deepseek_api_key")}
    urls = dict.fromkeys(("lmstudio_host", "ollama_host", "openai_base_url", "deepseek_base_url"), url)
    return {**urls, **keys}


def _timed(settings: Settings) -> tuple[tuple[Runtime, ...], float]:
    start = time.monotonic()
    return probe_runtimes(settings), time.monotonic() - start


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_servers_that_refuse_take_under_half_a_second_and_that_is_said(host: str) -> None:
    with raw.free_port() as port:
        found, seconds = _timed(Settings(**_everywhere(f"http://{host}:{port}")))
    assert {runtime.state for runtime in found[:4]} == {"down"}
    if sys.platform == "linux":
        assert seconds < 0.5
        assert {runtime.detail for runtime in found[:4]} == {"refused: nothing listens there"}


_COLD = """
import sys, time
from autocut_director.agent.servers.probing import probe_runtimes
from autocut_director.agent.settings import Settings
assert "httpx" not in sys.modules, "the HTTP client is imported where it serves"
start = time.process_time()
probe_runtimes(Settings(lmstudio_host="127.0.0.1:{port}", ollama_host="127.0.0.1:{port}"))
print(time.process_time() - start)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Windows takes 2 s to refuse")
def test_the_first_time_in_a_process_takes_under_half_a_second_of_a_processor() -> None:
    """The HTTP client is imported then. Seconds of a processor, since other programs may be busy beside the tests."""
    with raw.free_port() as port:
        code = _COLD.format(port=port)
        out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, encoding="utf-8")
    assert float(out.stdout) < 0.5


MISERS = {
    "accepts and never answers": raw.never_answers,
    "drips its body": raw.drips(raw.HEAD + b"[", b" "),
    "drips its headers": raw.drips(b"HTTP/1.1 200 OK\r\n", b"X-Y: z\r\n"),
    "drips its first line": raw.drips(b"HTTP/1.1 ", b"2"),
}


@pytest.mark.parametrize("how", MISERS)
def test_a_server_that_does_not_come_to_an_end_takes_under_three_seconds(how: str) -> None:
    with raw.talking(MISERS[how]) as port:
        found, seconds = _timed(Settings(**_everywhere(f"http://localhost:{port}")))
    assert seconds < 3
    for runtime in found[:4]:
        assert runtime.state == "down"
        assert "no whole answer in 2." in runtime.detail or runtime.detail == "no answer within 2.5 s"


_LEFT_BEHIND = """
from autocut_director.agent.servers.probing import probe_runtimes
from autocut_director.agent.settings import Settings
probe_runtimes(Settings(lmstudio_host="127.0.0.1:{port}", ollama_host="127.0.0.1:{port}"))
print("done")
"""


def test_a_thread_that_was_left_behind_keeps_no_program_from_ending() -> None:
    with raw.talking(MISERS["drips its headers"]) as port:
        command = [sys.executable, "-c", _LEFT_BEHIND.format(port=port)]
        out = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8", timeout=30)
    assert (out.stdout, out.stderr) == ("done\n", "")


def test_a_host_that_swallows_what_is_sent_takes_under_three_seconds() -> None:
    with raw.full_backlog() as port:
        found, seconds = _timed(Settings(**_everywhere(f"http://127.0.0.1:{port}")))
    assert seconds < 3
    assert {runtime.state for runtime in found[:4]} == {"down"}


def test_a_name_that_takes_for_ever_to_resolve_takes_under_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, asked = threading.Event(), []

    def resolve(host: str, *_: object, **__: object) -> list:
        asked.append(host)
        ended.wait()
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)  # no name server can be had in a test
    try:
        found, seconds = _timed(Settings(**_everywhere("http://slow.invalid")))
    finally:
        ended.set()
    assert seconds < 3
    assert len(asked) == 4
    assert {(runtime.state, runtime.detail) for runtime in found[:4]} == {("down", "no answer within 2.5 s")}


def test_a_name_that_leads_nowhere_is_said(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _no_such_name)
    assert probe("ollama", ollama_host="http://nas.invalid").detail == "no such host: its name leads to no address"


@pytest.mark.parametrize(
    "host", ["http://a..b", f"http://{'x' * 64}.com", "http://xn--\u2603", "http://*", "http://%41"]
)
def test_a_name_that_can_be_no_hosts_is_down(probe: Probe, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _no_such_name)
    assert probe("lmstudio", lmstudio_host=host).state == "down"


def test_one_that_does_not_answer_hides_none_that_does(probe: Probe) -> None:
    with raw.talking(raw.never_answers) as port, openai_like.serving(lmstudio(LOADED)) as server:
        silent = f"http://127.0.0.1:{port}"
        assert probe("lmstudio", lmstudio_host=server.url, ollama_host=silent).state == "ready"


def test_all_are_asked_side_by_side() -> None:
    together = threading.Barrier(4, timeout=2)
    arrived: list[int] = []

    def page() -> Page:
        arrived.append(together.wait())  # nobody is answered before all four have been asked
        return Page({"error": "no list"}, 401)

    with raw.pages(dict.fromkeys(("/api/v1/models", "/api/tags", "/models"), page)) as server:
        found = probe_runtimes(Settings(**_everywhere(server.url)))
    assert sorted(arrived) == [0, 1, 2, 3]
    assert {runtime.state for runtime in found[:4]} == {"locked"}


# What is no model server, or means ill

NONSENSE = {
    "a web page": Page(b"<!DOCTYPE html><html>Sign in</html>", kind="text/html"),
    "nothing": Page(b""),
    "null": Page(None),
    "a text": Page("models"),
    "a list": Page([{"id": "a"}]),
    "an error": Page({"error": "Unexpected endpoint or method. (GET /api/tags)"}),
    "deep nesting": Page(b'{"models":' + b"[" * 200_000),
    "deep nesting, closed": Page(b'{"models":' + b"[" * 900 + b"]" * 900 + b"}"),
    "broken UTF-8": Page(b'{"models": ["\xff\xfe"]}'),
    "a number without end": Page(b'{"models": ' + b"9" * 5000 + b"}"),
    "a mapping of models": Page({"models": {"0": {"name": "a"}}, "data": {"0": {"id": "a"}}}),
    "a number of models": Page({"models": 3, "data": 3}),
    "nothing but junk": Page({"models": [None, 1, "a", [], {}], "data": [None, 1, "a", [], {}]}),
    "an error status": Page({"models": [], "data": []}, 500),
    "what it says is packed": Page(b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_what_is_no_list_of_models_is_down(what: str) -> None:
    paths = ("/api/v1/models", "/api/v0/models", "/v1/models", "/models", "/api/tags", "/api/ps")
    with raw.pages(dict.fromkeys(paths, NONSENSE[what])) as server:
        found = probe_runtimes(Settings(**_everywhere(server.url)))
    assert [(runtime.state, runtime.models) for runtime in found[:4]] == [("down", ())] * 4
    assert TOKEN not in repr(found)


def test_a_web_page_is_called_one(probe: Probe) -> None:
    with raw.pages({"/api/tags": NONSENSE["a web page"]}) as server:
        assert probe("ollama", ollama_host=server.url).detail == "it answers a web page, so it is no model server"


def test_a_status_that_is_an_error_is_named(probe: Probe) -> None:
    with raw.pages({"/api/tags": NONSENSE["an error status"]}) as server:
        assert probe("ollama", ollama_host=server.url).detail == "it answers HTTP 500"


def test_an_answer_without_an_end_is_cut_off_at_four_mebibytes() -> None:
    with raw.talking(raw.floods) as port:
        found, seconds = _timed(Settings(**_everywhere(f"http://127.0.0.1:{port}")))
    assert seconds < 3
    assert {runtime.detail for runtime in found[:4]} == {"it answers more than 4 MiB"}


def test_what_speaks_no_http_is_down(probe: Probe) -> None:
    with raw.talking(raw.speaks_no_http) as port:
        runtime = probe("ollama", ollama_host=f"http://127.0.0.1:{port}")
    assert (runtime.state, runtime.detail) == ("down", "it breaks off, or speaks no HTTP")


def test_what_is_odd_in_an_entry_is_unknown_and_an_entry_without_a_name_is_left_out() -> None:
    odd = {
        "type": "llm",
        "key": "odd",
        "size_bytes": "2",
        "capabilities": {"vision": "yes"},
        "loaded_instances": [{"id": 3, "config": {"context_length": "4096", "parallel": True}}, None],
    }
    nameless = [{"type": "llm", "key": key} for key in (None, "", 3, ["a"], "a\nb", "\x1b[31mred", "x" * 301)]
    kinds = [{"type": kind, "key": "a"} for kind in (None, [], {}, "tts", 1)]
    assert without_builds(listings.lmstudio_v1({"models": [*nameless, odd, *kinds]})) == (
        ServedModel(id="odd", loaded=True),
    )
    numbers = [10**400, -1, 0, 0.5, float("inf"), float("nan"), "4096", True, None, [], {}]
    for number in numbers:
        entry = {"id": "a", "type": "vlm", "state": "loaded", "loaded_context_length": number}
        assert listings.lmstudio_v0({"data": [entry]}) == (ServedModel(id="a", sees=True, loaded=True),)
    entry = {"id": "a", "type": "vlm", "state": ["loaded"], "loaded_context_length": 4096.0}
    assert without_builds(listings.lmstudio_v0({"data": [entry]})) == (
        ServedModel(id="a", sees=True, context_tokens=4096),
    )


def test_a_list_of_very_many_models_is_read_up_to_two_thousand() -> None:
    assert len(listings.openai_models({"data": [{"id": str(n)} for n in range(3000)]})) == 2000


_NAMES = [
    "models",
    "data",
    "id",
    "key",
    "name",
    "type",
    "capabilities",
    "vision",
    "loaded_instances",
    "config",
    "status",
]
_NAMES += ["details", "families", "architecture", "input_modalities", "meta", "size", "owned_by", "context_length"]
_WORDS = ["llm", "vlm", "embedding", "llamacpp", "loaded", "vision", "image", "a:cloud", "bert", "\ud800", "\x00"]
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(_WORDS) | st.text(max_size=5)
_ANYTHING = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=6),
    max_leaves=25,
)


@given(data=_ANYTHING, more=_ANYTHING)
def test_no_answer_whatever_breaks_the_readers(data: object, more: object) -> None:
    wrapped = {"models": [data, more], "data": [data, more]}
    for read in (listings.lmstudio_v1, listings.lmstudio_v0, listings.openai_models):
        for answer in (data, wrapped):
            try:
                models = read(answer)
            except OddAnswerError:
                continue
            assert all(model.id.isprintable() for model in models)
    for answer in (data, wrapped):
        try:
            tags = listings.ollama_tags(answer)
        except OddAnswerError:
            continue
        for tag in tags:
            model = listings.ollama_model(tag, more, data, parallel=1)
            assert not (model.embedding and model.sees)
    assert listings.llama_cpp_slots(more) is None


# Embedded


@pytest.fixture
def extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded server's package is there, whether or not it is installed."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "xllamacpp.py").write_text("raise AssertionError('looked at, never imported')", "utf-8")
    monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)
    monkeypatch.syspath_prepend(tmp_path / "site")


def _gguf(path: Path, start: bytes = b"GGUF") -> Path:
    path.write_bytes(start + bytes(2**20 - len(start)))
    return path


@pytest.mark.usefixtures("extra")
def test_the_embedded_model_is_ready_when_its_files_and_its_server_are_there(probe: Probe, tmp_path: Path) -> None:
    model, eyes = _gguf(tmp_path / "moondream 2 月.gguf"), _gguf(tmp_path / "mmproj.gguf")
    runtime = probe("embedded", embedded_model=model, embedded_mmproj=eyes)
    assert (runtime.state, runtime.url, runtime.remote, runtime.detail) == ("ready", "", False, "")
    assert without_builds(runtime.models) == (ServedModel(id="moondream 2 月", sees=True, size_gib=2 / 1024),)


def test_no_embedded_model_is_not_set_up(probe: Probe) -> None:
    runtime = probe("embedded")
    assert (runtime.state, runtime.detail) == ("not_set_up", "EMBEDDED_MODEL is not set")


@pytest.mark.usefixtures("extra")
@pytest.mark.parametrize(
    ("model", "eyes", "detail"),
    [
        ("gone.gguf", "eyes.gguf", "EMBEDDED_MODEL: {0}gone.gguf cannot be read (No such file or directory)"),
        ("page.gguf", "eyes.gguf", "EMBEDDED_MODEL: {0}page.gguf is no GGUF file"),
        ("empty.gguf", "eyes.gguf", "EMBEDDED_MODEL: {0}empty.gguf is no GGUF file"),
        ("model.gguf", None, "EMBEDDED_MMPROJ is not set: a model sees through its projector, a second GGUF file"),
        ("model.gguf", "gone.gguf", "EMBEDDED_MMPROJ: {0}gone.gguf cannot be read (No such file or directory)"),
        ("model.gguf", "page.gguf", "EMBEDDED_MMPROJ: {0}page.gguf is no GGUF file"),
    ],
)
def test_what_the_embedded_model_lacks_is_named(
    probe: Probe, tmp_path: Path, model: str, eyes: str | None, detail: str
) -> None:
    for name, start in {"model.gguf": b"GGUF", "eyes.gguf": b"GGUF", "page.gguf": b"<htm"}.items():
        _gguf(tmp_path / name, start)
    (tmp_path / "empty.gguf").touch()
    values = {"embedded_model": tmp_path / model, "embedded_mmproj": eyes and tmp_path / eyes}
    runtime = probe("embedded", **values)
    assert (runtime.state, runtime.models) == ("down", ())
    assert runtime.detail == detail.format(str(tmp_path / "x")[:-1])


@pytest.mark.usefixtures("extra")
def test_a_folder_is_no_model_file(probe: Probe, tmp_path: Path) -> None:
    runtime = probe("embedded", embedded_model=tmp_path)
    assert runtime.state == "down"
    assert runtime.detail.startswith(f"EMBEDDED_MODEL: {tmp_path} cannot be read")


def test_a_missing_extra_is_said_with_the_command_that_mends_it(
    probe: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    runtime = probe("embedded", embedded_model=_gguf(tmp_path / "a"), embedded_mmproj=_gguf(tmp_path / "b"))
    assert runtime.state == "down"
    assert 'pip install "autocut-director[embedded]"' in runtime.detail


def test_a_runtime_can_be_written_and_read_as_json(probe: Probe) -> None:
    with openai_like.serving(lmstudio(LOADED)) as server:
        runtime = probe("lmstudio", lmstudio_host=server.url)
    assert Runtime.model_validate(json.loads(runtime.model_dump_json())) == runtime


def test_a_server_that_went_and_came_back_is_found_again(probe: Probe) -> None:
    with serving_on_loopback(lmstudio(LOADED), path="/v1") as server:
        server.stop()
        assert probe("lmstudio", lmstudio_host=server.url).detail == "refused: nothing listens there"
        server.start()
        assert probe("lmstudio", lmstudio_host=server.url).state == "ready"
