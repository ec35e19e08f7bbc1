"""The doctor: what is here, who decided, what mends it; five checks really done; a .env from what was found."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values
from engine import MMPROJ, MODEL
from profiles import MOONDREAM, embedded, lmstudio, machine, ollama, openai, settings
from servers import faults
from servers.models import Model
from servers.ollama import OllamaServer
from servers.ollama import serving as serving_ollama
from servers.openai_like import Server, describes_the_colour, serving

from autocut_director.agent import doctor as module
from autocut_director.agent.doctor import Check, Report, check_up, env_lines, examine
from autocut_director.agent.policy.routes import Forced
from autocut_director.agent.servers.probing import ServedModel
from autocut_director.agent.settings import Settings


@pytest.fixture
def served() -> Iterator[Server]:
    with serving(Server(describes_the_colour)) as role:
        yield role


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "autocut_director", "doctor", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        check=False,
        env={**os.environ, "COLUMNS": "200", **environment},
    )


# ---------------------------------------------------------------- the command


def test_with_nothing_set_up_the_main_job_still_runs_and_every_mend_is_said(tmp_path: Path) -> None:
    ended = run(cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    for said in (
        "LM Studio           no server answers at http://127.0.0.1:9/v1",
        "start its server: `lms server start`",
        "start it: `ollama serve`",
        "OPENAI_API_KEY is not set",
        "put your key into .env",
        "Nothing leaves this machine.",
        "The main job can run as asked. Builtin looks",
    ):
        assert said in ended.stdout
    assert ended.stderr == ""


def test_json_is_on_stdout_alone_and_holds_no_key(tmp_path: Path, served: Server) -> None:
    keys = {"LM_API_TOKEN": "tok-secret", "DEEPSEEK_API_KEY": ""}
    ended = run("--json", cwd=tmp_path, LMSTUDIO_HOST=served.url, **keys)
    report = json.loads(ended.stdout)
    assert report["schema"] == "doctor.v1"
    assert report["policy"]["vision"][0]["backend"] == "lmstudio"
    assert report["policy"]["decisions"]["vision"]["by"] == "policy"
    assert {runtime["name"] for runtime in report["profile"]["runtimes"]} >= {"lmstudio", "ollama", "openai"}
    assert "tok-secret" not in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("environment", "arguments", "said"),
    [
        ({"LOCAL_VISION_PROVIDER": "ollama"}, (), "The main job cannot run as asked: Ollama: no server answers"),
        ({"USE_LOCAL_VISION": "true"}, (), "cannot run as asked"),
        ({}, ("--vision", "openai"), "OPENAI_API_KEY is not set"),
        ({}, ("--force-local",), "cannot run as asked"),
    ],
)
def test_status_3_when_what_was_asked_for_cannot_be(
    tmp_path: Path, environment: dict[str, str], arguments: tuple[str, ...], said: str
) -> None:
    ended = run(*arguments, cwd=tmp_path, **environment)
    assert ended.returncode == 3
    assert said in ended.stdout


def test_the_check_up_really_asks_in_order_and_says_rung_and_tokens(tmp_path: Path, served: Server) -> None:
    before = len(served.seen)
    ended = run("--probe", cwd=tmp_path, LMSTUDIO_HOST=served.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    lines = ended.stdout.splitlines()[:5]
    assert all(line.startswith(f"ok   {name} ") for line, name in zip(lines, module._CHECKS, strict=True))
    assert all(" s  " in line for line in lines)
    assert "LM Studio, moondream2, rung schema, " in lines[3]
    assert "tokens: a blue picture" in lines[3]
    assert len(served.seen) == before + 2


def test_an_env_is_written_from_what_was_found_and_never_over_another(tmp_path: Path, served: Server) -> None:
    ended = run("--write-env", cwd=tmp_path, LMSTUDIO_HOST=served.url, OPENAI_API_KEY="")
    assert ended.returncode == 0, ended.stderr
    found = dotenv_values(tmp_path / ".env")
    assert found["LOCAL_VISION_PROVIDER"] == "lmstudio"
    assert (found["LMSTUDIO_HOST"], found["LMSTUDIO_MODEL"]) == (served.url, "moondream2")
    again = run("--write-env", cwd=tmp_path, LMSTUDIO_HOST=served.url)
    assert again.returncode == 2
    assert "is there already" in again.stderr
    assert dotenv_values(tmp_path / ".env") == found


def test_what_was_written_leads_to_the_same_decision(tmp_path: Path, served: Server) -> None:
    run("--write-env", cwd=tmp_path, LMSTUDIO_HOST=served.url)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LMSTUDIO", "LOCAL_"))}
    ended = subprocess.run(
        [sys.executable, "-m", "autocut_director", "doctor", "--json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
        env=clean,
    )
    policy = json.loads(ended.stdout)["policy"]
    assert (policy["vision"][0]["backend"], policy["vision"][0]["model"]) == ("lmstudio", "moondream2")
    assert policy["decisions"]["model"] == {"value": "moondream2", "by": "settings", "why": "LMSTUDIO_MODEL"}


# ---------------------------------------------------------------- several servers of one kind


@pytest.fixture
def several() -> Iterator[list[Server]]:
    """Two that have the model, with three places, and one that has another."""
    stocks = [Model("moondream2", parallel=1), Model("moondream2", parallel=2), Model("qwen2-vl-7b", loaded=False)]
    with ExitStack() as stack:
        yield [stack.enter_context(serving(Server(describes_the_colour, models=(model,)))) for model in stocks]


def test_each_server_of_a_pool_has_its_line_and_one_that_cannot_look_its_mend(
    tmp_path: Path, several: list[Server]
) -> None:
    first, second, third = (role.url for role in several)
    down = "http://127.0.0.1:9/v1"
    ended = run(cwd=tmp_path, LMSTUDIO_HOST=f"{first}, {second},{third} , {down}")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    lines = ended.stdout.splitlines()
    for url, state in ((first, "ready"), (second, "ready"), (third, "up, not loaded yet"), (down, "down")):
        assert any(line.startswith(f"LM Studio {url}  ") and state in line for line in lines), url
    assert any(line.startswith("parallel") and "3 " in line and "2 servers, 3 places" in line for line in lines)
    assert "Who looks: LM Studio (moondream2, 2 servers) → builtin (pixels-1)" in lines
    assert f"{third} has no moondream2, with which the others look" in ended.stdout
    assert "`lms get moondream2`" in ended.stdout
    assert f"no server answers at {down}" in ended.stdout


def test_servers_that_are_left_out_of_a_pool_are_problems_that_stop_nothing(several: list[Server]) -> None:
    report = examine(settings(**hosts(LMSTUDIO_HOST=",".join(role.url for role in several))))
    (problem,) = report.problems
    assert problem.what == f"LM Studio: {several[2].url} has no moondream2, with which the others look"
    assert "`lms get moondream2`" in problem.mend
    assert report.healthy


def test_the_check_up_asks_every_server_of_the_pool_and_names_the_one_that_fails(several: list[Server]) -> None:
    several[0].fault = faults.blank
    checks = checked(hosts(LMSTUDIO_HOST=",".join(role.url for role in several[:2])))
    names = [f"LM Studio at {role.url.split('/')[2]}" for role in several]
    assert [check.ok for check in checks] == [True] * 5
    assert checks[2].said.startswith("LM Studio, moondream2, 2 servers, 3 places: ")
    assert f"{names[0]} failed: LM Studio: the answer is blank" in checks[3].said
    assert f"{names[1]}: LM Studio, moondream2, rung schema" in checks[3].said
    several[1].fault = faults.blank
    checks = checked(hosts(LMSTUDIO_HOST=",".join(role.url for role in several[:2])))
    assert [check.ok for check in checks] == [True, True, True, False, None]
    assert all(f"{name} failed" in checks[3].said for name in names[:2])


def test_an_env_of_a_pool_is_read_back_as_the_same_pool(several: list[Server]) -> None:
    known = settings(**hosts(LMSTUDIO_HOST=",".join(role.url for role in several[:2])))
    found = dotenv_values(stream=StringIO(env_lines(examine(known), known)))
    assert found["LMSTUDIO_HOST"] == f"{several[0].url},{several[1].url}"
    assert Settings.from_env({name: value for name, value in found.items() if value}).lmstudio_hosts == (
        several[0].url,
        several[1].url,
    )


# ---------------------------------------------------------------- problems and their mends


@pytest.mark.parametrize(
    ("values", "said", "mend", "stops"),
    [
        ({"LANGSMITH_TRACING": "true"}, "LangSmith tracing is on", "LANGSMITH_TRACING=false", False),
        ({"LANGCHAIN_TRACING_V2": "true"}, "LangSmith tracing is on", "LANGSMITH_TRACING=false", False),
        (
            {"DEEPSEEK_MODEL": "deepseek-chat", "DEEPSEEK_API_KEY": "x"},
            "deepseek-chat: it was retired on 2026-07-24",
            "DEEPSEEK_MODEL=deepseek-flash",
            True,
        ),
        ({"LOCAL_VISION_PROVIDER": "ollama"}, "LOCAL_VISION_PROVIDER=ollama cannot be used", "ollama serve", True),
    ],
)
def test_what_is_wrong_and_what_mends_it(values: dict[str, str], said: str, mend: str, stops: bool) -> None:
    report = examine(settings(**values), profile=machine(runtimes=(lmstudio(),)))
    (problem,) = report.problems
    assert said in problem.what
    assert mend in problem.mend
    assert problem.stops is stops
    assert report.healthy is not stops


def test_a_model_that_will_be_retired_is_a_warning_until_its_day() -> None:
    own = settings(OPENAI_API_KEY="x")
    assert [p.stops for p in module._retired(own, date(2026, 11, 25))] == [False]
    assert [p.stops for p in module._retired(own, date(2027, 1, 14))] == [True]
    assert list(module._retired(settings(), date(2027, 1, 14))) == []


def test_a_large_model_is_warned_of() -> None:
    big = ServedModel(id="minicpm-v-2_6", sees=True, loaded=True)
    report = examine(settings(), profile=machine(runtimes=(lmstudio(big),)))
    assert "about 5 GB" in report.problems[0].what
    assert report.healthy


# ---------------------------------------------------------------- the check-up


def checked(values: dict[str, str], forced: Forced | None = None) -> list[Check]:
    told: list[Check] = []
    report = check_up(settings(**values), forced=forced, on_check=told.append)
    assert list(report.checks) == told
    return told


def hosts(**servers: str) -> dict[str, str]:
    return {"LMSTUDIO_HOST": "http://127.0.0.1:9/v1", "OLLAMA_HOST": "http://127.0.0.1:9", **servers}


def test_after_a_check_that_fails_the_others_are_not_done(served: Server) -> None:
    checks = checked(hosts(USE_LOCAL_VISION="true"))
    assert [check.ok for check in checks] == [False, None, None, None, None]
    assert "no server answers" in checks[0].said


def test_a_model_that_answers_nonsense_fails_the_fourth_check(served: Server) -> None:
    served.fault = faults.blank
    checks = checked(hosts(LMSTUDIO_HOST=served.url))
    assert [check.ok for check in checks] == [True, True, True, False, None]
    assert "LM Studio: the answer is blank" in checks[3].said


def test_a_server_that_fails_after_the_probe_is_seen_through_by_the_router(served: Server) -> None:
    served.fault = [None, faults.locked]
    with serving_ollama(OllamaServer((Model("moondream:latest"),))) as second:
        checks = checked(hosts(LMSTUDIO_HOST=served.url, OLLAMA_HOST=second.url))
    assert [check.ok for check in checks] == [True] * 5
    assert checks[3].said.startswith("LM Studio, moondream2")
    assert checks[4].said.startswith("Ollama, moondream:latest")


def test_with_nothing_set_up_builtin_passes_the_check_up() -> None:
    checks = checked(hosts())
    assert [check.ok for check in checks] == [True] * 5
    assert checks[0].said == "none, and none was asked for: builtin looks"


def test_the_env_names_no_key() -> None:
    profile = machine(runtimes=(lmstudio(MOONDREAM), ollama(), openai()))
    report = examine(settings(OPENAI_API_KEY="sk-secret"), profile=profile)
    text = env_lines(report, settings())
    assert "sk-secret" not in text
    assert "# OPENAI_API_KEY=" in text
    assert "LOCAL_VISION_MODEL=moondream:latest" in text


def report_of(name: str) -> Report:
    """What is found where a server calls its model `name`."""
    served = ServedModel(id=name, sees=True, loaded=True)
    return examine(settings(), profile=machine(runtimes=(lmstudio(served),)))


@pytest.mark.parametrize(
    "name",
    ["a model", "it's \\n", "x\nOPENAI_BASE_URL=http://elsewhere", "y'\nDEEPSEEK_API_KEY='z", "#1"],
    ids=["a space", "a quote", "two lines", "two lines, quoted", "a comment"],
)
def test_a_servers_name_for_a_model_is_read_back_as_it_is(name: str) -> None:
    found = dotenv_values(stream=StringIO(env_lines(report_of(name), settings())))
    assert found == {
        "LOCAL_VISION_PROVIDER": "lmstudio",
        "LMSTUDIO_HOST": found["LMSTUDIO_HOST"],
        "LMSTUDIO_MODEL": name,
    }


def test_a_servers_name_for_a_model_looks_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    found = dotenv_values(stream=StringIO(env_lines(report_of("moondream${OPENAI_API_KEY}"), settings())))
    assert "LMSTUDIO_MODEL" not in found


def test_the_env_names_both_files_of_an_embedded_model(tmp_path: Path) -> None:
    own = settings(EMBEDDED_MODEL=str(MODEL), EMBEDDED_MMPROJ=str(MMPROJ), LOCAL_VISION_PROVIDER="embedded")
    found = dotenv_values(stream=StringIO(env_lines(examine(own, profile=machine(runtimes=(embedded(),))), own)))
    assert (found["EMBEDDED_MODEL"], found["EMBEDDED_MMPROJ"]) == (str(MODEL), str(MMPROJ))
