"""The command as a person runs it: one line and an exit status, nothing half-written."""

import contextlib
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import films
import pytest
from servers.openai_like import Server, describes_the_colour, serving

from autocut_director import __main__ as program
from autocut_director.tools.probe import probe_video

WINDOWS = sys.platform == "win32"


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "autocut_director", *map(str, arguments)]


@pytest.fixture(autouse=True)
def _no_settings_of_the_machines_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `.env` above the checkout must not reach a command that a test runs."""
    monkeypatch.chdir(tmp_path)


def run(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if key not in {"PROMPTS_DIR", "AUTOCUT_LANGUAGE"}}
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        check=False,
        env={**clean, **environment},
    )


def refused(*arguments: object, status: int = 2, cwd: Path | None = None) -> str:
    """Run a command that must fail, here and not in a process of its own, which is slow; return its one line."""
    out, said = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd or Path.cwd()), contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
        ended = program.run([str(argument) for argument in arguments])
    assert ended == status, said.getvalue()
    assert out.getvalue() == ""
    assert "Traceback" not in said.getvalue()
    line = said.getvalue().strip().splitlines()[-1]
    assert line.startswith("autocut-director: ")
    return line


@pytest.fixture(scope="module")
def done(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("done")
    ended = run("direct", film, "--out", folder, "--duration", 3, "--vision", "builtin", "--planner", "builtin")
    assert ended.returncode == 0, ended.stderr
    return folder


def test_the_main_job(film: Path, tmp_path: Path) -> None:
    out = tmp_path / "my cut 成片"
    ended = run("direct", film, "--out", out, "--duration", "3", "--quiet")
    assert ended.returncode == 0
    assert ended.stdout == ""
    (line,) = ended.stderr.strip().splitlines()
    assert "5 of 5 scenes described by builtin" in line
    assert "Degraded: no vision model can be used (LM Studio: no server answers at http://127.0.0.1:9/v1" in line
    assert probe_video(out / "cut.mp4").picture_count == 75


def test_strict_makes_a_stand_in_an_error_and_leaves_the_results(film: Path, tmp_path: Path) -> None:
    line = refused("direct", film, "--out", tmp_path / "o", "--strict", "--quiet", status=3)
    assert "Degraded, which --strict forbids" in line
    assert (tmp_path / "o/cut.mp4").exists()
    named = ["--vision", "builtin", "--planner", "builtin"]
    assert run("direct", film, "--out", tmp_path / "p", "--strict", *named, "--no-render").returncode == 0
    assert not (tmp_path / "p/cut.mp4").exists()


def test_json_is_on_stdout_and_everything_else_is_not(film: Path, tmp_path: Path) -> None:
    ended = run("direct", film, "--out", tmp_path / "o", "--json", "--no-render", "--max-scenes", 2)
    assert json.loads(ended.stdout)["totals"]["described"] == 2
    assert json.loads(ended.stdout) == json.loads((tmp_path / "o/run.json").read_text())


def test_parts_say_that_they_are_degraded_and_how_they_ended(film: Path, tmp_path: Path) -> None:
    ended = run("describe", film, "--out", tmp_path / "scenes.json", "--json")
    assert (json.loads(ended.stdout)["status"], json.loads(ended.stdout)["degraded"]) == ("done", True)
    ended = run("plan", tmp_path / "scenes.json", "--out", tmp_path / "plan.json", "--duration", 3)
    assert "Degraded: no model can plan (DeepSeek: DEEPSEEK_API_KEY is not set" in ended.stderr.strip().splitlines()[-1]
    ended = run("plan", tmp_path / "scenes.json", "--out", tmp_path / "p.json", "--duration", 3, "--strict", "--json")
    assert ended.returncode == 3
    assert json.loads(ended.stdout)["planned_by"]["degraded"]


def test_a_dotenv_that_is_not_utf8_is_named(film: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("# 设置\n".encode("gbk"))
    assert "cannot be read as UTF-8 text" in refused("describe", film, "--out", "a.json", cwd=tmp_path)


@pytest.mark.skipif(WINDOWS, reason="Windows has no nohup")
def test_nohup_stays_nohup(film: Path, tmp_path: Path) -> None:
    job = " ".join(f"'{part}'" for part in command("direct", film, "--out", tmp_path / "o", "--no-render", "--quiet"))
    process = subprocess.Popen(["bash", "-c", f"trap '' HUP; exec {job}"], stderr=subprocess.DEVNULL)
    wait_for(tmp_path / "o", "run.json", process)
    process.send_signal(signal.SIGHUP)
    assert process.wait(timeout=60) == 0


def test_demo_needs_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        ended = run("demo", cwd=tmp_path)
        assert ended.returncode == 0, ended.stderr
        assert "Degraded" not in ended.stderr
    names = {path.name for path in (tmp_path / "autocut-demo").iterdir()}
    timelines = {f"timeline.{kind}" for kind in ("otio", "fcpxml", "xml", "edl")}
    boards = {"storyboard.html", "storyboard.png"}
    assert names == {"demo.mp4", "cut.mp4", "plan.json", "run.json", "scenes.json", *boards, *timelines}
    scenes = json.loads((tmp_path / "autocut-demo/scenes.json").read_text())["scenes"]
    assert [scene["start_frame"] for scene in scenes] == [0, 48, 132, 190, 267, 334, 406, 464, 536]


def test_demo_does_not_touch_what_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    assert "holds something else (thesis.txt)" in refused("demo", "--out", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_the_parts_make_the_same_as_the_whole(film: Path, done: Path, tmp_path: Path) -> None:
    named = ["--vision", "builtin"]
    assert run("describe", film, "--out", tmp_path / "scenes.json", *named).returncode == 0
    assert json.loads((tmp_path / "scenes.json").read_text()) == json.loads((done / "scenes.json").read_text())
    planned = ["--duration", 3, "--planner", "builtin"]
    assert run("plan", tmp_path / "scenes.json", "--out", tmp_path / "plan.json", *planned).returncode == 0
    assert json.loads((tmp_path / "plan.json").read_text()) == json.loads((done / "plan.json").read_text())
    assert run("render", tmp_path / "plan.json", "--out", tmp_path / "cut.mp4").returncode == 0
    assert films.numbers_in(tmp_path / "cut.mp4") == films.numbers_in(done / "cut.mp4")
    assert run("export", tmp_path / "plan.json", "--to", "otio", "--out", tmp_path / "cut.otio").returncode == 0
    assert (tmp_path / "cut.otio").read_text() == (done / "timeline.otio").read_text()


def test_who_watches_sees_the_edit_and_nobody_else(film: Path, done: Path, tmp_path: Path) -> None:
    """Rich takes the variable for a terminal."""
    planned = ["plan", done / "scenes.json", "--planner", "builtin", "--duration", 3, "--out"]
    assert len(run(*planned, tmp_path / "a.json").stderr.splitlines()) == 1
    assert "the best shot of the film" in run(*planned, tmp_path / "b.json", FORCE_COLOR="1").stderr
    assert "the best shot of the film" not in run(*planned, tmp_path / "c.json", "--json", FORCE_COLOR="1").stderr
    directed = ["direct", film, "--vision", "builtin", "--planner", "builtin", "--duration", 3, "--no-render", "--out"]
    assert "the best shot of the film" in run(*directed, tmp_path / "d", FORCE_COLOR="1").stderr
    assert "the best shot of the film" not in run(*directed, tmp_path / "e", "--quiet", FORCE_COLOR="1").stderr


def test_unknown_fields_reach_the_plan(done: Path, tmp_path: Path) -> None:
    data = json.loads((done / "scenes.json").read_text())
    data["media"]["camera"] = "A7"
    (tmp_path / "scenes.json").write_text(json.dumps(data))
    assert run("plan", tmp_path / "scenes.json", "--out", tmp_path / "plan.json").returncode == 0
    assert json.loads((tmp_path / "plan.json").read_text())["media"]["camera"] == "A7"


@pytest.mark.parametrize("stills", [2, 3])
def test_the_page_and_the_sheet_can_be_made_again(film: Path, tmp_path: Path, stills: int) -> None:
    run("direct", film, "--out", tmp_path / "o", "--duration", 3, "--frames-per-scene", stills, "--no-render")
    made = [tmp_path / "o/storyboard.html", tmp_path / "o/storyboard.png"]
    before = [path.read_bytes() for path in made]
    for path in made:
        path.unlink()
    assert run("storyboard", tmp_path / "o").returncode == 0
    assert [path.read_bytes() for path in made] == before


def test_chinese_is_spoken(film: Path, tmp_path: Path) -> None:
    ended = run("direct", film, "--out", tmp_path / "o", "--language", "zh", "--no-render")
    assert ended.returncode == 0
    page = (tmp_path / "o/storyboard.html").read_text(encoding="utf-8")
    assert 'lang="zh"' in page
    assert "全片最好的镜头" in page


def test_settings_come_from_dotenv_and_the_environment_beats_it(film: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AUTOCUT_LANGUAGE=zh\n")
    below = tmp_path / "below"
    below.mkdir()
    assert run("describe", film, "--out", "a.json", cwd=below).returncode == 0
    assert "画面" in (below / "a.json").read_text(encoding="utf-8")
    assert run("describe", film, "--out", "b.json", cwd=below, AUTOCUT_LANGUAGE="en").returncode == 0
    assert "画面" not in (below / "b.json").read_text(encoding="utf-8")
    ended = run("describe", film, "--out", "c.json", cwd=below, AUTOCUT_LANGUAGE="fr")
    assert ended.returncode == 2
    assert "AUTOCUT_LANGUAGE: Input should be 'en' or 'zh'" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["direct", "gone.mp4", "--out", "o"], "There is no file"),
        (["direct", ".", "--out", "o"], "is a folder; name one video file"),
        (["direct", "film.mp4"], "Missing option '--out'"),
        (["direct", "film.mp4", "--out", "o", "--duration", "0"], "duration = 0.0: input should be greater than 0"),
        (["direct", "film.mp4", "--out", "o", "--duration", "-3"], "duration = -3.0"),
        (["direct", "film.mp4", "--out", "o", "--duration", "nan"], "duration = nan"),
        (
            ["direct", "film.mp4", "--out", "o", "--duration", "soon"],
            "'soon' is no number of seconds; write one such as 30 or 12.5",
        ),
        (["direct", "film.mp4", "--out", "o", "--max-scenes", "ten"], "'ten' is no whole number"),
        (
            ["direct", "film.mp4", "--out", "o", "--vision", "psychic"],
            "'psychic' is not one of 'auto', 'lmstudio', 'ollama', 'embedded', 'openai', 'builtin'",
        ),
        (["direct", "film.mp4", "--out", "o", "--planner", "me"], "'me' is not one of 'auto', 'deepseek', 'lmstudio'"),
        (["direct", "film.mp4", "--out", "o", "--prompts", "nowhere"], "There is no prompts folder nowhere"),
        (["direct", "film.mp4", "--out", "film.mp4"], "is a file; name a folder"),
        (["direct", "film.mp4", "--out", "film.mp4/in"], "Cannot write into"),
        (["direct", "film.mp4", "--out", "o", "--scenes", "film.mp4"], "is not JSON"),
        (["direct", "film.mp4", "--out", "o", "--fast"], "No such option"),
        (["plan", "gone.json", "--out", "plan.json"], "Cannot read gone.json: No such file"),
        (["render", "gone.json", "--out", "cut.mp4"], "Cannot read gone.json"),
        (
            ["export", "gone.json", "--to", "avid", "--out", "x"],
            "'avid' is not one of 'otio', 'fcpxml', 'xml', 'edl', 'srt'.",
        ),
        (["storyboard", "."], "run.json"),
        (["dance"], "No such command 'dance'"),
    ],
)
def test_a_wrong_command_is_one_line_and_leaves_nothing(
    film: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "film.mp4").write_bytes(film.read_bytes())
    assert said in refused(*arguments, cwd=tmp_path)
    if said != "is not JSON":  # scenes are read after the folder is claimed
        assert [path.name for path in tmp_path.rglob("*")] == ["film.mp4"]


def test_debug_shows_the_traceback() -> None:
    ended = run("direct", "gone.mp4", "--out", "o", "--debug")
    assert "Traceback" in ended.stderr
    assert ended.returncode == 2
    assert ended.stderr.strip().splitlines()[-1].startswith("autocut-director: There is no file")


def test_a_plan_for_another_video_is_refused(done: Path, tmp_path: Path) -> None:
    plan = json.loads((done / "plan.json").read_text())
    plan["media"]["primary_clip_path"] = str(films.make_film(tmp_path / "other.mp4", shots=[30]))
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    assert "The plan is for another video" in refused("render", tmp_path / "plan.json", "--out", tmp_path / "cut.mp4")
    assert not (tmp_path / "cut.mp4").exists()


def test_no_source_is_ever_overwritten(film: Path, done: Path, tmp_path: Path) -> None:
    """Neither the document a command reads, nor the film that the document names."""
    video = tmp_path / "film.mp4"
    video.write_bytes(film.read_bytes())
    for name in ("scenes.json", "plan.json"):
        (tmp_path / name).write_text((done / name).read_text().replace(str(film), str(video)))
    scenes, plan = tmp_path / "scenes.json", tmp_path / "plan.json"
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for arguments in (
        ["plan", scenes, "--out", video],
        ["plan", scenes, "--out", scenes],
        ["export", plan, "--to", "otio", "--out", video],
        ["export", plan, "--to", "otio", "--out", plan],
        ["render", plan, "--out", plan],
        ["render", plan, "--out", video],
        ["describe", video, "--scenes", scenes, "--out", scenes],
        ["describe", video, "--out", video],
    ):
        assert "is one of the sources" in refused(*arguments, "--overwrite")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_plan_is_proven_before_it_is_exported_or_shown(done: Path, tmp_path: Path) -> None:
    plan = json.loads((done / "plan.json").read_text())
    plan["clips"][-1]["out_frame"] = 5000
    for name in ("scenes.json", "run.json"):
        (tmp_path / name).write_text((done / name).read_text())
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    assert "the film has 200" in refused("export", tmp_path / "plan.json", "--to", "otio", "--out", tmp_path / "x.otio")
    assert "the film has 200" in refused("storyboard", tmp_path)
    plan["clips"] = [{**plan["clips"][0], "order": n} for n in (1, 2)]
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    assert "no_repeat" in refused("render", tmp_path / "plan.json", "--out", tmp_path / "x.mp4")


def test_a_film_of_the_same_length_is_still_another_film(film: Path, done: Path, tmp_path: Path) -> None:
    other = films.make_film(tmp_path / "other.mp4", shots=[100, 100])
    (tmp_path / "plan.json").write_text((done / "plan.json").read_text().replace(str(film), str(other)))
    said = refused("render", tmp_path / "plan.json", "--out", tmp_path / "x.mp4")
    assert "is not the file it was made from" in said


def test_a_long_name_is_refused(film: Path, tmp_path: Path) -> None:
    assert "cannot be read: File name too long" in refused("direct", "a" * 300 + ".mp4", "--out", "o", cwd=tmp_path)
    assert "File name too long" in refused("direct", film, "--out", "a" * 300, cwd=tmp_path)
    assert "File name too long" in refused("direct", film, "--out", "o", "--prompts", "a" * 300, cwd=tmp_path)


def test_no_arguments_is_a_question() -> None:
    ended = run()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Commands:" in ended.stdout


@pytest.mark.skipif(WINDOWS, reason="Windows bounds no file sizes")
def test_a_full_disk_is_one_line_and_leaves_no_half_film(long_film: Path, tmp_path: Path) -> None:
    """A process that may write no more than 60 KiB to a file stands for the disk."""
    job = f"{sys.executable} -m autocut_director direct '{long_film}' --out '{tmp_path / 'o'}' --duration 40"
    ended = subprocess.run(["bash", "-c", f"ulimit -f 60; exec {job}"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2, ended.stderr
    assert "No space left for" in ended.stderr.strip().splitlines()[-1]
    assert not [path for path in (tmp_path / "o").iterdir() if "cut" in path.name]
    assert json.loads((tmp_path / "o/run.json").read_text())["status"] == "failed"


def test_what_is_there_is_kept(done: Path, tmp_path: Path) -> None:
    mine = tmp_path / "cut.mp4"
    mine.write_text("mine")
    assert "is there already" in refused("render", done / "plan.json", "--out", mine)
    assert mine.read_text() == "mine"
    assert run("render", done / "plan.json", "--out", mine, "--overwrite").returncode == 0


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough to be interrupted in."""
    folder = tmp_path_factory.mktemp("long")
    return films.make_film(folder / "long.mp4", shots=[300] * 4, size=(960, 540), sound=False)


@pytest.mark.skipif(WINDOWS, reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)])
@pytest.mark.parametrize("when", ["run.json", ".cut.mp4"])
def test_an_interrupt_leaves_nothing_half_written(
    long_film: Path, tmp_path: Path, how: signal.Signals, when: str
) -> None:
    """Interrupted once while scenes are found, and once while the film is cut."""
    process = subprocess.Popen(
        command("direct", long_film, "--out", tmp_path / "o", "--duration", "40", "--quiet"),
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(tmp_path / "o", when, process)
    process.send_signal(how)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130, said
    assert said.strip().splitlines()[-1] == "autocut-director: Interrupted. Nothing half-written was left behind."
    assert not (tmp_path / "o/cut.mp4").exists()
    assert not [path for path in (tmp_path / "o").iterdir() if path.name.startswith(".")]
    assert json.loads((tmp_path / "o/run.json").read_text())["status"] == "interrupted"


@pytest.mark.skipif(WINDOWS, reason="Windows sends no SIGINT to one process")
def test_an_interrupt_that_a_library_swallows_is_still_heard(long_film: Path, tmp_path: Path) -> None:
    """Some libraries catch everything while they are imported; the wish to stop must outlive that."""
    (tmp_path / "moviepy.py").write_text(
        "import os, signal, sys\n"
        "try:\n    os.kill(os.getpid(), signal.SIGINT)\n    import time; time.sleep(5)\n"
        "except BaseException:\n    pass\n"
        "sys.path.remove(os.path.dirname(__file__)); del sys.modules['moviepy']\n"
        "import moviepy; sys.modules['moviepy'] = moviepy\n"
    )
    ended = run("direct", long_film, "--out", tmp_path / "o", "--title-card", "--quiet", PYTHONPATH=str(tmp_path))
    assert ended.returncode == 130, ended.stderr
    assert json.loads((tmp_path / "o/run.json").read_text())["status"] == "interrupted"


@pytest.mark.skipif(WINDOWS, reason="Windows has no SIGKILL")
def test_a_kill_leaves_no_half_file_and_the_next_run_clears_up(long_film: Path, tmp_path: Path) -> None:
    arguments = ["direct", long_film, "--out", tmp_path / "o", "--duration", "40", "--quiet"]
    process = subprocess.Popen(command(*arguments), stderr=subprocess.DEVNULL, start_new_session=True)
    wait_for(tmp_path / "o", ".cut.mp4", process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "o/cut.mp4").exists()
    assert json.loads((tmp_path / "o/run.json").read_text())["status"] == "running"
    assert run(*arguments, "--no-render").returncode == 0
    assert not [path for path in (tmp_path / "o").iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(WINDOWS, reason="Windows sends no SIGINT to one process")
def test_an_interrupted_demo_can_be_run_again(tmp_path: Path) -> None:
    arguments = ["demo", "--out", tmp_path / "d", "--quiet", "--duration", "5"]
    process = subprocess.Popen(command(*arguments), stderr=subprocess.DEVNULL)
    wait_for(tmp_path / "d", ".demo.mp4", process)
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130
    assert list((tmp_path / "d").iterdir()) == []
    assert run(*arguments).returncode == 0


def wait_for(folder: Path, name: str, process: subprocess.Popen[str]) -> None:
    """Wait until `folder` holds a file whose name begins with `name`."""
    deadline = time.monotonic() + 60
    while not (folder.exists() and any(path.name.startswith(name) for path in folder.iterdir())):
        assert process.poll() is None, "it ended before it could be interrupted"
        assert time.monotonic() < deadline
        time.sleep(0.02)


# ---------------------------------------------------------------- planning, changing one's mind, judging


def test_a_style_a_brief_and_a_change_of_mind(done: Path, tmp_path: Path) -> None:
    ended = run("plan", done / "scenes.json", "--out", tmp_path / "p.json", "--style", "travel-vlog", "--brief", "大海")
    assert ended.returncode == 0, ended.stderr
    plan = json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))
    assert "The builtin planner goes by what was measured; it reads no brief and no style." in plan["assumptions"]
    copy = shutil.copytree(done, tmp_path / "run")
    ended = run("revise", copy, "2 s", "--no-render")
    assert ended.returncode == 0, ended.stderr
    assert "3.00 s → 2.00 s" in ended.stderr
    assert (copy / "rev-1/plan.json").exists() and not (copy / "rev-1/cut.mp4").exists()
    assert json.loads((copy / "rev-1/difference.json").read_text(encoding="utf-8"))["frames_after"] == 50
    assert "asks for something else" in refused("revise", copy, "start with the sea", status=3)
    assert "Cannot read" in refused("revise", tmp_path / "nowhere", "shorter")


def test_a_plan_is_judged(done: Path) -> None:
    ended = run("score", done / "plan.json")
    assert ended.returncode == 0, ended.stderr
    assert "coverage" in ended.stdout
    assert " of 100." in ended.stderr
    marks = json.loads(run("score", done / "plan.json", "--json").stdout)
    assert marks["schema"] == "score.v1"
    assert 0 < marks["total"] <= 100


def test_an_unknown_style_is_named_with_the_known_ones(film: Path, tmp_path: Path) -> None:
    assert "is no name of a style" in refused("direct", film, "--out", tmp_path / "o", "--style", "../secret")
    said = refused("direct", film, "--out", tmp_path / "o", "--style", "vlog")
    assert "documentary, interview, product" in said
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("kind", ["otio", "fcpxml", "xml", "edl"])
def test_a_film_that_is_gone_is_named_at_export(done: Path, tmp_path: Path, kind: str) -> None:
    plan = json.loads((done / "plan.json").read_text(encoding="utf-8"))
    plan["media"]["primary_clip_path"] = str(tmp_path / "gone 不在.mp4")
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    ended = run("export", tmp_path / "plan.json", "--to", kind, "--out", tmp_path / f"cut.{kind}")
    assert ended.returncode == 0, ended.stderr
    assert "gone 不在.mp4 is not there" in ended.stderr
    assert (tmp_path / f"cut.{kind}").stat().st_size > 0


def test_subtitles_are_made_of_the_transcript_that_is_named_or_lies_beside_the_plan(done: Path, tmp_path: Path) -> None:
    plan, out = shutil.copy(done / "plan.json", tmp_path), tmp_path / "cut.srt"
    assert "--transcript FILE" in refused("export", plan, "--to", "srt", "--out", out)
    said = "1\n00:00:00,000 --> 00:00:08,000\nOne, two, three.\n"
    (tmp_path / "talk 话.srt").write_text(said, encoding="utf-8")
    ended = run("export", plan, "--to", "srt", "--out", out, "--transcript", tmp_path / "talk 话.srt")
    assert ended.returncode == 0, ended.stderr
    made = out.read_text(encoding="utf-8")
    assert made.startswith("1\n00:00:0")
    (tmp_path / "transcript.vtt").write_text(f"WEBVTT\n\n{said.replace(',000', '.000')}", encoding="utf-8")
    assert run("export", plan, "--to", "srt", "--out", out, "--overwrite").returncode == 0
    assert out.read_text(encoding="utf-8") == made
    assert run("export", plan, "--to", "srt", "--out", out, "--overwrite", "--title-card").returncode == 0
    begins, later = (float(text[8:14].replace(",", ".")) for text in (made, out.read_text(encoding="utf-8")))
    assert later - begins == pytest.approx(2.48)  # 62 frames
    assert "add --to srt" in refused("export", plan, "--to", "edl", "--out", tmp_path / "cut.edl", "--title-card")


# ---------------------------------------------------------------- what is kept between runs


def test_what_is_kept_is_said_told_and_deleted(film: Path, tmp_path: Path) -> None:
    store = tmp_path / "存 store"
    with serving(Server(describes_the_colour)) as role:
        servers = {"LMSTUDIO_HOST": role.url, "AUTOCUT_CACHE_DIR": str(store)}
        direct = ["direct", film, "--out", tmp_path / "o", "--planner", "builtin", "--no-render", "--overwrite"]
        assert " from the store" not in run(*direct, **servers).stderr
        ended = run(*direct, "--duration", "5", **servers)
        assert "5 of 5 scenes described by lmstudio, 5 from the store, " in ended.stderr
        assert len(role.seen) == 5
        assert " from the store" not in run(*direct, "--no-cache", **servers).stderr
        assert len(role.seen) == 10
    told = run("cache", "info", **servers).stdout
    assert told.startswith(f"{store / 'autocut-scenes.sqlite3'}: ")
    assert "of at most 1.00 GiB, 1 film, 15 stills, 5 descriptions, 1 rate." in told
    ended = run("cache", "clear", **servers)
    assert (ended.returncode, ended.stdout.partition(": ")[0]) == (0, f"Deleted from {store}")
    assert list(store.iterdir()) == []
    assert "nothing is kept yet" in run("cache", "info", **servers).stdout


def test_a_database_that_is_not_ours_is_not_deleted(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "autocut-scenes.sqlite3") as database:
        database.execute("CREATE TABLE songs (title TEXT)")
    database.close()
    for order in ("info", "clear"):
        ended = run("cache", order, AUTOCUT_CACHE_DIR=str(tmp_path))
        assert (ended.returncode, ended.stdout) == (2, "")
        assert "another program's database" in ended.stderr
    assert (tmp_path / "autocut-scenes.sqlite3").exists()
