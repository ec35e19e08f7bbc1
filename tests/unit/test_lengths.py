"""Lengths that are asked for in words, and words that are about something else."""

import pytest

from autocut_director.tools.plans.lengths import asked_seconds


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("20 seconds", 20),
        ("make it 12.5 s please", 12.5),
        ("12,5 s", 12.5),
        ("1.5 minutes", 90),
        ("20秒,从海开始", 20),
        ("剪成 2 分钟", 120),
        ("shorter", 22.5),
        ("Make it a bit shorter, please", 22.5),
        ("shorter, start with the sea, no people", 22.5),
        ("start with the sea and shorter", 22.5),
        ("much longer!", 40),
        ("half as long", 15),
        ("double", 60),
        ("短一点", 22.5),
        ("剪短一点,不要人", 22.5),
        ("再长一些。", 40),
        ("一半", 15),
    ],
)
def test_a_length_is_heard(words: str, seconds: float) -> None:
    assert asked_seconds(words, 30) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "words",
    [
        "start with the sea",
        "make the intro shorter",
        "no shots of long roads",
        "3 people",
        "the 5 sunsets",
        "不要人",
        "长城要多一点",
        "短发女人放前面",
        "",
    ],
)
def test_other_words_are_no_length(words: str) -> None:
    assert asked_seconds(words, 30) is None
