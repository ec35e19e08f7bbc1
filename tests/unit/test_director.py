"""The director from Python: the same path as the command, as a Runnable."""

import asyncio
import json
import time
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import films
import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableLambda
from servers import ollama, openai_like
from servers.openai_like import describes_the_colour

from autocut_director import DirectorResult, SceneDescription, Settings, build_director, revise
from autocut_director.agent.backends import ChatBuiltinVision, ChatLMStudio, ChatOllamaVision
from autocut_director.errors import BackendError, DegradedError, DocumentError, InputError, OutputError, PlanError
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.probe import probe_video
from autocut_director.tools.timeline import PlanRequest
from autocut_director.tools.words.subrip import srt_text
from autocut_director.tools.words.subtitles import subtitles
from autocut_director.tools.words.transcript import read_transcript

TIMELINES = {"timeline.otio", "timeline.fcpxml", "timeline.xml", "timeline.edl"}
FILES = {"run.json", "scenes.json", "plan.json", "cut.mp4", "storyboard.html", "storyboard.png", *TIMELINES}
STEPS = ["probe", "hear", "scenes", "describe", "check", "plan", "prove", "deliver"]


NOBODY = {"lmstudio_host": "http://127.0.0.1:9/v1", "ollama_host": "http://127.0.0.1:9"}
"""No server answers, whatever runs on the machine of whoever runs the tests."""


def direct(**options: Any) -> DirectorResult:
    return build_director(Settings(**NOBODY)).invoke(
        {"vision": "builtin", "planner": "builtin", "duration": 3, **options}
    )


def test_a_film_becomes_a_film_a_plan_and_a_page(film: Path, tmp_path: Path) -> None:
    result = direct(video=film, out=tmp_path / "cut")
    assert {path.name for path in (tmp_path / "cut").iterdir()} == FILES
    assert {path.name for path in result.files.values()} == FILES
    assert probe_video(tmp_path / "cut/cut.mp4").picture_count == result.plan.duration_frames == 75
    numbers = films.numbers_in(tmp_path / "cut/cut.mp4")
    assert numbers == [n for clip in result.plan.clips for n in range(clip.in_frame, clip.out_frame)]
    assert not result.run.degraded
    run = json.loads((tmp_path / "cut/run.json").read_text())
    assert (run["schema"], run["status"], run["degraded"]) == ("run.v1", "done", False)
    assert run["video"]["digest"].startswith("sha256:")
    assert set(run["steps"]) == set(STEPS)
    assert [scene["status"] for scene in run["scenes"]] == ["described"] * 5
    assert all(scene["backend"] == "builtin" and scene["input_tokens"] > 0 for scene in run["scenes"])
    assert run["prompts"][0]["name"] == "describe_scene"
    assert len(run["prompts"][0]["sha256"]) == 64
    assert run["files"]["cut"] == "cut.mp4"


def test_what_is_said_lies_beside_the_plan_and_moves_with_the_cut(film: Path, tmp_path: Path) -> None:
    talk, out = tmp_path / "talk.srt", tmp_path / "cut"
    talk.write_text("1\n00:00:00,000 --> 00:00:08,000\nA word for every scene: one, two, three, four, five.\n", "utf-8")
    result = direct(video=film, out=out, transcript=talk, no_render=True)
    assert (result.files["transcript"], result.files["srt"]) == (out / "transcript.vtt", out / "cut.srt")
    assert (result.run.files["srt"], result.run.left_out) == ("cut.srt", {})
    (line,) = read_transcript(out / "transcript.vtt", Fraction(25))
    expected = srt_text(subtitles(result.plan, [line]), Fraction(25))
    assert (out / "cut.srt").read_text("utf-8") == expected
    talk.unlink()
    made = revise(result, "shorter", out=out / "rev-1", director=build_director(Settings(**NOBODY)))
    assert made.result.files["srt"].exists()
    direct(video=film, out=out, no_render=True)
    assert not {"transcript.vtt", "cut.srt"} & {path.name for path in out.iterdir()}


@pytest.mark.parametrize(
    ("language", "said"), [("en", "subtitles are gone before they can be read"), ("zh", "条来不及读完")]
)
def test_subtitles_that_nobody_can_read_in_time_are_said(film: Path, tmp_path: Path, language: str, said: str) -> None:
    talk = tmp_path / "talk.srt"
    for times, told in ((3, False), (40, True)):
        talk.write_text("1\n00:00:00,000 --> 00:00:08,000\n" + "Word after word after word " * times, "utf-8")
        run = direct(video=film, out=tmp_path / "cut", transcript=talk, no_render=True, language=language).run
        assert any(said in warning for warning in run.warnings) is told


def test_a_run_in_which_nothing_said_is_heard_says_so(film: Path, tmp_path: Path) -> None:
    talk = tmp_path / "talk.srt"
    talk.write_text("1\n00:10:00,000 --> 00:10:02,000\nLong after the end.\n", "utf-8")
    result = direct(video=film, out=tmp_path / "cut", transcript=talk, no_render=True)
    assert "srt" not in result.files
    assert "Nothing that is said" in result.run.left_out["srt"]


def test_without_out_nothing_is_written(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = direct(video=film)
    assert result.files == {}
    assert len(result.scenes) == 5
    assert list(tmp_path.iterdir()) == []


def test_the_steps_are_named_in_a_trace_and_scenes_are_told(film: Path) -> None:
    async def events() -> list[Mapping[str, Any]]:
        stream = build_director(Settings(**NOBODY)).astream_events({"video": film, "duration": 3}, version="v2")
        return [event async for event in stream]

    seen = asyncio.run(events())
    names = [event["name"] for event in seen if event["event"] == "on_chain_start"]
    assert [name for name in names if name in STEPS] == STEPS
    assert names[0] == "director"
    assert "look at S0001" in names
    assert "ask_builtin" in {event["name"] for event in seen if event["event"] == "on_chat_model_start"}
    told = [event["data"] for event in seen if event["event"] == "on_custom_event" and event["name"] == "scene"]
    assert sorted(scene["scene_id"] for scene in told) == ["S0001", "S0002", "S0003", "S0004", "S0005"]
    assert all(scene["visual"]["summary"] for scene in told)


def test_ainvoke_batch_and_stream_are_the_same_path(film: Path) -> None:
    director = build_director(Settings(**NOBODY))
    asked = {"video": film, "duration": 3}
    plan = director.invoke(asked).plan
    assert asyncio.run(director.ainvoke(asked)).plan == plan
    assert [result.plan for result in director.batch([asked, asked])] == [plan, plan]
    assert [result.plan for result in director.stream(asked)] == [plan]


def test_a_stand_in_is_said(film: Path) -> None:
    result = direct(video=film, vision="auto", planner="auto")
    assert result.run.degraded
    assert len(result.run.causes) == 2
    assert result.plan.planned_by.degraded
    with pytest.raises(DegradedError, match="no vision model can be used"):
        direct(video=film, vision="auto", strict=True)


def test_a_callers_own_vision_and_planner_are_used(film: Path) -> None:
    def look(shot: SceneFrames) -> dict[str, Any]:
        return {"summary": f"seen {shot.scene.scene_id}", "analyzed_by": "me"}

    def propose(wish: PlanRequest) -> dict[str, Any]:
        last = wish.document.scenes[-1]
        return {"title": wish.brief, "clips": [{"scene_id": last.scene_id, "in_frame": 100, "out_frame": 190}]}

    director = build_director(
        Settings(**NOBODY), vision=RunnableLambda(look), planner=RunnableLambda(propose, name="mine")
    )
    result = director.invoke({"video": film, "duration": 1, "brief": "the sea"})
    assert result.scenes[0].visual is not None
    assert result.scenes[0].visual.summary == "seen S0001"
    assert not result.run.degraded
    assert (result.plan.title, result.plan.planned_by.planner) == ("the sea", "mine")
    assert [(clip.in_frame, clip.out_frame) for clip in result.plan.clips] == [(155, 180)]
    assert {change.rule for change in result.plan.adjustments} == {"inside_scene", "purpose_order", "total_duration"}


def test_a_callers_chat_model_looks_with_the_prompt(film: Path, tmp_path: Path) -> None:
    (tmp_path / "describe_scene.md").write_text(
        "---\npurpose: x\nversion: 9\nvariables: [language]\n---\nSay {{language}}"
    )
    result = build_director(Settings(**NOBODY), vision=ChatBuiltinVision(language="zh"), prompts=tmp_path).invoke(
        {"video": film}
    )
    assert result.run.prompts[0].version == "9"
    assert "画面" in str(result.scenes[0].visual)


def test_scenes_that_fail_are_counted_and_the_others_go_on(film: Path, tmp_path: Path) -> None:
    def look(shot: SceneFrames) -> dict[str, Any]:
        if shot.scene.scene_id in {"S0002", "S0004"}:
            raise TimeoutError("no answer in 60 s")
        return {"summary": "seen"}

    director = build_director(Settings(**NOBODY), vision=RunnableLambda(look))
    result = director.invoke({"video": film, "planner": "builtin", "duration": 3, "out": tmp_path / "o"})
    assert [scene.status for scene in result.scenes] == ["described", "failed", "described", "failed", "described"]
    assert result.run.totals.failed == 2
    assert result.run.causes == ("2 of 5 scenes could not be described; S0002: TimeoutError: no answer in 60 s",)
    assert "TimeoutError: no answer in 60 s" in (tmp_path / "o/storyboard.html").read_text()
    assert "TimeoutError" in json.loads((tmp_path / "o/run.json").read_text())["scenes"][1]["error"]


def test_when_nobody_can_see_the_run_fails_and_says_so(film: Path, tmp_path: Path) -> None:
    def look(_: SceneFrames) -> None:
        raise ConnectionError("refused")

    director = build_director(Settings(**NOBODY), vision=RunnableLambda(look))
    with pytest.raises(
        BackendError, match=r"None of 5 scenes could be described\. The first: ConnectionError: refused"
    ):
        director.invoke({"video": film, "out": tmp_path / "o"})
    run = json.loads((tmp_path / "o/run.json").read_text())
    assert (run["status"], {scene["status"] for scene in run["scenes"]}) == ("failed", {"failed"})
    assert [path.name for path in (tmp_path / "o").iterdir()] == ["run.json"]


def test_a_planner_that_talks_nonsense_is_refused(film: Path, tmp_path: Path) -> None:
    director = build_director(Settings(**NOBODY), planner=RunnableLambda(lambda _: {"clips": []}))
    with pytest.raises(PlanError, match="no clip is left"):
        director.invoke({"video": film, "out": tmp_path / "o"})
    assert json.loads((tmp_path / "o/run.json").read_text())["status"] == "failed"


def test_an_interrupt_is_noted(film: Path, tmp_path: Path) -> None:
    def look(_: PlanRequest) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_director(Settings(**NOBODY), planner=RunnableLambda(look)).invoke({"video": film, "out": tmp_path / "o"})
    assert json.loads((tmp_path / "o/run.json").read_text())["status"] == "interrupted"


class _StopsBefore(BaseCallbackHandler):
    """Stops the run before a step begins: no step is at work that could note it."""

    def __init__(self, step: str) -> None:
        self._step = step

    def on_chain_start(self, *_: Any, **known: Any) -> None:
        if known.get("name") == self._step:
            raise KeyboardInterrupt


def test_an_interrupt_between_two_steps_is_noted(film: Path, tmp_path: Path) -> None:
    director = build_director(Settings(**NOBODY))
    with pytest.raises(KeyboardInterrupt):
        director.invoke({"video": film, "out": tmp_path / "o"}, {"callbacks": [_StopsBefore("scenes")]})
    run = json.loads((tmp_path / "o/run.json").read_text())
    assert (run["status"], run["error"]) == ("interrupted", "KeyboardInterrupt")


def test_models_that_are_only_async_can_look_and_plan(film: Path) -> None:
    async def look(shot: SceneFrames) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"summary": f"seen {shot.scene.scene_id}"}

    async def propose(wish: PlanRequest) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"clips": [{"scene_id": wish.document.scenes[0].scene_id, "in_frame": 0, "out_frame": 25}]}

    director = build_director(Settings(**NOBODY), vision=RunnableLambda(look), planner=RunnableLambda(propose))
    result = asyncio.run(director.ainvoke({"video": film, "duration": 1}))
    assert result.run.totals.described == 5
    assert result.plan.duration_frames == 25


def test_a_chat_model_as_planner_that_cannot_plan_is_said(film: Path) -> None:
    director = build_director(Settings(**NOBODY), planner=ChatBuiltinVision())
    with pytest.raises(BackendError, match="ChatBuiltinVision: the answer is no plan: schema: clips: Field required"):
        director.invoke({"video": film, "vision": "builtin"})


def test_a_wrapped_chat_model_can_look(film: Path) -> None:
    result = build_director(Settings(**NOBODY), vision=ChatBuiltinVision().with_retry()).invoke(
        {"video": film, "duration": 3}
    )
    assert result.run.totals.described == 5


def test_damage_is_said_with_given_scenes_too(film: Path, tmp_path: Path) -> None:
    data = bytearray(film.read_bytes())
    middle = len(data) // 3
    data[middle : middle + 3000] = bytes(3000)
    (tmp_path / "hurt.mp4").write_bytes(data)
    first = direct(video=tmp_path / "hurt.mp4", out=tmp_path / "o", no_render=True)
    again = direct(video=tmp_path / "hurt.mp4", scenes=tmp_path / "o/scenes.json")
    assert "did not decode whole" in first.run.warnings[0]
    assert again.run.warnings == first.run.warnings


def test_descriptions_of_given_scenes_are_kept_where_nobody_looks_again(film: Path, tmp_path: Path) -> None:
    direct(video=film, out=tmp_path / "o", no_render=True)
    result = direct(video=film, out=tmp_path / "o", scenes=tmp_path / "o/scenes.json", max_scenes=1, no_render=True)
    assert all(scene.visual is not None for scene in result.scenes)


def test_a_film_never_lies_beside_another_plan(film: Path, tmp_path: Path) -> None:
    direct(video=film, out=tmp_path / "o")
    (tmp_path / "o/notes.txt").touch()
    direct(video=film, out=tmp_path / "o", duration=1, no_render=True)
    assert not (tmp_path / "o/cut.mp4").exists()
    assert (tmp_path / "o/notes.txt").exists()


SCHEMA = SceneDescription.model_json_schema()


@pytest.mark.parametrize("kind", ["ollama", "lmstudio"])
def test_a_model_server_describes_each_scene_from_its_own_pixels(film: Path, kind: str) -> None:
    """Over real HTTP, as the README shows it: the servers name the mean colour of the pictures they were sent."""
    with (
        ollama.serving(ollama.OllamaServer()) as at,
        openai_like.serving(openai_like.Server(describes_the_colour)) as lm,
    ):
        eyes: dict[str, Any] = {
            "ollama": ChatOllamaVision(model="moondream:latest", base_url=at.url, format=SCHEMA),
            "lmstudio": ChatLMStudio(model="moondream2", base_url=lm.url).bind(
                response_format={"type": "json_schema", "json_schema": {"name": "scene", "schema": SCHEMA}}
            ),
        }
        result = build_director(Settings(**NOBODY), vision=eyes[kind]).invoke({"video": film, "duration": 3})
    said = [scene.visual.summary for scene in result.scenes if scene.visual]
    assert said == [f"a {colour} picture" for colour in ("blue", "green", "red", "blue", "blue")]
    assert {scene.visual.analyzed_by for scene in result.scenes if scene.visual} == {kind}
    assert all(account.input_tokens > 0 for account in result.run.scenes)


@pytest.mark.parametrize("most", [0, 9], ids=["all scenes", "nine scenes"])
@pytest.mark.parametrize("way", ["sync", "async"])
def test_scenes_are_looked_at_while_the_film_is_read_and_it_waits_for_them(tmp_path: Path, way: str, most: int) -> None:
    long = films.make_film(tmp_path / "long.mp4", shots=[10] * 60, sound=False)
    read, read_at_first_look = [0], list[int]()

    def look(shot: SceneFrames) -> dict:
        if not read_at_first_look:
            time.sleep(0.7)  # long enough to read all of it
            read_at_first_look.append(read[0])
        return {"summary": f"Scene {shot.scene.scene_id}.", "quality_score": 5}

    class Watch(BaseCallbackHandler):
        def on_custom_event(self, name: str, data: Any, **_: Any) -> None:
            if name == "progress" and data["step"] == "scenes":
                read[0] = data["done"]

    options = {"video": long, "planner": "builtin", "duration": 5, "max_scenes": most, "no_cache": True}
    director, config = (
        build_director(Settings(**NOBODY), vision=RunnableLambda(look)),
        {"callbacks": [Watch()], "max_concurrency": 2},
    )
    result = director.invoke(options, config) if way == "sync" else asyncio.run(director.ainvoke(options, config))
    assert result.run.totals.described == (most or 60)
    assert 0 < read_at_first_look[0] < (600 if most else 400)


def test_the_film_is_decoded_once(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, really = list[Any](), av.open
    monkeypatch.setattr(av, "open", lambda *given, **options: opened.append(given) or really(*given, **options))
    probe_video(film)
    of_probe = len(opened)
    direct(video=film, no_cache=True)
    assert len(opened) == 2 * of_probe + 1


def test_only_as_many_scenes_as_asked_are_looked_at(film: Path) -> None:
    result = direct(video=film, max_scenes=2)
    assert [scene.status for scene in result.scenes].count("described") == 2
    assert all(scene.signals is not None for scene in result.scenes)
    assert result.run.totals.not_selected == 3


def test_scenes_that_were_given_are_used(film: Path, tmp_path: Path) -> None:
    direct(video=film, out=tmp_path / "o")
    data = json.loads((tmp_path / "o/scenes.json").read_text())
    data["scenes"] = [data["scenes"][1], {**data["scenes"][3], "note": "mine"}]
    (tmp_path / "mine.json").write_text(json.dumps(data))
    result = direct(video=film, scenes=tmp_path / "mine.json")
    assert [scene.scene_id for scene in result.scenes] == ["S0002", "S0004"]
    assert result.scenes[1].model_extra == {"note": "mine"}
    other = films.make_film(tmp_path / "other.mp4", shots=[40])
    with pytest.raises(DocumentError, match=r"is for another video: .* is not the file it was made from"):
        direct(video=other, scenes=tmp_path / "mine.json")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"duration": 0}, "duration = 0: input should be greater than 0"),
        ({"duration": float("nan")}, "duration = nan"),
        ({"frames_per_scene": 0}, "frames_per_scene = 0"),
        ({"max_scenes": -1}, "max_scenes = -1"),
        (
            {"vision": "psychic"},
            "vision = 'psychic': input should be 'auto', 'lmstudio', 'ollama', 'embedded', 'openai' or 'builtin'",
        ),
        ({"speed": 2}, "No option 'speed'. Known: video, out, brief, style, transcript, listen"),
        ({"video": None}, "video = None"),
    ],
)
def test_a_wrong_request_is_named(film: Path, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as refused:
        direct(**{"video": film, **wrong})
    assert said in str(refused.value)


def test_the_folder_is_this_videos_or_empty(film: Path, tmp_path: Path) -> None:
    direct(video=film, out=tmp_path / "o", no_render=True)
    direct(video=film, out=tmp_path / "o", no_render=True)
    other = films.make_film(tmp_path / "other.mp4", shots=[40, 30])
    with pytest.raises(OutputError, match="holds something else"):
        direct(video=other, out=tmp_path / "o")
    direct(video=other, out=tmp_path / "o", overwrite=True, no_render=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").touch()
    with pytest.raises(
        OutputError, match=r"holds something else \(thesis\.txt\); choose another folder, or add --overwrite"
    ):
        direct(video=film, out=tmp_path / "mine")
    with pytest.raises(OutputError, match="is a file; name a folder"):
        direct(video=film, out=film)


def test_the_video_itself_is_never_replaced(film: Path, tmp_path: Path) -> None:
    video = tmp_path / "cut.mp4"
    video.write_bytes(film.read_bytes())
    with pytest.raises(OutputError, match="is where a result would go"):
        direct(video=video, out=tmp_path, overwrite=True)
    assert video.read_bytes() == film.read_bytes()


def test_a_film_cut_short_warns_how_much(film: Path, tmp_path: Path) -> None:
    whole = films.remux(film, tmp_path / "whole.mp4", after=["-movflags", "+faststart"])
    (tmp_path / "short.mp4").write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.7)])
    result = direct(video=tmp_path / "short.mp4", out=tmp_path / "o")
    assert "of 200 frames are there" in result.run.warnings[0]
    assert probe_video(tmp_path / "o/cut.mp4").picture_count == result.plan.duration_frames


def test_more_than_there_is_is_met_with_all_there_is(film: Path) -> None:
    result = direct(video=film, duration=60)
    assert result.plan.duration_frames == 200
    assert result.plan.assumptions == ("60 s were asked, the film has 8.0 s: all of it is used.",)
    assert result.run.warnings == result.plan.assumptions


def test_chinese_from_the_setting(film: Path) -> None:
    result = build_director(Settings(language="zh", **NOBODY)).invoke({"video": film, "duration": 3})
    assert "画面" in str(result.scenes[0].visual)
    assert "镜头" in result.plan.clips[0].reason


def test_the_whole_page_speaks_chinese(film: Path, tmp_path: Path) -> None:
    result = direct(video=film, out=tmp_path / "o", duration=60, language="zh", vision="auto", no_render=True)
    assert result.plan.assumptions == ("要求 60 秒,影片只有 8.0 秒:全部采用。",)
    page = (tmp_path / "o/storyboard.html").read_text(encoding="utf-8")
    assert "没有可用的视觉模型" in page
    assert "stood in" not in page


@pytest.mark.parametrize("kind", ["edl", "fcpxml", "otio"])
def test_another_programs_edit_is_used_as_scenes(film: Path, tmp_path: Path, kind: str) -> None:
    first = direct(video=film, out=tmp_path / "o", no_render=True)
    again = direct(video=film, scenes=tmp_path / f"o/timeline.{kind}")
    cut = sorted((clip.in_frame, clip.out_frame) for clip in first.plan.clips)
    assert [(scene.start_frame, scene.end_frame) for scene in again.scenes] == cut
    assert first.run.left_out == {}
