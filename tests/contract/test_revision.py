"""Changing one's mind: planned again by a model that really gets the edit that is there; nobody looks again."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import films
import pytest
from servers import faults, planners
from servers.loopback import Seen
from servers.models import Model
from servers.openai_like import Server, describes_the_colour, serving
from servers.planners import obedient

from autocut_director import Settings, build_director, revise
from autocut_director.agent.revision import finished_run, next_folder
from autocut_director.errors import ExhaustedError, InputError, NoBackendError

NOWHERE, KEY = "http://127.0.0.1:9", "sk-made-up"
_CLIP = re.compile(r'^\{"scene_id": .*\}$', re.MULTILINE)


def drops_the_first(seen: Seen) -> str:
    """A planner that takes the first clip out of the edit that it was shown, and keeps the rest as it is."""
    question = planners.asked(seen)
    if "There is an edit of this film already" not in question:
        return obedient(seen)
    clips = [json.loads(line) for line in _CLIP.findall(question)][1:]
    frames = sum(clip["out_frame"] - clip["in_frame"] for clip in clips)
    return json.dumps({"title": "Changed", "clips": clips, "length_frames": frames})


@pytest.fixture
def deepseek() -> Iterator[Server]:
    models = (Model("deepseek-flash", sees=False),)
    with serving(Server(drops_the_first, token=KEY, models=models, dialect="deepseek")) as role:
        yield role


@pytest.fixture
def eyes() -> Iterator[Server]:
    with serving(Server(describes_the_colour)) as role:
        yield role


def director_over(deepseek: Server, eyes: Server) -> Any:
    return build_director(
        Settings(LMSTUDIO_HOST=eyes.url, OLLAMA_HOST=NOWHERE, DEEPSEEK_API_KEY=KEY, DEEPSEEK_BASE_URL=deepseek.url)
    )


def test_a_change_in_words_keeps_what_was_not_mentioned_and_looks_at_nothing_again(
    film: Path, tmp_path: Path, deepseek: Server, eyes: Server
) -> None:
    director = director_over(deepseek, eyes)
    result = director.invoke({"video": film, "out": tmp_path / "o", "duration": 5, "brief": "The sea."})
    assert len(result.plan.clips) == 5
    looked = len(eyes.seen)
    revision = revise(result, "no blue at the start", director=director, out=tmp_path / "o/rev-1")
    assert len(eyes.seen) == looked
    assert [clip.scene_id for clip in revision.result.plan.clips] == [c.scene_id for c in result.plan.clips[1:]]
    assert revision.result.plan.duration_frames == sum(clip.length for clip in result.plan.clips[1:])
    assert revision.difference.count("removed") == 1
    question = planners.asked(deepseek.seen[-1])
    assert '"no blue at the start"' in question
    assert '"The sea."' in question
    assert [scene.visual for scene in revision.result.scenes] == [scene.visual for scene in result.scenes]
    assert films.numbers_in(tmp_path / "o/rev-1/cut.mp4") == [
        frame for clip in revision.result.plan.clips for frame in range(clip.in_frame, clip.out_frame)
    ]
    run = json.loads((tmp_path / "o/rev-1/run.json").read_text(encoding="utf-8"))
    assert (run["request"]["change"], run["request"]["earlier"]) == ("no blue at the start", "(given)")
    assert run["totals"]["described"] == 5
    difference = json.loads((tmp_path / "o/rev-1/difference.json").read_text(encoding="utf-8"))
    assert difference["frames_after"] == revision.result.plan.duration_frames


def test_a_length_in_the_words_holds_whatever_the_model_says(film: Path, deepseek: Server, eyes: Server) -> None:
    director = director_over(deepseek, eyes)
    result = director.invoke({"video": film, "duration": 5})
    revision = revise(result, "3 s", director=director)
    assert revision.result.plan.duration_frames == pytest.approx(75, abs=4)


def test_without_a_model_only_the_length_can_be_changed(film: Path, tmp_path: Path) -> None:
    director = build_director(Settings(LMSTUDIO_HOST=NOWHERE, OLLAMA_HOST=NOWHERE))
    builtin = {"vision": "builtin", "planner": "builtin"}
    director.invoke({"video": film, "out": tmp_path / "o", "duration": 6, **builtin})
    result = finished_run(tmp_path / "o")
    revision = revise(result, "shorter", director=director)
    assert [clip.scene_id for clip in revision.result.plan.clips] == [clip.scene_id for clip in result.plan.clips]
    assert revision.result.plan.duration_frames == pytest.approx(0.75 * 150, abs=6)
    with pytest.raises(NoBackendError, match="'start with the sea' asks for something else"):
        revise(result, "start with the sea", director=director)
    with pytest.raises(InputError, match="What is to be changed is missing"):
        revise(result, "  ", director=director)


def test_revisions_are_numbered_beside_one_another(tmp_path: Path) -> None:
    home = tmp_path / "o"
    (home / "rev-2").mkdir(parents=True)
    (home / "rev-x").mkdir()
    (home / "run.json").write_text("{}")
    assert next_folder(home) == home / "rev-3"
    assert next_folder(home / "rev-2") == home / "rev-3"


def test_what_was_measured_and_read_is_kept(film: Path, deepseek: Server, eyes: Server) -> None:
    """A revision that measured again would lose what was read in the pictures."""
    director = director_over(deepseek, eyes)
    result = director.invoke({"video": film, "duration": 5})
    signals = result.scenes[0].signals.model_copy(update={"text": "SALE", "text_share": 0.2})
    scenes = (result.scenes[0].model_copy(update={"signals": signals}), *result.scenes[1:])
    revision = revise(replace(result, scenes=scenes), "shorter", director=director)
    assert revision.result.scenes == scenes
    assert '"SALE"' in planners.asked(deepseek.seen[-1])


def test_why_no_model_changed_the_edit_is_said(film: Path, deepseek: Server, eyes: Server) -> None:
    director = director_over(deepseek, eyes)
    result = director.invoke({"video": film, "duration": 5})
    deepseek.fault = faults.no_balance
    with pytest.raises(ExhaustedError, match=r"DeepSeek: the account has no balance \(HTTP 402\)"):
        revise(result, "start with the sea", director=director)
    assert revise(result, "shorter", director=director).result.plan.planned_by.degraded
