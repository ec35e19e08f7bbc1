"""A structured answer from any model: which rung gives it, how often the model is asked, and what stays empty."""

import json
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import Runnable, RunnableLambda

from autocut_director.agent.router import load_wording
from autocut_director.errors import AnswerError, BackendBusyError, BackendRefusedError
from autocut_director.tools.frames import Frame, SceneFrames, to_jpeg
from autocut_director.tools.ladder import Ladder, fewer
from autocut_director.tools.timeline import Scene

WORDING, _ = load_wording("en")
SHOT = SceneFrames(Scene(scene_id="S0001", start_frame=0, end_frame=9), (Frame("S0001", 4, b"\xff\xd8", 8, 8, None),))
GOOD = json.dumps({"summary": "A sea.", "shot_type": "wide", "subjects": ["sea"], "quality_score": 7})
WRONG = json.dumps({"summary": "A sea.", "shot_type": "wide", "quality_score": 85})

Said = str | AIMessage | Exception


class Model:
    """Says what it is told to, in order, and keeps what it was asked, on which rung."""

    def __init__(self, *answers: Said, constrained: Sequence[Said] | None = None) -> None:
        self.asked: list[tuple[str, str]] = []
        plain, strict = iter(answers), iter(constrained or ())
        self.ladder = Ladder(
            self._runnable("plain", lambda: next(plain)),
            WORDING,
            None if constrained is None else self._runnable("schema", lambda: next(strict)),
        )

    def _runnable(self, name: str, answer: Callable[[], Said]) -> Runnable:
        def say(messages: list[HumanMessage]) -> AIMessage:
            self.asked.append((name, messages[0].content[0]["text"]))
            said = answer()
            if isinstance(said, Exception):
                raise said
            return said if isinstance(said, AIMessage) else AIMessage(content=said)

        return RunnableLambda(say)

    @property
    def rungs(self) -> list[str]:
        return [name for name, _ in self.asked]


def test_the_servers_own_constraint_comes_first() -> None:
    model = Model(constrained=[GOOD])
    answer = model.ladder.describe(SHOT, {})
    assert (answer.rung, answer.repaired, answer.description.summary) == ("schema", False, "A sea.")
    assert model.rungs == ["schema"]


def test_without_a_constraint_json_is_asked_for_with_an_example() -> None:
    model = Model(GOOD)
    assert model.ladder.describe(SHOT, {}).rung == "json"
    assert '"quality_score": 7' in model.asked[0][1]


def test_a_server_that_refuses_the_constraint_is_not_asked_so_again() -> None:
    refusal = BackendRefusedError("'response_format.type' must be 'text' (HTTP 400)")
    model = Model(GOOD, GOOD, constrained=[refusal])
    assert [model.ladder.describe(SHOT, {}).rung for _ in range(2)] == ["json", "json"]
    assert model.rungs == ["schema", "plain", "plain"]


@pytest.mark.parametrize("error", [BackendRefusedError("no key", for_good=True), BackendBusyError("busy")])
def test_other_failures_of_the_backend_are_the_routers(error: Exception) -> None:
    model = Model(GOOD, constrained=[error])
    with pytest.raises(type(error)):
        model.ladder.describe(SHOT, {})
    assert model.rungs == ["schema"]


def test_one_repair_turn_shows_the_model_what_was_wrong() -> None:
    model = Model(constrained=[WRONG, GOOD])
    answer = model.ladder.describe(SHOT, {})
    assert (answer.rung, answer.repaired, answer.description.quality_score) == ("schema", True, 7)
    assert "quality_score: Input should be less than or equal to 10" in model.asked[1][1]
    assert WRONG in model.asked[1][1]


def test_what_is_still_wrong_stays_empty_and_the_rest_is_kept() -> None:
    model = Model(constrained=[WRONG, WRONG])
    answer = model.ladder.describe(SHOT, {})
    said = answer.description
    assert (said.summary, said.shot_type, said.quality_score) == ("A sea.", "wide", None)
    assert model.rungs == ["schema", "schema"]


def test_there_is_only_one_repair_turn() -> None:
    nothing = json.dumps({"shot_type": "wide"})
    model = Model(nothing, "A sea, seen from above.", constrained=[nothing, nothing])
    assert model.ladder.describe(SHOT, {}).rung == "text"
    assert model.rungs == ["schema", "schema", "plain", "plain"]


@pytest.mark.parametrize("useless", ["", "   ", '{"summary": "A wo', "<think>I wonder"])
def test_blank_and_broken_answers_lead_down_to_plain_words(useless: str) -> None:
    model = Model(useless, "A close-up of a red apple on a table.", constrained=[useless])
    answer = model.ladder.describe(SHOT, {})
    said = answer.description
    assert (answer.rung, said.summary, said.shot_type) == ("text", "A close-up of a red apple on a table.", "close_up")
    assert (said.subjects, said.mood, said.quality_score) == ((), "", None)


def test_plain_words_where_json_was_asked_for_are_taken_at_once() -> None:
    model = Model("A wide shot of a beach.")
    answer = model.ladder.describe(SHOT, {})
    assert (answer.rung, answer.description.shot_type) == ("text", "wide")
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("I'm sorry, but I can't help with that.", "declined"),
        ("I cannot describe this image.", "declined"),
        ("抱歉,我无法描述这张图片。", "declined"),
        (AIMessage(content="", additional_kwargs={"refusal": "No."}), "declined: 'No.'"),
        ("<html><body>502 Bad Gateway</body></html>", "web page"),
        ("<!DOCTYPE html><title>Login</title>", "web page"),
    ],
)
def test_refusals_and_pages_are_failures_at_once(said: Said, why: str) -> None:
    model = Model(said)
    with pytest.raises(AnswerError, match=why):
        model.ladder.describe(SHOT, {})
    assert len(model.asked) == 1


@pytest.mark.parametrize("text", ["Sorry sight: a ruined house in the rain.", "A sorry dog. It is wet."])
def test_a_sad_scene_is_no_refusal(text: str) -> None:
    assert Model(text).ladder.describe(SHOT, {}).description.summary == text


def cut(text: str) -> AIMessage:
    return AIMessage(content=text, response_metadata={"finish_reason": "length"})


def test_an_answer_cut_at_the_limit_is_not_believed_but_for_its_whole_sentences() -> None:
    model = Model(cut('{"summary": "A sea.'), cut("A sea at dawn. Three boats lie on the be"), constrained=[cut(GOOD)])
    answer = model.ladder.describe(SHOT, {})
    assert (answer.rung, answer.description.summary) == ("text", "A sea at dawn.")


def test_when_no_rung_gives_anything_the_last_cause_is_told() -> None:
    model = Model(cut('{"summary": "A s'), cut("A sea at d"), constrained=[cut('{"sum')])
    with pytest.raises(AnswerError, match="cut short: 'A sea at d'"):
        model.ladder.describe(SHOT, {})


def test_an_answer_is_never_an_instruction() -> None:
    """What a model said goes back to it as text, placeholders and all."""
    bad = json.dumps({"summary": "{{language}} {{answer}}", "quality_score": 99})
    model = Model(constrained=[bad, GOOD])
    model.ladder.describe(SHOT, {})
    assert "{{language}} {{answer}}" in model.asked[1][1]


def stills(count: int) -> SceneFrames:
    jpeg = to_jpeg(np.full((72, 128, 3), 90, np.uint8))
    return SceneFrames(SHOT.scene, tuple(Frame("S0001", index, jpeg, 128, 72, None) for index in range(count)))


TOLD = "it shows 3 moments of the scene, from top to bottom, the first one first"


def test_a_model_that_takes_one_picture_is_told_on_every_rung_what_that_is() -> None:
    nothing = json.dumps({"shot_type": "wide"})
    model = Model(nothing, "A sea, seen from above.", constrained=[nothing, nothing])
    model.ladder.images = 1
    model.ladder.describe(stills(3), {})
    assert model.rungs == ["schema", "schema", "plain", "plain"]  # the second mends the first
    assert [" ".join(asked.split()).count(TOLD) for _, asked in model.asked] == [1] * 4


@pytest.mark.parametrize(("count", "images"), [(1, 1), (3, 3), (3, None), (5, None)])
def test_where_each_still_is_a_picture_nothing_is_told_of_one(count: int, images: int | None) -> None:
    model = Model(constrained=[GOOD])
    model.ladder.images = images
    model.ladder.describe(stills(count), {})
    assert model.asked == [("schema", WORDING.json)]


@pytest.mark.parametrize(("count", "kept"), [(1, [3]), (2, [1, 4]), (3, [1, 3, 5]), (6, [0, 1, 2, 3, 4, 5]), (9, None)])
def test_fewer_stills_are_spread_evenly(count: int, kept: list[int] | None) -> None:
    frames = tuple(Frame("S0001", index, b"", 8, 8, None) for index in range(6))
    few = fewer(SceneFrames(SHOT.scene, frames), count)
    assert [frame.index for frame in few.frames] == (kept or list(range(6)))
