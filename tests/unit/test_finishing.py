"""From the request's words to a finished film, and what the account says of it."""

import json
from pathlib import Path

import films
import pytest
from documents import plan_of

from autocut_director.agent.director import build_director
from autocut_director.agent.revision import finished_run, revise
from autocut_director.agent.run.alone import render_plan
from autocut_director.agent.run.finishing import film_account, film_warnings
from autocut_director.errors import DocumentError, InputError
from autocut_director.tools.files import read_plan
from autocut_director.tools.film.finish import Finish
from autocut_director.tools.film.loudness import Loudness
from autocut_director.tools.film.render import Film, make_film
from autocut_director.tools.film.shapes import Window
from autocut_director.tools.probe import probe_video

BUILTIN = {"vision": "builtin", "planner": "builtin"}
SRT = "1\n00:00:00,500 --> 00:00:03,000\nHello there, my friend.\n\n2\n00:00:04,000 --> 00:00:07,500\nAnd good-bye.\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with every finish: 1:1, a card, subtitles burnt in, levelled."""
    folder = tmp_path_factory.mktemp("run")
    film = films.make_film(folder / "film.mp4")
    (folder / "said.srt").write_text(SRT, encoding="utf-8")
    options = {"video": film, "out": folder / "cut", "duration": 4, "transcript": folder / "said.srt", **BUILTIN}
    finish = {"aspect": "1:1", "title_card": True, "burn_subtitles": True, "loudness": -20.0}
    build_director().invoke({**options, **finish})
    return folder / "cut"


def account_of(run: Path) -> dict:
    return json.loads((run / "run.json").read_text(encoding="utf-8"))


def test_the_account_says_what_the_film_is(run: Path) -> None:
    plan, cut, film = read_plan(run / "plan.json"), probe_video(run / "cut.mp4"), account_of(run)["film"]
    assert plan.target.aspect == "1:1"
    assert (film["width"], film["height"]) == (cut.width, cut.height) == (112, 112)
    assert film["lead_frames"] == 62
    assert cut.duration_frames == plan.duration_frames + 62
    assert [window["clip"] for window in film["windows"]] == [clip.order for clip in plan.clips]
    assert film["loudness_before"]["integrated"] < -10


def test_subtitles_and_the_page_count_the_card_in(run: Path) -> None:
    assert (run / "cut.srt").read_text(encoding="utf-8").splitlines()[1] >= "00:00:02,480"
    assert 'data-start="62"' in (run / "storyboard.html").read_text(encoding="utf-8")


def test_a_revision_is_finished_as_its_run_was(run: Path) -> None:
    made = revise(finished_run(run), "3 seconds", out=run / "rev-1")
    film = account_of(run / "rev-1")["film"]
    assert (film["width"], film["height"], film["lead_frames"]) == (112, 112, 62)
    assert made.result.plan.target.aspect == "1:1"
    assert (run / "rev-1" / "cut.srt").exists()


def test_another_film_of_the_same_plan(run: Path, tmp_path: Path) -> None:
    plan = read_plan(run / "plan.json")
    assert render_plan(plan.shaped("9:16"), tmp_path / "tall.mp4", {"fit": "pad"}) == ()
    made = probe_video(tmp_path / "tall.mp4")
    assert (made.width, made.height, made.duration_frames) == (108, 192, plan.duration_frames)
    with pytest.raises(DocumentError, match=r"target\.aspect is '4:0'"):
        render_plan(plan.shaped("4:0"), tmp_path / "none.mp4", {})
    assert render_plan(plan.shaped("4:3"), tmp_path / "old.mp4", {}) == ()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"burn_subtitles": True},
            r"burn_subtitles needs what is said: give --transcript FILE, or have direct --listen MODEL",
        ),
        ({"aspect": "4:3"}, "aspect = '4:3'"),
        ({"fit": "stretch"}, "fit = 'stretch'"),
        ({"loudness": 3}, "loudness = 3"),
        ({"loudness": float("nan")}, "loudness = nan"),
    ],
)
def test_what_cannot_be_asked(tmp_path: Path, options: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        build_director().invoke({"video": tmp_path / "none.mp4", **BUILTIN, **options})


def test_what_to_look_out_for_is_said() -> None:
    film = Film(Path("cut.mp4"), (640, 360), missing="ไ\U0001f389", loudness=Loudness(float("-inf"), float("-inf")))
    letters, silent = film_warnings(film, "en")
    assert letters.startswith("No font here has Thai, emoji and symbols (ไ\U0001f389); left out")
    assert silent == "The film is silent; its loudness was left as it is."
    assert film_warnings(film, "zh")[1] == "影片没有声音,响度未作调整。"
    assert film_account(film)["loudness_before"] == {"integrated": None, "peak": None}
    window = Window("x", ((0, 10.04), (20, 30.0)), "faces")
    told = film_account(Film(Path("cut.mp4"), (202, 360), windows=(window,)))
    assert told["windows"] == [{"clip": 1, "by": "faces", "axis": "x", "path": [[0, 10.0], [20, 30.0]]}]


def test_sound_that_cannot_be_measured_is_not_called_silent(tmp_path: Path) -> None:
    """Three tenths of a second: EBU R 128 measures blocks of four."""
    footage = probe_video(films.make_film(tmp_path / "film.mp4", shots=[50], tone=True))
    film = make_film(plan_of(footage, [(0, 8)]), tmp_path / "cut.mp4", footage=footage, finish=Finish(loudness=-14.0))
    (said,) = film_warnings(film, "en")
    assert said.startswith("The sound is too short or too soft")


def test_subtitles_that_were_asked_for_and_are_none_are_told(run: Path, tmp_path: Path) -> None:
    (tmp_path / "late.srt").write_text("1\n01:00:00,000 --> 01:00:02,000\nToo late.\n", encoding="utf-8")
    options = {"burn_subtitles": True, "transcript": tmp_path / "late.srt"}
    (said,) = render_plan(read_plan(run / "plan.json"), tmp_path / "cut.mp4", options)
    assert said.startswith("Nothing that is said in the film is heard in the edit")
