"""Runs that follow one another, run side by side or are killed: nobody is asked twice, and nothing decoded twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import films
import pytest
from langchain_core.runnables import RunnableLambda
from servers import faults
from servers.loopback import Role
from servers.models import Model
from servers.ollama import OllamaServer
from servers.ollama import serving as serving_ollama
from servers.openai_like import Server, describes_the_colour, serving

from autocut_director import DirectorResult, SceneDescription, Settings, build_director, revise
from autocut_director.agent.run import wishing
from autocut_director.agent.toolkit import director_tools
from autocut_director.prompts import builtin_files
from autocut_director.tools.files import read_plan
from autocut_director.tools.frames import Frame
from autocut_director.tools.store.database import ASIDE, FILE
from autocut_director.tools.store.upkeep import holdings
from autocut_director.tools.words.screen_text import ScreenText

WINDOWS = sys.platform == "win32"
NOWHERE = "http://127.0.0.1:9"
TWO = (Model("moondream2", parallel=2), Model("llava-phi-3", parallel=2))


@pytest.fixture
def lmstudio() -> Iterator[Server]:
    with serving(Server(describes_the_colour, models=TWO)) as role:
        yield role


@pytest.fixture
def ollama() -> Iterator[OllamaServer]:
    with serving_ollama(OllamaServer()) as role:
        yield role


def settings_of(*roles: Role, **values: Any) -> Settings:
    hosts = {"lmstudio_host": f"{NOWHERE}/v1", "ollama_host": NOWHERE}
    hosts |= {"ollama_host" if isinstance(role, OllamaServer) else "lmstudio_host": role.url for role in roles}
    return Settings(**{**hosts, **values})


def directed(film: Path, *roles: Role, settings: Mapping[str, Any] | None = None, **options: Any) -> DirectorResult:
    asked = {"video": film, "duration": 3, "planner": "builtin", "no_render": True, **options}
    return build_director(settings_of(*roles, **(settings or {}))).invoke(asked)


def summaries(result: DirectorResult) -> list[str]:
    return [scene.visual.summary for scene in result.scenes if scene.visual]


def asked_in(role: Role, before: int = 0) -> int:
    return len(role.seen) - before


# ---------------------------------------------------------------- what is not asked again


@pytest.mark.parametrize("server", ["lmstudio", "ollama"])
def test_another_wish_asks_nobody_and_costs_nothing(
    film: Path, server: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    role: Role = request.getfixturevalue(server)
    first = directed(film, role, out=tmp_path / "one")
    assert (asked_in(role), first.run.totals.cached) == (5, 0)
    wishes = [{"duration": 5}, {"style": "travel-vlog"}, {"brief": "more of the sea"}, {"aspect": "9:16"}]
    for wish in wishes:
        again = directed(film, role, out=tmp_path / "one", **wish)
        assert asked_in(role) == 5
        assert summaries(again) == summaries(first)
    run = json.loads((tmp_path / "one/run.json").read_text(encoding="utf-8"))
    assert run["totals"]["cached"] == run["totals"]["described"] == 5
    assert (run["totals"]["input_tokens"], run["totals"]["output_tokens"], run["totals"]["cost_usd"]) == (0, 0, 0.0)
    scene, frames = run["scenes"][0], first.run.scenes[0].frames
    assert (scene["cached"], scene["rung"], scene["seconds"], scene["frames"]) == (True, "schema", 0.0, frames)
    assert (scene["backend"], scene["input_tokens"], scene["cost_usd"]) == (server, 0, 0.0)
    assert [attempt["outcome"] for attempt in scene["attempts"]] == ["cached"]
    assert not run["degraded"]


def test_a_warm_run_does_not_open_the_film(film: Path, lmstudio: Server, tmp_path: Path, monkeypatch: Any) -> None:
    first = directed(film, lmstudio, out=tmp_path / "cut")
    monkeypatch.setattr(av, "open", None)
    again = directed(film, lmstudio, out=tmp_path / "cut", duration=4)
    assert again.scenes == first.scenes
    assert all(scene.signals for scene in again.scenes)
    assert "data:image/jpeg" in again.files["storyboard"].read_text(encoding="utf-8")
    made = revise(again, "shorter", out=tmp_path / "cut/rev-1", director=build_director(settings_of(lmstudio)))
    assert made.result.files["storyboard"].exists()
    given = first.files["scenes"]
    assert directed(film, lmstudio, scenes=given).run.totals.cached == 5
    assert asked_in(lmstudio) == 5


def test_a_copy_under_another_name_is_the_same_film(film: Path, lmstudio: Server, tmp_path: Path) -> None:
    copy = tmp_path / "假期 holiday.mp4"
    copy.write_bytes(film.read_bytes())
    directed(film, lmstudio)
    again = directed(copy, lmstudio, out=tmp_path / "cut")
    assert asked_in(lmstudio) == 5
    assert again.plan.media.primary_clip_path == str(copy)
    assert again.run.video is not None
    assert again.run.video["path"] == str(copy)


def test_the_rung_that_gave_an_answer_is_remembered(film: Path, lmstudio: Server) -> None:
    lmstudio.fault = faults.prose
    first = directed(film, lmstudio)
    seen = asked_in(lmstudio)
    again = directed(film, lmstudio)
    assert asked_in(lmstudio) == seen
    assert {scene.rung for scene in [*first.run.scenes, *again.run.scenes]} == {"text"}
    assert summaries(again) == summaries(first)


def test_a_cold_model_is_not_loaded_for_what_is_remembered(film: Path, lmstudio: Server) -> None:
    lmstudio.shelf.unload()
    directed(film, lmstudio)
    assert len(lmstudio.shelf.loads) == 1
    lmstudio.shelf.unload()
    directed(film, lmstudio)
    assert len(lmstudio.shelf.loads) == 1


def test_text_in_pictures_is_read_once(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    class Reader:
        def read(self, frames: Sequence[Frame]) -> ScreenText:
            read.append(frames[0].index)
            return ScreenText("出口 EXIT", 0.25)

    monkeypatch.setattr(wishing, "ScreenReader", Reader)
    for _ in range(2):
        result = directed(film, vision="builtin", read_text=True)
        assert {scene.signals.text for scene in result.scenes if scene.signals} == {"出口 EXIT"}
    assert len(read) == 5


def test_an_agents_tools_remember_too(film: Path, lmstudio: Server, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "film.mp4").write_bytes(film.read_bytes())
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        tools = {tool.name: tool for tool in director_tools(settings_of(lmstudio), workspace=tmp_path)}
        tools["detect_scenes"].invoke({"video": "film.mp4"})
        tools["describe_scenes"].invoke({"scenes": "scenes.json"})
    assert asked_in(lmstudio) == 5


# ---------------------------------------------------------------- what is asked anew


def test_another_question_is_asked_anew(film: Path, lmstudio: Server, tmp_path: Path) -> None:
    own = tmp_path / "prompts"
    own.mkdir()
    ours = builtin_files()["describe_scene"].read_text(encoding="utf-8")
    (own / "describe_scene.md").write_text(f"{ours}\nBe brief.\n", encoding="utf-8")
    directed(film, lmstudio)
    for changed in ({"prompts": own}, {"model": "llava-phi-3"}, {"frames_per_scene": 2}, {"language": "zh"}):
        before = asked_in(lmstudio)
        result = directed(film, lmstudio, **changed)
        assert (asked_in(lmstudio, before), result.run.totals.cached) == (5, 0), changed
        assert directed(film, lmstudio, **changed).run.totals.cached == 5


def test_another_model_under_the_same_name_is_asked_anew(film: Path) -> None:
    for digest in ("8d3c", "ffff"):
        with serving_ollama(OllamaServer(models=(Model("moondream:latest", digest=digest),))) as role:
            directed(film, role)
            assert asked_in(role) == 5
    for size in (2**30, 2**31):
        with serving(Server(describes_the_colour, models=(Model("moondream2", size_bytes=size),))) as role:
            directed(film, role)
            assert asked_in(role) == 5


def test_the_same_model_on_another_server_is_not(film: Path) -> None:
    for expected in (5, 0):
        with serving(Server(describes_the_colour)) as role:  # on a port of its own
            directed(film, role)
            assert asked_in(role) == expected


def test_a_model_of_which_nothing_is_told_is_known_by_its_server(film: Path) -> None:
    for _ in range(2):
        with serving(Server(describes_the_colour, models=("moondream2",), generation="0.2")) as role:
            directed(film, role, settings={"lmstudio_model": "moondream2"})
            directed(film, role, settings={"lmstudio_model": "moondream2"})
            assert asked_in(role) == 1 + 5  # a model that may be cold is warmed up, once


def test_what_another_answered_hides_no_better_one(film: Path, lmstudio: Server, ollama: OllamaServer) -> None:
    lmstudio.shelf.models = {"moondream2": Model("moondream2", parallel=1)}
    lmstudio.fault = [None, None, faults.dies()]
    first = directed(film, lmstudio, ollama)
    assert Counter(scene.backend for scene in first.run.scenes) == {"lmstudio": 2, "ollama": 3}
    lmstudio.fault, before = None, asked_in(lmstudio)
    lmstudio.start()
    again = directed(film, lmstudio, ollama)
    assert {scene.backend for scene in again.run.scenes} == {"lmstudio"}
    assert (asked_in(lmstudio, before), again.run.totals.cached) == (3, 2)
    lmstudio.stop()
    assert directed(film, ollama).run.totals.cached == 3


def test_what_failed_is_asked_anew_and_builtin_is_not_remembered(film: Path, lmstudio: Server) -> None:
    lmstudio.fault = faults.broken
    degraded = directed(film, lmstudio)
    assert {scene.backend for scene in degraded.run.scenes} == {"builtin"}
    lmstudio.fault = None
    again = directed(film, lmstudio)
    assert {scene.backend for scene in again.run.scenes} == {"lmstudio"}
    assert again.run.totals.cached == 0
    assert not again.run.degraded


def test_a_callers_own_eyes_are_asked_each_time(film: Path) -> None:
    seen: list[str] = []

    def look(shot: Any) -> SceneDescription:
        seen.append(shot.scene.scene_id)
        return SceneDescription(summary="mine")

    for _ in range(2):
        director = build_director(settings_of(), vision=RunnableLambda(look))
        director.invoke({"video": film, "planner": "builtin"})
    assert len(seen) == 10


def test_no_cache_neither_reads_nor_writes(film: Path, lmstudio: Server) -> None:
    folder = Settings().cache_dir
    directed(film, lmstudio, no_cache=True)
    assert not folder.exists()
    directed(film, lmstudio)
    held = holdings(folder)
    assert directed(film, lmstudio, no_cache=True, frames_per_scene=2).run.totals.cached == 0
    assert directed(film, lmstudio, no_cache=True).run.totals.cached == 0
    assert holdings(folder).entries == held.entries
    assert asked_in(lmstudio) == 20


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "What earlier runs kept cannot be read (file is not"), ("zh", "以前保存的内容无法读取")],
)
def test_a_store_that_cannot_be_read_is_set_aside_and_said(
    film: Path, lmstudio: Server, language: str, said: str
) -> None:
    folder = Settings().cache_dir
    folder.mkdir()
    (folder / FILE).write_bytes(b"rubbish" * 1000)
    result = directed(film, lmstudio, language=language)
    (warning,) = result.run.warnings
    assert said in warning
    assert str(folder / ASIDE) in warning
    assert directed(film, lmstudio, language=language).run.totals.cached == 5


def test_a_run_goes_on_without_a_store(film: Path, lmstudio: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for _ in range(2):
        result = directed(film, lmstudio, settings={"cache_dir": tmp_path / "file"})
        (warning,) = result.run.warnings
        assert "cannot be used" in warning
        assert result.run.totals.described == 5
    assert asked_in(lmstudio) == 10


def test_an_agent_is_told_that_nothing_is_kept(film: Path, lmstudio: Server, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(film.read_bytes())
    settings = settings_of(lmstudio, cache_dir=tmp_path / "film.mp4")
    tools = {tool.name: tool for tool in director_tools(settings, workspace=tmp_path)}
    tools["detect_scenes"].invoke({"video": "film.mp4"})
    said = [tools["describe_scenes"].invoke({"scenes": "scenes.json"}) for _ in range(2)]
    assert ["so nothing is kept" in told for told in said] == [True, False]


def test_nothing_in_it_tells_a_key_or_a_path(film: Path) -> None:
    key = "sk-very-secret"
    role = Server(describes_the_colour, token=key, models=("gpt-4o",), dialect="openai")
    with serving(role):
        directed(film, role, settings={"openai_api_key": key, "openai_base_url": role.url}, force_cloud=True)
    assert asked_in(role) == 5
    data = b"".join(file.read_bytes() for file in Settings().cache_dir.iterdir())
    assert b"a blue picture" in data
    for secret in (key, str(film), film.stem, role.url):
        assert secret.encode() not in data


# ---------------------------------------------------------------- killed, and side by side


_FORKS = """
import json, os, signal, sys
import openai  # what a run loads late
from autocut_director import Settings, build_director
from autocut_director.agent.backends import ChatLMStudio, translation
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        build_director(Settings(**json.loads(line)["settings"])).invoke(json.loads(line)["options"])
        os._exit(0)
    print(child, flush=True)
"""
"""A process that has loaded all that a run needs, and starts one as a process of its own for each line it reads."""


class Forks:
    """Starts runs as processes that need not load anything first."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def start(self, settings: Mapping[str, Any], **options: Any) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"settings": settings, "options": options}), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


@contextmanager
def forking() -> Iterator[Forks]:
    command = [sys.executable, "-c", _FORKS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Forks(process)
        assert process.stdin is not None
        process.stdin.close()


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(process: int) -> None:
    deadline = time.monotonic() + 60
    while alive(process):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of twelve scenes."""
    return films.make_film(tmp_path_factory.mktemp("twelve") / "twelve.mp4", shots=[12] * 12, sound=False)


def wished(film: Path, out: Path) -> dict[str, Any]:
    asked = {"video": str(film), "out": str(out), "duration": 3, "max_scenes": 0}
    return {**asked, "planner": "builtin", "no_render": True}


def run_in(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


@pytest.mark.skipif(WINDOWS, reason="Windows has no SIGKILL and no fork")
def test_a_run_that_is_killed_again_and_again_asks_only_what_was_not_answered(
    twelve: Path, lmstudio: Server, tmp_path: Path
) -> None:
    kills, draw = 10, random.Random(7)
    lmstudio.fault = faults.slow(0.1)
    settings = {"lmstudio_host": lmstudio.url, "ollama_host": NOWHERE, "cache_dir": str(tmp_path / "store")}
    asked = wished(twelve, tmp_path / "out")
    with forking() as forks:
        for _ in range(kills):
            run, until = forks.start(settings, **asked), asked_in(lmstudio) + draw.randint(0, 3)
            while asked_in(lmstudio) < until and alive(run):
                time.sleep(0.005)
            time.sleep(draw.uniform(0, 0.2))
            if alive(run):
                os.kill(run, signal.SIGKILL)
            wait_for(run)
        wait_for(forks.start(settings, **asked))
    run = run_in(tmp_path / "out")
    assert (run["status"], run["totals"]["described"], run["warnings"]) == ("done", 12, [])
    assert {scene["backend"] for scene in run["scenes"]} == {"lmstudio"}
    assert 12 <= asked_in(lmstudio) <= 12 + kills * 2
    lmstudio.fault = None
    alone = build_director(Settings(**{**settings, "cache_dir": tmp_path / "other"}))
    assert read_plan(tmp_path / "out/plan.json") == alone.invoke({**asked, "out": tmp_path / "alone"}).plan


@pytest.mark.skipif(WINDOWS, reason="Windows has no fork")
def test_two_runs_on_one_film_at_once_share_the_store(twelve: Path, lmstudio: Server, tmp_path: Path) -> None:
    lmstudio.fault = faults.slow(0.05)
    settings = {"lmstudio_host": lmstudio.url, "ollama_host": NOWHERE, "cache_dir": str(tmp_path / "store")}
    folders = [tmp_path / "a", tmp_path / "b"]
    with forking() as forks:
        for run in [forks.start(settings, **wished(twelve, folder)) for folder in folders]:
            wait_for(run)
    for folder in folders:
        run = run_in(folder)
        assert (run["status"], run["warnings"], run["totals"]["described"]) == ("done", [], 12)
    assert read_plan(folders[0] / "plan.json") == read_plan(folders[1] / "plan.json")
    held = holdings(tmp_path / "store")
    assert held.entries == {"film": 1, "scenes": 1, "still": 36, "signals": 12, "description": 12, "rate": 1}
