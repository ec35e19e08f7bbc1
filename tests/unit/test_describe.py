"""A scene that fails is kept as failed with its cause; the others go on."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableLambda

from autocut_director.agent.backends import ChatBuiltinVision
from autocut_director.agent.router import load_wording
from autocut_director.agent.run.crew import takes_messages
from autocut_director.errors import VideoError
from autocut_director.tools.describe import (
    Look,
    adescribe_scenes,
    describe_scenes,
    make_describer,
    with_look,
)
from autocut_director.tools.frames import SceneFrames, sample_frames
from autocut_director.tools.ladder import Ladder, scene_messages
from autocut_director.tools.probe import Footage
from autocut_director.tools.scenes import detect_scenes
from autocut_director.tools.timeline import SceneDescription

WORDING, _ = load_wording("en")
ANSWER = {"summary": "A sea.", "shot_type": "全景", "subjects": ["sea"], "quality_score": 7}


@pytest.fixture(scope="module")
def shots(footage: Footage) -> Sequence[SceneFrames]:
    return sample_frames(footage, detect_scenes(footage).scenes)


def test_the_request_holds_the_prompt_and_the_stills_in_order(shots: Sequence[SceneFrames]) -> None:
    (message,) = scene_messages(shots[0], "Look.")
    text, *images = message.content
    assert text == {"type": "text", "text": "Look."}
    assert len(images) == 3
    assert all(block["image_url"]["url"].startswith("data:image/jpeg;base64,/9j/") for block in images)
    assert {block["image_url"]["detail"] for block in images} == {"low"}


def test_each_scene_is_described_from_its_own_pixels(shots: Sequence[SceneFrames]) -> None:
    vision = make_describer(Ladder(ChatBuiltinVision(), WORDING))
    looks = describe_scenes(vision, shots)
    said = [look.description.summary for look in looks if look.description]
    assert ["mostly blue" in said[0], "mostly green" in said[1], "mostly cyan" in said[4]] == [True] * 3
    assert {(look.description.analyzed_by, look.description.model) for look in looks if look.description} == {
        ("builtin", "pixels-1")
    }


def test_it_speaks_chinese(shots: Sequence[SceneFrames]) -> None:
    model = ChatBuiltinVision(language="zh")
    (look, *_) = describe_scenes(make_describer(Ladder(model, load_wording("zh")[0])), shots)
    assert look.description is not None
    assert "画面" in look.description.summary


def test_tokens_and_seconds_are_counted_scene_by_scene(shots: Sequence[SceneFrames]) -> None:
    looks = describe_scenes(make_describer(Ladder(ChatBuiltinVision(), WORDING)), shots)
    assert all(look.input_tokens > 100 and look.output_tokens > 5 for look in looks)
    assert all(0 < look.seconds < 30 for look in looks)


def test_seconds_count_from_a_scenes_own_turn(shots: Sequence[SceneFrames]) -> None:
    def slow(_: SceneFrames) -> SceneDescription:
        time.sleep(0.1)
        return SceneDescription(summary="x")

    looks = describe_scenes(RunnableLambda(slow), shots, parallel=1)
    assert all(0.1 <= look.seconds < 0.3 for look in looks)


def test_one_failure_does_not_stop_the_others(shots: Sequence[SceneFrames]) -> None:
    def vision(shot: SceneFrames) -> dict:
        if shot.scene.scene_id == "S0003":
            raise ConnectionError("the cable\nis out")
        return {"summary": "no score", "quality_score": 99} if shot.scene.scene_id == "S0004" else ANSWER

    told: list[str] = []
    looks = describe_scenes(RunnableLambda(vision), shots, on_look=lambda look: told.append(look.scene_id))
    assert sorted(told) == ["S0001", "S0002", "S0003", "S0004", "S0005"]
    assert [look.error for look in looks[:2]] == [None, None]
    assert looks[2].error == "ConnectionError: the cable is out"
    assert looks[3].error is not None
    assert "quality_score: Input should be less than or equal to 10" in looks[3].error
    scenes = [with_look(shot.scene, look) for shot, look in zip(shots, looks, strict=True)]
    assert [scene.status for scene in scenes] == ["described", "described", "failed", "failed", "described"]
    assert scenes[0].visual is not None
    assert scenes[0].visual.shot_type == "wide"
    assert with_look(shots[0].scene, None).status == "not_selected"


def test_any_chat_model_can_look(shots: Sequence[SceneFrames]) -> None:
    answers = iter([AIMessage(content=f"```json\n{json.dumps(ANSWER)}\n```")])
    model = GenericFakeChatModel(messages=answers)
    (look,) = describe_scenes(make_describer(Ladder(model, WORDING)), shots[:1])
    assert look.description is not None
    assert look.description.subjects == ("sea",)


def test_the_builtin_model_sees_every_form_of_image_and_nothing_from_an_address(shots: Sequence[SceneFrames]) -> None:
    (message,) = scene_messages(shots[0], "")
    data = message.content[1]["image_url"]["url"].partition(",")[2]
    forms = [
        message.content[1],
        {"type": "image", "base64": data, "mime_type": "image/jpeg"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": data}},
        {"type": "image_url", "image_url": message.content[1]["image_url"]["url"]},
    ]
    model = ChatBuiltinVision()
    answers = {model.invoke([HumanMessage(content=[form])]).content for form in forms}
    assert len(answers) == 1
    blind = model.invoke([HumanMessage(content=[{"type": "image", "url": "http://127.0.0.1:9/x.jpg"}])])
    assert json.loads(blind.text)["summary"] == ""
    broken = model.invoke([HumanMessage(content=[{"type": "image", "base64": data[:40], "mime_type": "image/jpeg"}])])
    assert json.loads(broken.text)["quality_score"] is None


def test_the_builtin_model_streams_what_it_answers(shots: Sequence[SceneFrames]) -> None:
    messages = scene_messages(shots[0], "Look.")
    chunks = list(ChatBuiltinVision().stream(messages))
    assert len(chunks) > 3
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    answer = ChatBuiltinVision().invoke(messages)
    assert whole.text == answer.text
    assert whole.usage_metadata == answer.usage_metadata


def test_chat_models_are_known_however_they_are_wrapped() -> None:
    model = ChatBuiltinVision()
    wrapped = [
        model,
        model.bind(stop=["x"]),
        model.with_retry(),
        model.with_fallbacks([model]),
        model.with_config(tags=["a"]),
    ]
    assert all(takes_messages(runnable) for runnable in wrapped)
    assert not takes_messages(RunnableLambda(lambda shot: shot))


def test_a_callers_bound_on_concurrency_wins(shots: Sequence[SceneFrames]) -> None:
    running, most = 0, 0
    lock = threading.Lock()

    def look(_: SceneFrames) -> dict:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return ANSWER

    describe_scenes(RunnableLambda(look), shots, parallel=4, config={"max_concurrency": 1})
    assert most == 1
    describe_scenes(RunnableLambda(look), shots, parallel=4)
    assert 1 < most <= 4


def late(shots: Sequence[SceneFrames], looked: threading.Event, taken: list[str]) -> Iterator[SceneFrames]:
    """Scenes of which the last are only there when one of the first has been looked at."""
    for number, shot in enumerate(shots):
        if number == 3:
            assert looked.wait(10), "nobody looked before all scenes were there"
        taken.append(shot.scene.scene_id)
        yield shot


@pytest.mark.parametrize("way", ["sync", "async"])
def test_scenes_are_looked_at_while_others_are_in_the_making(shots: Sequence[SceneFrames], way: str) -> None:
    looked, taken = threading.Event(), list[str]()

    def look(shot: SceneFrames) -> dict:
        looked.set()
        return {**ANSWER, "summary": shot.scene.scene_id}

    given, vision = late(shots, looked, taken), RunnableLambda(look)
    looks = describe_scenes(vision, given) if way == "sync" else asyncio.run(adescribe_scenes(vision, given))
    assert [look.description.summary for look in looks if look.description] == taken
    assert len(taken) == 5


@pytest.mark.parametrize("way", ["sync", "async"])
def test_no_more_scenes_are_taken_than_stand_in_line(shots: Sequence[SceneFrames], way: str) -> None:
    taken, most = list[int](), list[int]()

    def many() -> Iterator[SceneFrames]:
        for number in range(40):
            taken.append(number)
            yield shots[number % 5]

    def look(_: SceneFrames) -> dict:
        time.sleep(0.01)
        most.append(len(taken) - len(most))
        return ANSWER

    vision = RunnableLambda(look)
    if way == "sync":
        describe_scenes(vision, many(), parallel=3)
    else:
        asyncio.run(adescribe_scenes(vision, many(), parallel=3))
    assert len(most) == 40
    assert max(most) <= 2 * 3 + 1


def test_what_breaks_the_making_of_scenes_breaks_the_looking(shots: Sequence[SceneFrames]) -> None:
    def broken() -> Iterator[SceneFrames]:
        yield shots[0]
        raise VideoError("the disk is out")

    for ways in (describe_scenes, lambda *given: asyncio.run(adescribe_scenes(*given))):
        with pytest.raises(VideoError, match="the disk is out"):
            ways(RunnableLambda(lambda _: ANSWER), broken())


# ---------------------------------------------------------------- who is admitted


class Gate:
    """Admits while fewer than `most` are under way and fewer than `end` were admitted; keeps what it was asked."""

    def __init__(self, most: int, end: int) -> None:
        self.most, self.end = most, end
        self.asked: list[str] = []
        self.admitted: list[str] = []
        self.done = 0

    def admits(self, shot: SceneFrames) -> bool:
        self.asked.append(shot.scene.scene_id)
        may = len(self.admitted) < self.end and len(self.admitted) - self.done < self.most
        self.admitted += [shot.scene.scene_id] if may else []
        return may

    def note(self, _: Look) -> None:
        self.done += 1


async def looked_at(way: str, shots: Sequence[SceneFrames], gate: Gate, seen: list[str]) -> tuple[Look, ...]:
    def look(shot: SceneFrames) -> SceneDescription:
        seen.append(shot.scene.scene_id)
        return SceneDescription(summary="x")

    given = {"parallel": 3, "admits": gate.admits, "on_look": gate.note}
    if way == "async":
        return await adescribe_scenes(RunnableLambda(look), shots, **given)
    return describe_scenes(RunnableLambda(look), shots, **given)


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_what_is_turned_away_for_good_is_not_looked_at(way: str, shots: Sequence[SceneFrames]) -> None:
    gate, seen = Gate(most=3, end=2), list[str]()
    looks = await looked_at(way, shots, gate, seen)
    assert [look.scene_id for look in looks] == sorted(seen) == gate.admitted == ["S0001", "S0002"]
    assert set(gate.asked) == {"S0001", "S0002", "S0003"}


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_what_is_turned_away_for_now_is_asked_again_when_another_is_done(
    way: str, shots: Sequence[SceneFrames]
) -> None:
    gate, seen = Gate(most=1, end=99), list[str]()
    looks = await looked_at(way, shots, gate, seen)
    assert seen == [look.scene_id for look in looks] == [shot.scene.scene_id for shot in shots]


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_nobody_is_looked_at_where_nobody_is_admitted(way: str, shots: Sequence[SceneFrames]) -> None:
    gate = Gate(most=0, end=0)
    assert await looked_at(way, shots, gate, []) == ()
    assert gate.asked == ["S0001"]
