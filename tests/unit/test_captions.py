"""What is said, written and read back."""

from fractions import Fraction
from pathlib import Path

import pytest

from autocut_director.tools.timeline import Line, Word
from autocut_director.tools.words.captions import vtt_text
from autocut_director.tools.words.transcript import read_transcript


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(24000, 1001), Fraction(60000, 1001)])
def test_what_is_written_is_read_back(tmp_path: Path, rate: Fraction) -> None:
    words = (Word(text="one & two", start_frame=7, end_frame=11), Word(text="早上好。", start_frame=11, end_frame=19))
    lines = (
        Line(text="one & two 早上好。", start_frame=7, end_frame=19, words=words),
        Line(text="Is 3 < 4 --> true?", start_frame=100_001, end_frame=100_050),
    )
    path = tmp_path / "t.vtt"
    path.write_text(vtt_text(lines, rate), encoding="utf-8")
    first, later = read_transcript(path, rate)
    assert (first.start_frame, first.end_frame, later.start_frame, later.end_frame) == (7, 19, 100_001, 100_050)
    assert [word.start_frame for word in first.words] == [7, 11]
    assert later.text == "Is 3 < 4 --> true?"
    assert first.text == "one & two 早上好。"


def test_chinese_words_stand_without_spaces(tmp_path: Path) -> None:
    words = [
        Word(text=text, start_frame=9 * n, end_frame=9 * n + 9) for n, text in enumerate(["大家好，", "我的", "名字"])
    ]
    path = tmp_path / "t.vtt"
    path.write_text(
        vtt_text([Line(text="大家好，我的名字", start_frame=0, end_frame=27, words=words)], Fraction(25)), "utf-8"
    )
    (line,) = read_transcript(path, Fraction(25))
    assert line.text == "大家好，我的名字"
    assert [word.start_frame for word in line.words] == [0, 9, 18]


def test_words_of_cues_that_overlap_are_read_back(tmp_path: Path) -> None:
    words = [Word(text=text, start_frame=at, end_frame=at + 9) for text, at in (("So", 0), ("he", 48), ("came.", 45))]
    path = tmp_path / "t.vtt"
    path.write_text(
        vtt_text([Line(text="So he came.", start_frame=0, end_frame=57, words=words)], Fraction(25)), "utf-8"
    )
    (line,) = read_transcript(path, Fraction(25))
    assert [word.start_frame for word in line.words] == [0, 48, 48]
