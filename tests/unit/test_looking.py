"""The director over model servers: who looked and why, what left the machine, what stood in: all in the account."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from servers import faults
from servers.models import Model
from servers.ollama import OllamaServer
from servers.ollama import serving as serving_ollama
from servers.openai_like import Server, describes_the_colour, serving

from autocut_director.agent.director import build_director
from autocut_director.agent.run.stages import DirectorResult
from autocut_director.agent.settings import Settings
from autocut_director.errors import BackendError, DegradedError, NoBackendError

NOWHERE = "http://127.0.0.1:9"
KEY = "sk-made-up"


@pytest.fixture
def lmstudio() -> Iterator[Server]:
    with serving(Server(describes_the_colour, models=(Model("moondream2", parallel=1),))) as role:
        yield role


@pytest.fixture
def ollama() -> Iterator[OllamaServer]:
    with serving_ollama(OllamaServer()) as role:
        yield role


@pytest.fixture
def openai() -> Iterator[Server]:
    role = Server(describes_the_colour, token=KEY, models=("gpt-4o",), dialect="openai")
    with serving(role) as running:
        yield running


def elsewhere(url: str) -> str:
    """The same server under a name that does not say that it is here."""
    return url.replace("127.0.0.1", "127.1")


class Told(BaseCallbackHandler):
    """What a person is told while the director works."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def on_custom_event(self, name: str, data: Mapping[str, Any], **_: object) -> None:
        if name in {"warning", "notice", "crossing"}:
            self.messages.append(data["message"])


def directed(film: Path, told: Told | None = None, /, *, servers: Mapping[str, Any], **options: Any) -> DirectorResult:
    settings = Settings(**{"lmstudio_host": f"{NOWHERE}/v1", "ollama_host": NOWHERE, **servers})
    asked = {"video": film, "duration": 3, "planner": "builtin", "no_render": True, **options}
    return build_director(settings).invoke(asked, {"callbacks": [told] if told else []})


def lookers(result: DirectorResult) -> Counter[str]:
    return Counter(scene.backend for scene in result.run.scenes)


def test_the_account_says_who_looked_and_why(film: Path, lmstudio: Server, tmp_path: Path) -> None:
    told = Told()
    result = directed(film, told, servers={"lmstudio_host": lmstudio.url}, out=tmp_path)
    run = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert told.messages[0] == "Nothing leaves this machine."
    assert run["policy"]["vision"][0]["backend"] == "lmstudio"
    assert run["policy"]["decisions"]["vision"]["by"] == "policy"
    assert [runtime["state"] for runtime in run["profile"]["runtimes"][:2]] == ["ready", "down"]
    names = {"describe_scene", "describe_plain", "repair_description", "contact_picture"}
    assert {prompt["name"] for prompt in run["prompts"]} == names
    first = run["scenes"][0]
    assert (first["backend"], first["model"], first["rung"], first["frames"]) == ("lmstudio", "moondream2", "schema", 3)
    assert first["attempts"][0]["outcome"] == "answered"
    assert first["input_tokens"] > 0
    assert (run["totals"]["cost_usd"], run["degraded"], run["warnings"]) == (0.0, False, [])
    assert [scene.visual.summary for scene in result.scenes if scene.visual][:2] == [
        "a blue picture",
        "a green picture",
    ]


def test_who_fell_back_on_whom_is_a_warning(film: Path, lmstudio: Server, ollama: OllamaServer) -> None:
    lmstudio.fault = [None, None, faults.dies()]
    result = directed(film, servers={"lmstudio_host": lmstudio.url, "ollama_host": ollama.url})
    assert lookers(result) == {"lmstudio": 2, "ollama": 3}
    (warning,) = result.run.warnings
    assert warning == "3 of 5 scenes were described by Ollama, since: LM Studio: the connection failed"
    assert not result.run.degraded


def test_builtin_that_stands_in_makes_the_run_degraded(film: Path, lmstudio: Server) -> None:
    lmstudio.fault = [None, None, faults.dies()]
    result = directed(film, servers={"lmstudio_host": lmstudio.url})
    (cause,) = result.run.causes
    assert cause.startswith("builtin stood in for 3 of 5 scenes; S000")
    assert cause.endswith(": LM Studio: the connection failed")
    assert lookers(result) == {"lmstudio": 2, "builtin": 3}
    lmstudio.start()
    lmstudio.fault = faults.broken
    with pytest.raises(DegradedError, match="builtin stood in for 3 of 5 scenes"):  # the other two are remembered
        directed(film, servers={"lmstudio_host": lmstudio.url}, strict=True)
    with pytest.raises(DegradedError, match="builtin stood in for 5 of 5 scenes"):
        directed(film, servers={"lmstudio_host": lmstudio.url}, strict=True, no_cache=True)


@pytest.mark.parametrize("backend", ["lmstudio", "ollama", "openai", "embedded"])
def test_a_backend_that_was_asked_for_and_is_not_there_is_status_3(film: Path, backend: str, tmp_path: Path) -> None:
    with pytest.raises(NoBackendError, match=r"No vision backend can be used\. .* To mend it: "):
        directed(film, servers={}, vision=backend, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_backend_that_was_asked_for_and_gives_out_half_way_is_status_3(
    film: Path, lmstudio: Server, tmp_path: Path
) -> None:
    lmstudio.fault = [None, None, faults.dies()]
    with pytest.raises(BackendError, match=r"--vision lmstudio failed for good at S000\d: LM Studio: the connection"):
        directed(film, servers={"lmstudio_host": lmstudio.url}, vision="lmstudio", out=tmp_path)
    run = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert run["status"] == "failed"
    assert "failed for good" in run["error"]
    assert sum(scene["status"] == "described" for scene in run["scenes"]) == 2


def test_a_scene_with_a_useless_answer_is_loud_and_stops_nothing(film: Path, lmstudio: Server) -> None:
    lmstudio.fault = [None, faults.declines]
    result = directed(film, servers={"lmstudio_host": lmstudio.url}, vision="lmstudio")
    assert Counter(scene.status for scene in result.scenes) == {"described": 4, "failed": 1}
    (cause,) = result.run.causes
    assert cause.startswith("1 of 5 scenes could not be described; S000")
    assert "LM Studio: the model declined" in cause


# ---------------------------------------------------------------- what leaves


def test_what_goes_to_another_machine_is_said_before_anything_is_sent(film: Path, lmstudio: Server) -> None:
    told = Told()
    directed(film, told, servers={"lmstudio_host": elsewhere(lmstudio.url)})
    assert told.messages[0] == "Frames of the film go to 127.1 (LM Studio, moondream2)."
    assert len(lmstudio.seen) == 5


@pytest.mark.parametrize(
    ("settings", "options"),
    [({"allow_cloud": False}, {}), ({"use_local_vision": True}, {}), ({}, {"force_local": True})],
    ids=["ALLOW_CLOUD=false", "USE_LOCAL_VISION=true", "--force-local"],
)
def test_without_consent_no_frame_leaves(
    film: Path, lmstudio: Server, openai: Server, settings: dict[str, Any], options: dict[str, Any]
) -> None:
    cloud = {"openai_api_key": KEY, "openai_base_url": elsewhere(openai.url)}
    told = Told()
    result = directed(film, told, servers={"lmstudio_host": elsewhere(lmstudio.url), **cloud, **settings}, **options)
    assert lmstudio.seen == openai.seen == []
    assert told.messages[0] == "Nothing leaves this machine."
    assert {scene.backend for scene in result.run.scenes} == {"builtin"}


def test_a_fall_back_that_crosses_the_line_is_said_when_it_does(film: Path, lmstudio: Server, openai: Server) -> None:
    lmstudio.fault = [None, None, faults.dies()]
    told = Told()
    cloud = {"openai_api_key": KEY, "openai_base_url": elsewhere(openai.url)}
    result = directed(film, told, servers={"lmstudio_host": lmstudio.url, **cloud})
    said = "If nothing on this machine can look, frames of the film go to 127.1 (OpenAI, gpt-4o)."
    first, crossing = told.messages
    assert first == said
    assert crossing.startswith("From now on frames leave this machine, to 127.1 (OpenAI), since: LM Studio: ")
    assert crossing.endswith("the connection failed")  # of this scene, or of the one before it, which came second
    assert result.run.warnings[0] == crossing
    assert lookers(result) == {"lmstudio": 2, "openai": 3}
    assert all((scene.cost_usd or 0.0) > 0 for scene in result.run.scenes if scene.backend == "openai")
    assert {scene.cost_usd for scene in result.run.scenes if scene.backend == "lmstudio"} == {0.0}
    assert KEY not in result.run.model_dump_json()


def test_local_hosts_are_ones_own(film: Path, lmstudio: Server) -> None:
    told = Told()
    servers = {"lmstudio_host": elsewhere(lmstudio.url), "local_hosts": "127.1", "allow_cloud": False}
    result = directed(film, told, servers=servers)
    assert told.messages[0] == "Nothing leaves this machine."
    assert {scene.backend for scene in result.run.scenes} == {"lmstudio"}


# ---------------------------------------------------------------- several servers of one kind


@pytest.fixture
def second() -> Iterator[Server]:
    with serving(Server(describes_the_colour, models=(Model("moondream2", parallel=2),))) as role:
        yield role


def hosts_of(result: DirectorResult) -> Counter[str]:
    """How many scenes each server described."""
    attempts = [attempt for scene in result.run.scenes for attempt in scene.attempts]
    return Counter(attempt["host"] for attempt in attempts if attempt["outcome"] == "answered")


def test_the_account_says_which_server_described_which_scene(
    film: Path, lmstudio: Server, second: Server, tmp_path: Path
) -> None:
    lmstudio.fault = second.fault = faults.slow(0.1)
    result = directed(film, servers={"lmstudio_host": f"{lmstudio.url},{second.url}"}, out=tmp_path)
    run = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert [route["url"] for route in run["policy"]["vision"][:2]] == [lmstudio.url, second.url]
    assert run["policy"]["decisions"]["parallel"]["why"] == "2 servers, 3 places"
    told = hosts_of(result)
    assert told == {role.url.split("/")[2]: len(role.seen) for role in (lmstudio, second)}
    assert sum(told.values()) == 5
    assert (result.run.warnings, result.run.degraded) == ((), False)


def test_a_server_that_fails_while_others_go_on_is_a_warning(film: Path, lmstudio: Server, second: Server) -> None:
    lmstudio.fault = faults.locked
    result = directed(film, servers={"lmstudio_host": f"{lmstudio.url},{second.url}"})
    assert lookers(result) == {"lmstudio": 5}
    (warning,) = result.run.warnings
    host = lmstudio.url.split("/")[2]
    assert warning == (
        f"LM Studio at {host} failed at 1 of 5 scenes, which others of its kind took over: "
        "it refuses the key (HTTP 401)"
    )
    assert not result.run.degraded


def test_a_remote_server_of_a_pool_is_said_before_anything_is_sent(
    film: Path, lmstudio: Server, second: Server
) -> None:
    lmstudio.fault = second.fault = faults.slow(0.1)
    told = Told()
    result = directed(film, told, servers={"lmstudio_host": f"{lmstudio.url},{elsewhere(second.url)}"})
    assert told.messages == ["Frames of the film go to 127.1 (LM Studio, moondream2)."]
    assert min(len(lmstudio.seen), len(second.seen)) > 0
    assert lookers(result) == {"lmstudio": 5}


@pytest.mark.parametrize(
    ("settings", "options"),
    [({"allow_cloud": False}, {}), ({"use_local_vision": True}, {}), ({}, {"force_local": True})],
    ids=["ALLOW_CLOUD=false", "USE_LOCAL_VISION=true", "--force-local"],
)
def test_without_consent_only_the_local_servers_of_a_pool_look(
    film: Path, lmstudio: Server, second: Server, settings: dict[str, Any], options: dict[str, Any]
) -> None:
    told = Told()
    hosts = f"{elsewhere(second.url)},{lmstudio.url}"
    result = directed(film, told, servers={"lmstudio_host": hosts, **settings}, **options)
    assert told.messages[0] == "Nothing leaves this machine."
    assert (len(lmstudio.seen), second.seen) == (5, [])
    assert lookers(result) == {"lmstudio": 5}


def test_crossing_to_the_remote_server_of_a_second_pool_is_said_when_it_happens(
    film: Path, lmstudio: Server, ollama: OllamaServer
) -> None:
    lmstudio.fault = faults.locked
    told = Told()
    hosts = f"{elsewhere(ollama.url)},{NOWHERE}"
    directed(film, told, servers={"lmstudio_host": lmstudio.url, "ollama_host": hosts})
    first, crossing, *_ = told.messages
    assert first == "If nothing on this machine can look, frames of the film go to 127.1 (Ollama, moondream:latest)."
    assert crossing.startswith("From now on frames leave this machine, to 127.1 (Ollama), since: LM Studio: ")
    assert crossing.endswith("it refuses the key (HTTP 401)")  # of this scene, or of the one before it


def test_tracing_is_said_aloud(film: Path) -> None:
    told = Told()
    directed(film, told, servers={"langsmith_tracing": True}, vision="builtin")
    assert "LangSmith tracing is on" in told.messages[0]


def test_it_speaks_chinese_about_what_leaves(film: Path, lmstudio: Server) -> None:
    told = Told()
    directed(film, told, servers={"lmstudio_host": elsewhere(lmstudio.url)}, language="zh")
    assert told.messages[0] == "影片画面将发送到 127.1(LM Studio,moondream2)。"
    prompt = lmstudio.seen[0].body["messages"][0]["content"][0]["text"]
    assert "简体中文" in prompt


# ---------------------------------------------------------------- how many


def test_more_scenes_than_are_looked_at_are_chosen_to_cover_the_film(film: Path, lmstudio: Server) -> None:
    result = directed(film, servers={"lmstudio_host": lmstudio.url}, max_scenes=2)
    assert [scene.status for scene in result.scenes].count("described") == 2
    assert result.scenes[0].status == "not_selected" or result.scenes[1].status == "not_selected"
    assert all(scene.signals for scene in result.scenes)
    assert len(lmstudio.seen) == 2


def test_a_model_that_is_named_is_the_one_that_looks(film: Path) -> None:
    both = Server(describes_the_colour, models=(Model("moondream2"), Model("qwen2-vl-7b", loaded=False)))
    with serving(both) as role:
        result = directed(film, servers={"lmstudio_host": role.url}, model="qwen2-vl-7b")
        assert {scene.model for scene in result.run.scenes} == {"qwen2-vl-7b"}
        assert {seen.body["model"] for seen in role.seen} == {"qwen2-vl-7b"}
        with pytest.raises(NoBackendError, match=r"psychic \(--model\) is not on it; it has: moondream2, qwen2-vl-7b"):
            directed(film, servers={"lmstudio_host": role.url}, model="psychic", vision="lmstudio")
