"""What is plainly meant is understood; what is cut short, blank or out of range is refused."""

import pytest
from langchain_core.messages import AIMessage

from autocut_director.errors import AnswerError
from autocut_director.tools.answers import read_description


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is blank"),
        ("I see a sea.", "is not JSON: 'I see a sea.'"),
        ("[1, 2]", "is no scene description"),
        ('{"summary": "A woman in a red c', "is not JSON"),
        ('{"summary": "A woman", "quality_score": 1', "is not JSON"),
        ("[" * 5000, "is not JSON"),
        ('{"summary": "  "}', "is blank"),
        ('{"summary": "\\ud800"}', "cannot be written as UTF-8"),
        ('{"shot_type": "wide"}', "summary: Field required"),
        ('{"summary": "x", "shot_type": "sideways"}', "shot_type"),
    ],
)
def test_what_is_no_description_is_an_answer_error(content: str, said: str) -> None:
    with pytest.raises(AnswerError, match=said):
        read_description(AIMessage(content=content))


@pytest.mark.parametrize("extra", ['"\\ud800"', "[" * 300 + "]" * 300, "1e999"])
def test_what_a_model_says_beyond_the_schema_is_not_kept(extra: str) -> None:
    description = read_description(AIMessage(content=f'{{"summary": "A sea.", "note": {extra}}}'))
    assert description.model_extra == {}


GOOD = '{"summary": "A sea.", "shot_type": "wide", "subjects": ["sea"], "quality_score": 7}'


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"Sure! Here is the description you asked for:\n{GOOD}\nAnything else?",
        f"<think>It is blue {{so}} a sea.</think>\n{GOOD}",
        '{"Description": "A sea.", "Shot Size": "wide", "objects": "sea", "quality": 7}',
        '{"摘要": "A sea.", "景别": "全景", "主体": "sea", "评分": 7}',
        '{"description": "not this", "summary": "A sea.", "shot_type": "wide", "subjects": ["sea"], "score": 7}',
    ],
)
def test_what_is_plainly_meant_is_understood(content: str) -> None:
    said = read_description(AIMessage(content=content))
    assert (said.summary, said.shot_type, said.subjects, said.quality_score) == ("A sea.", "wide", ("sea",), 7)


def test_several_subjects_in_one_text_are_a_list() -> None:
    said = read_description(AIMessage(content='{"summary": "x", "subjects": "boat, sea、sky"}'))
    assert said.subjects == ("boat", "sea", "sky")


def test_what_was_not_said_stays_empty() -> None:
    said = read_description(AIMessage(content='{"summary": "A sea."}'))
    assert (said.shot_type, said.subjects, said.mood, said.quality_score) == ("unknown", (), "", None)


@pytest.mark.parametrize(
    "content", ["<think>I wonder", '{"summary": "x", "quality_score": 85}', "<html><body>502</body></html>"]
)
def test_thoughts_pages_and_scores_off_the_scale_are_no_answers(content: str) -> None:
    with pytest.raises(AnswerError):
        read_description(AIMessage(content=content))
