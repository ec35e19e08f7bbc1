"""Many films: which, into which folders, what is done again, and what a failure stops."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import films
import pytest
from langchain_core.runnables import RunnableLambda
from servers import faults
from servers.models import Model
from servers.openai_like import Server, describes_the_colour, serving
from servers.planners import obedient

from autocut_director import Settings, build_director
from autocut_director import __main__ as program
from autocut_director.agent.batch import FilmAccount, LocalEngine, films_in, open_batch
from autocut_director.agent.batch.jobs import jobs_of
from autocut_director.errors import InputError, OutputError

WINDOWS = sys.platform == "win32"
NOWHERE = "http://127.0.0.1:9"
BUILTIN: dict[str, Any] = {"vision": "builtin", "planner": "builtin", "duration": 2, "no_render": True}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three films, no two of which share a still, two of one name; and what is none."""
    folder = tmp_path_factory.mktemp("shelf")
    for name, shots in (("clip 10.mp4", [24, 29]), ("clip 2.mp4", [25, 30]), ("更多 more/clip 2.mp4", [30, 25, 25])):
        (folder / name).parent.mkdir(exist_ok=True)
        films.make_film(folder / name, shots=shots, sound=False)
    (folder / "notes.txt").write_text("no film")
    (folder / ".hidden.mp4").write_bytes(b"")
    return folder


def done(paths: Sequence[Path], out: Path, at_once: int = 1, director: Any = None, **options: Any) -> list[FilmAccount]:
    """Do a batch; return what became of each film, in the order of its account."""
    batch = open_batch(paths, out, {**BUILTIN, **options})
    list(batch.run(LocalEngine(director or build_director(), at_once=at_once)))
    return list(batch.account.films)


def account(out: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((out / "batch.json").read_text(encoding="utf-8"))
    return read


def command(*arguments: object) -> tuple[int, str, str]:
    out, said = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(said):
        status = program.run(["batch", *map(str, arguments)])
    return status, out.getvalue(), said.getvalue()


# ---------------------------------------------------------------- which films


def names(found: Sequence[Path], folder: Path) -> list[str]:
    return [str(film.relative_to(folder)) for film in found]


def test_films_of_a_folder_come_in_natural_order_and_once(shelf: Path, tmp_path: Path) -> None:
    found = films_in([shelf / "clip 10.mp4", shelf, shelf / "更多 more"], besides=tmp_path)
    more = str(Path("更多 more", "clip 2.mp4"))
    assert names(found, shelf) == ["clip 10.mp4", "clip 2.mp4", more]
    assert names(films_in([shelf], besides=tmp_path), shelf) == ["clip 2.mp4", "clip 10.mp4", more]


@pytest.mark.skipif(WINDOWS, reason="links need a privilege on Windows")
def test_a_film_under_two_names_is_one_and_links_do_not_lead_round(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").symlink_to(shelf / "clip 2.mp4")
    (tmp_path / "b.mp4").symlink_to(shelf / "clip 2.mp4")
    (tmp_path / "round").symlink_to(tmp_path)
    assert names(films_in([tmp_path], besides=tmp_path / "out"), tmp_path) == ["a.mp4"]


def test_results_are_no_footage(film: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/film.mp4").write_bytes(film.read_bytes())
    for out in ("in/cuts", "in/other"):
        (result,) = done([tmp_path / "in"], tmp_path / out, no_render=False)
        assert result.status == "done", result.error
    assert (tmp_path / "in/cuts/film/cut.mp4").exists()


@pytest.mark.parametrize(
    ("path", "said"),
    [("gone.mp4", "There is no file"), ("*.mp4", "There is no file"), ("a" * 300, "too long"), ("empty", "no film")],
)
def test_what_is_named_must_be_there(tmp_path: Path, path: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=said):
        films_in([tmp_path / path], besides=tmp_path / "out")


def test_folders_have_the_films_names_and_keep_them(tmp_path: Path) -> None:
    first = [tmp_path / name for name in ("a/x.mp4", "b/X.mov", "batch.json.mp4", "...mp4", "x-2.mp4")]
    jobs = jobs_of(first, tmp_path, {})
    assert [job.folder.name for job in jobs] == ["x", "X-2", "batch.json-2", "film", "x-2-2"]
    known = {str(job.video): job.folder.name for job in jobs}
    later = jobs_of([tmp_path / "0/x.mp4", *first], tmp_path, known)
    assert [job.folder.name for job in later] == ["x-3", "x", "X-2", "batch.json-2", "film", "x-2-2"]


# ---------------------------------------------------------------- what becomes of them


def test_one_that_fails_stops_no_other(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/0 broken.mp4").write_bytes(b"rubbish" * 100)
    (tmp_path / "in/1 empty.mp4").touch()
    results = done([tmp_path / "in", shelf], tmp_path / "out")
    assert [film.status for film in results] == ["failed", "failed", "done", "done", "done"]
    assert [film.exit_status for film in results] == [2, 2, 0, 0, 0]
    read = account(tmp_path / "out")
    assert (read["schema"], read["status"], read["engine"]) == ("batch.v1", "failed", "local")
    assert read["totals"] == {
        **{"films": 5, "done": 3, "before": 0, "failed": 2, "degraded": 0, "cost_usd": 0.0},
        "film_seconds": pytest.approx((53 + 55 + 80) / 25),
    }
    assert "no video that can be read" in read["films"][0]["error"]
    assert [film["folder"] for film in read["films"]][2:] == ["clip 2", "clip 10", "clip 2-2"]
    assert (tmp_path / "out/clip 2-2/plan.json").exists()


def test_our_own_fault_is_said_as_such_and_stops_no_other(shelf: Path, tmp_path: Path) -> None:
    real = build_director()

    def faulty(options: Any) -> Any:
        if options["video"].name == "clip 2.mp4":
            raise ZeroDivisionError("here")
        return real.invoke(options)

    results = done([shelf], tmp_path / "out", director=RunnableLambda(faulty))
    assert [(film.status, film.exit_status) for film in results] == [("failed", 1), ("done", 0), ("failed", 1)]
    assert "Our own fault: ZeroDivisionError: here" in str(results[0].error)


def test_what_is_done_is_not_done_again(shelf: Path, tmp_path: Path) -> None:
    shelf, out = shutil.copytree(shelf, tmp_path / "in"), tmp_path / "out"
    assert not any(film.before for film in done([shelf], out))
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.name != "batch.json"}
    again = done([shelf], out)
    assert all(film.before and film.status == "done" and film.digest for film in again)
    assert account(out)["totals"]["before"] == 3
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert not any(film.before for film in done([shelf], out, duration=1))
    assert not any(film.before for film in done([shelf], out, duration=1, overwrite=True))
    (out / "clip 2/plan.json").unlink()
    films.make_film(shelf / "clip 10.mp4", shots=[20, 20], sound=False)
    assert [film.before for film in done([shelf], out, duration=1)] == [False, False, True]


def test_more_films_join_a_batch(shelf: Path, tmp_path: Path) -> None:
    done([shelf / "更多 more"], tmp_path / "out")
    results = done([shelf], tmp_path / "out")
    assert [(film.folder, film.before) for film in results] == [
        ("clip 2-2", False),
        ("clip 10", False),
        ("clip 2", True),
    ]


def test_strict_tries_what_was_degraded_again(shelf: Path, tmp_path: Path) -> None:
    named = {"vision": "auto", "no_render": True}
    (film,) = done([shelf / "clip 2.mp4"], tmp_path / "out", **named)
    assert (film.status, film.degraded, film.exit_status) == ("done", True, 0)
    (film,) = done([shelf / "clip 2.mp4"], tmp_path / "out", strict=True, **named)
    assert (film.status, film.before, film.exit_status) == ("failed", False, 3)
    assert "Degraded, which --strict forbids" in str(film.error)
    (film,) = done([shelf / "clip 2.mp4"], tmp_path / "out", **named)
    assert (film.before, film.exit_status) == (True, 0)


def test_what_is_in_the_way_is_kept(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds something else \(thesis.txt\)"):
        open_batch([shelf], tmp_path, BUILTIN)
    (tmp_path / "out/clip 2").mkdir(parents=True)
    (tmp_path / "out/batch.json").write_text(json.dumps({"schema": "batch.v1", "request": {}, "films": []}))
    (tmp_path / "out/clip 2/mine.txt").write_text("mine")
    results = done([shelf], tmp_path / "out")
    assert [film.status for film in results] == ["failed", "done", "done"]
    assert "holds something else (mine.txt)" in str(results[0].error)


def test_a_wrong_option_is_refused_before_anything_is_done(shelf: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="duration"):
        open_batch([shelf], tmp_path / "out", {**BUILTIN, "duration": -1})
    assert not (tmp_path / "out").exists()


# ---------------------------------------------------------------- side by side


def test_films_side_by_side_share_a_servers_places(shelf: Path, tmp_path: Path) -> None:
    takes = faults.Takes(0.2)
    with serving(Server(describes_the_colour, models=(Model("moondream2", parallel=2),), fault=takes)) as role:
        director = build_director(Settings(lmstudio_host=role.url, ollama_host=NOWHERE))
        results = done([shelf], tmp_path / "out", at_once=3, director=director, vision="lmstudio")
        assert [film.status for film in results] == ["done"] * 3
        assert (len(role.seen), takes.peak) == (7, 2)
    one = done([shelf], tmp_path / "one", director=director, vision="lmstudio", no_cache=True)
    assert {film.exit_status for film in one} == {3}  # the server is gone: each film says so


def test_films_side_by_side_share_a_local_planners_places(shelf: Path, tmp_path: Path) -> None:
    takes = faults.Takes(0.2)
    with serving(Server(obedient, models=(Model("qwen2.5-7b", sees=False, parallel=1),), fault=takes)) as role:
        director = build_director(Settings(lmstudio_host=role.url, ollama_host=NOWHERE))
        results = done([shelf], tmp_path / "out", at_once=3, director=director, planner="lmstudio")
        assert [film.status for film in results] == ["done"] * 3
        assert len(role.seen) >= 3
        assert takes.peak == 1


# ---------------------------------------------------------------- as a command


def test_the_command_says_a_line_for_each_film(shelf: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.mov").write_bytes(b"rubbish")
    asked = ["bad.mov", shelf, "--out", "out", "--vision", "builtin", "--planner", "builtin", "--no-render"]
    status, out, said = command(*asked, "--duration", 2, "--jobs", 2)
    assert (status, out) == (2, "")
    lines = said.splitlines()
    assert sorted(line.partition("]")[0] for line in lines[:-1]) == ["[1/4", "[2/4", "[3/4", "[4/4"]
    assert any("bad.mov: FAILED, status 2: " in line for line in lines)
    assert any("clip 2.mp4 (clip 2-2): 3 of 3 scenes described" in line for line in lines)
    assert lines[-1].startswith("out: 3 of 4 films done, ")
    assert lines[-1].endswith(f" s. 1 FAILED: bad.mov; why: {Path('out/batch.json')}.")
    (tmp_path / "bad.mov").unlink()
    status, out, said = command(*asked[1:], "--duration", 2, "--quiet", "--json")
    assert (status, json.loads(out)["status"]) == (0, "done")
    assert said.splitlines()[-1].startswith("out: 3 of 3 films done (3 of them before), ")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument 'VIDEO_OR_FOLDER"),
        (["."], "Missing option '--out'"),
        ([".", "--out", "o"], "holds no film"),
        (["gone", "--out", "o"], "There is no file gone"),
        ([".", "--out", "o", "--jobs", "0"], "Invalid value for '--jobs': Input should be greater than or equal to 1"),
        ([".", "--out", "o", "--scenes", "a.json"], "No such option"),
    ],
)
def test_a_wrong_command_is_one_line(tmp_path: Path, arguments: list[str], said: str, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, told = command(*arguments)
    assert (status, out) == (2, "")
    assert said in told.splitlines()[-1]
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(WINDOWS, reason="Windows sends no such signal to one process")
def test_an_interrupted_batch_says_what_is_done_and_goes_on_later(shelf: Path, tmp_path: Path) -> None:
    answers = [None, None, faults.hangs, faults.hangs]
    out = tmp_path / "out"
    with serving(Server(describes_the_colour, models=(Model("moondream2", parallel=2),), fault=answers)) as role:
        asked = [shelf, "--out", out, "--vision", "lmstudio", "--planner", "builtin", "--no-render", "--duration", 2]
        batch = [sys.executable, "-m", "autocut_director", "batch", *map(str, asked)]
        environment = {**os.environ, "LMSTUDIO_HOST": role.url}
        process = subprocess.Popen(batch, stderr=subprocess.PIPE, text=True, env=environment)
        deadline = time.monotonic() + 60
        while len(role.seen) < 4:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        lines = process.stderr.read().splitlines()
        process.stderr.close()
        assert process.wait(timeout=30) == 130
        read = account(out)
        assert [film["status"] for film in read["films"]] == ["done", "waiting", "waiting"]
        assert (read["status"], lines[-1]) == (
            "interrupted",
            "autocut-director: Interrupted. Nothing half-written was left behind.",
        )
        assert "1 of 3 films done" in lines[-2]
        assert "2 not done; the same command goes on with them." in lines[-2]
        run = json.loads((out / "clip 10/run.json").read_text(encoding="utf-8"))
        assert run["status"] == "interrupted"
        role.fault = None
        assert subprocess.run(batch, env=environment, check=False, capture_output=True).returncode == 0
        assert [film["before"] for film in account(out)["films"]] == [True, False, False]
