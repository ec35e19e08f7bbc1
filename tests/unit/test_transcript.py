"""Transcripts as people have them: both formats, every encoding, and what is wrong with them."""

import os
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from autocut_director.errors import DocumentError
from autocut_director.tools.timeline import Line
from autocut_director.tools.words.transcript import read_transcript

RATE = Fraction(25)
SRT = "1\n00:00:01,000 --> 00:00:02,500\n早上好。\n\n2\n00:00:03,000 --> 00:00:04,020\nGood morning.\n"
EXPECTED = [(25, 63, "早上好。"), (75, 101, "Good morning.")]


def lines_of(folder: Path, content: str | bytes, rate: Fraction = RATE) -> tuple[Line, ...]:
    path = folder / "字幕 'one'.srt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_transcript(path, rate)


def read(folder: Path, content: str | bytes) -> list[tuple[int, int, str]]:
    return [(line.start_frame, line.end_frame, line.text) for line in lines_of(folder, content)]


def cues(*texts: str, gap: float = 0.1) -> str:
    """A cue every two seconds."""
    stamps = [(2 * n, 2 * n + 2 - gap) for n in range(len(texts))]
    return "\n\n".join(f"00:00:{a:06.3f} --> 00:00:{b:06.3f}\n{t}" for (a, b), t in zip(stamps, texts, strict=True))


def said(folder: Path, *texts: str, gap: float = 0.1) -> list[str]:
    return [text for *_, text in read(folder, cues(*texts, gap=gap))]


# ---------------------------------------------------------------- encodings


MARKS = {"utf-16-le mark": (b"\xff\xfe", "utf-16-le"), "utf-16-be mark": (b"\xfe\xff", "utf-16-be")}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", *MARKS, "utf-16-le", "utf-16-be", "gb18030", "gbk"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_every_encoding_and_line_end(tmp_path: Path, encoding: str, end: str) -> None:
    mark, codec = MARKS.get(encoding, (b"", encoding))
    assert read(tmp_path, mark + SRT.replace("\n", end).encode(codec)) == EXPECTED


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        ("Café au lait, s'il vous plaît.", "cp1252"),
        ("Straße – über Köln", "cp1252"),
        ("¿Cómo estás, señor?", "cp1252"),
        ("Não sei.", "cp1252"),
        ("naïve", "latin-1"),
        ("Âge d'or", "cp1252"),
        ("Coração e ação.", "cp1252"),
        ("It’s “fine”…", "cp1252"),
        ("我們要去臺北看電影,然後坐火車回高雄。", "big5"),
        ("他说他不知道这件事情。", "gb18030"),
        ("OK吗?", "gb18030"),
        ("嗯", "gb18030"),
        ("𠀀字", "gb18030"),
    ],
)
def test_other_encodings_are_told_apart(tmp_path: Path, words: str, encoding: str) -> None:
    assert read(tmp_path, f"1\n00:00:00,000 --> 00:00:01,000\n{words}\n".encode(encoding)) == [(0, 25, words)]


def test_a_broken_character_in_utf8_is_named_and_not_guessed_around(tmp_path: Path) -> None:
    broken = cues("今天我们去海边。", "天气很冷。").encode().replace("冷".encode(), "冷".encode()[:2])
    with pytest.raises(DocumentError, match=r"one'\.srt, line 5: broken utf-8 text; save it again as UTF-8"):
        read(tmp_path, broken)


# ---------------------------------------------------------------- SubRip


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (SRT, EXPECTED),
        (f"\n\n{SRT}\n\n\n", EXPECTED),
        (SRT.replace("1\n", "", 1).replace("2\n", ""), EXPECTED),
        (SRT.replace("1\n", "0\n", 1).replace("\n2\n", "\n1\n"), EXPECTED),
        (SRT.replace("\n\n2", "\n2"), EXPECTED),
        (SRT.replace("1\n", "57\n", 1).replace("\n\n2\n", "\n58\n"), EXPECTED),
        (SRT.replace(",", "."), EXPECTED),
        (SRT.replace("00:00:01,000", "0:01").replace("00:00:04,020", "00:04.02"), EXPECTED),
        (SRT.replace(" --> ", "-->"), EXPECTED),
        (SRT.replace("早上好。", "<i>早上</i>\n\n{\\an8}好。"), EXPECTED),
        (SRT.replace("早上好。", "<font color='#fff'>早上\\N</font>好。"), [(25, 63, "早上 好。"), EXPECTED[1]]),
        (SRT.replace("Good", "Tom &amp; Jerry: <B>Good</B>"), [EXPECTED[0], (75, 101, "Tom & Jerry: Good morning.")]),
        (SRT.replace("Good", "3 < 4 --> good"), [EXPECTED[0], (75, 101, "3 < 4 --> good morning.")]),
        (SRT.replace("早上好。", "1984."), [(25, 63, "1984."), EXPECTED[1]]),
        (SRT.replace("早上好。", "1984"), [(25, 101, "1984 Good morning.")]),
        (SRT.replace("早上好。", "在\n2"), [(25, 101, "在 2 Good morning.")]),
        (SRT.replace("--> 00:00:02,500", "--> 00:00:02,500 X1:10 X2:90"), EXPECTED),
        (SRT.replace("Good morning.", "- Good\n- morning."), [EXPECTED[0], (75, 101, "- Good - morning.")]),
        (SRT.replace("早上好。", "\u202b早\x1b上好。\x07"), EXPECTED),
        (SRT.replace("早上好。", "[门响]"), EXPECTED[1:]),
        (SRT.replace("早上好。", "♪ ♪"), EXPECTED[1:]),
        (SRT.replace("早上好。", ""), EXPECTED[1:]),
    ],
    ids=[
        "plain", "blank lines", "no numbers", "numbers from 0", "no blank line between", "numbers from 57",
        "points", "no hours", "no spaces", "tags and a blank line", "a break", "entities", "an arrow in the text",
        "a number and a stop", "a number", "a number as second line", "places", "two voices", "unprintable", "a sound",
        "music", "nothing",
    ],
)  # fmt: skip
def test_srt_as_it_is_found(tmp_path: Path, text: str, lines: list[tuple[int, int, str]]) -> None:
    assert read(tmp_path, text) == lines


def test_cues_that_overlap_or_are_out_of_order_are_read_in_the_films_order(tmp_path: Path) -> None:
    text = "00:00:05,000 --> 00:00:07,000\nB.\n\n00:00:01,000 --> 00:00:06,000\nA.\n"
    assert read(tmp_path, text) == [(25, 150, "A."), (125, 175, "B.")]


def test_what_lies_past_any_films_end_is_kept(tmp_path: Path) -> None:
    (line,) = lines_of(tmp_path, "99:59:59,000 --> 100:00:00,000\nHm.", Fraction(10_000))
    assert line.start_frame < line.end_frame == 10**9


# ---------------------------------------------------------------- WebVTT


VTT = """WEBVTT - a talk
Kind: captions

NOTE this is --> no cue
and goes on

STYLE
::cue { color: red }

NOTE

opening
00:01.000 --> 00:02.500 align:start position:0%
<v Anna>Good <00:01.500>morning <c.loud><00:02.000>all</c>.

01:00:00.000 --> 01:00:01.000
<ruby>Later<rt>not said</rt></ruby>.
"""


def test_webvtt_and_its_word_times(tmp_path: Path) -> None:
    first, later = lines_of(tmp_path, VTT)
    assert (first.start_frame, first.end_frame, first.text) == (25, 63, "Good morning all.")
    assert [(word.text, word.start_frame, word.end_frame) for word in first.words] == [
        ("Good", 25, 38),
        ("morning", 38, 50),
        ("all.", 50, 63),
    ]
    assert (later.start_frame, later.text, later.words) == (90_000, "Later.", ())


def test_webvtt_without_a_blank_line_after_its_header_and_with_blank_lines_inside(tmp_path: Path) -> None:
    assert read(tmp_path, "WEBVTT\n00:01.000 --> 00:02.000\nOne\n\nmore.") == [(25, 50, "One more.")]


def test_webvtt_in_which_nothing_is_said_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path, "WEBVTT\n") == []


def test_sentences_in_a_cue_are_parted_where_its_words_are_timed(tmp_path: Path) -> None:
    text = "WEBVTT\n\n00:00.000 --> 00:04.000\nYes.<00:01.000> We<00:02.000> go<00:03.000> home.\n"
    assert read(tmp_path, text) == [(0, 25, "Yes."), (25, 100, "We go home.")]


def test_rolling_captions_say_each_line_once(tmp_path: Path) -> None:
    text = """WEBVTT

00:00:00.000 --> 00:00:02.070 align:start

hello<00:00:00.500><c> my</c>

00:00:02.070 --> 00:00:02.080
hello my

00:00:02.080 --> 00:00:04.000
hello my
old<00:00:03.000><c> friend.</c>

00:00:04.000 --> 00:00:04.010
old friend.
"""
    (line,) = lines_of(tmp_path, text)
    assert line.text == "hello my old friend."
    assert [word.text for word in line.words] == ["hello", "my", "old", "friend."]


def test_who_says_the_same_twice_is_heard_twice(tmp_path: Path) -> None:
    assert said(tmp_path, "No.", "No.") == ["No.", "No."]


def test_two_speakers_are_not_one_sentence(tmp_path: Path) -> None:
    text = "WEBVTT\n\n00:00.000 --> 00:02.000\n<v A>And then\n\n00:02.000 --> 00:04.000\n<v B>he left.\n"
    assert [line for *_, line in read(tmp_path, text)] == ["And then", "he left."]


# ---------------------------------------------------------------- sentences


@pytest.mark.parametrize(
    ("texts", "sentences"),
    [
        (("We went to the", "sea at night.", "It was cold."), ["We went to the sea at night.", "It was cold."]),
        (("今天我们", "去海边。", "好冷!"), ["今天我们去海边。", "好冷!"]),
        (("今天我们去海边", "天气很冷", "但是很开心"), ["今天我们去海边", "天气很冷", "但是很开心"]),
        (("今天我们去海边，", "天气很冷", "真的？"), ["今天我们去海边，天气很冷", "真的？"]),
        (("no stops here", "And no stops there", "nor there"), ["no stops here", "And no stops there nor there"]),
        (('"Go!"', "he said."), ['"Go!"', "he said."]),
        (("- Are you", "- Yes."), ["- Are you", "- Yes."]),
        (("我叫", "AutoCut。"), ["我叫 AutoCut。"]),
        ([f"word {n}," for n in range(12)] + ["end."], [
            "word 0, word 1, word 2, word 3, word 4, word 5, word 6, word 7, word 8, word 9,",
            "word 10, word 11, end.",
        ]),
    ],
    ids=["english", "chinese", "unpunctuated", "commas", "small letters", "quotes", "voices", "mixed", "endless"],
)  # fmt: skip
def test_a_sentence_cut_over_cues_is_joined(tmp_path: Path, texts: tuple[str, ...], sentences: list[str]) -> None:
    assert said(tmp_path, *texts) == sentences


def test_a_joined_sentence_lasts_from_its_first_cue_to_its_last(tmp_path: Path) -> None:
    assert read(tmp_path, cues("We went to the", "sea.")) == [(0, 98, "We went to the sea.")]


def test_a_long_pause_ends_a_sentence_too(tmp_path: Path) -> None:
    assert said(tmp_path, "We went to the", "sea.", gap=1.0) == ["We went to the sea."]
    assert said(tmp_path, "We went to the", "sea.", gap=1.1) == ["We went to the", "sea."]


def test_two_people_at_once_are_not_one_sentence(tmp_path: Path) -> None:
    text = "00:00:00,000 --> 00:00:03,000\nOne\n\n00:00:02,000 --> 00:00:04,000\ntwo.\n"
    assert len(read(tmp_path, text)) == 2


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "line 1: no cue is there; a cue is a time line such as"),
        ("A poem\n\nwith no times", "line 1: 'A poem' belongs to no cue"),
        (f"Dear reader,\n\n{SRT}", "line 1: 'Dear reader,' belongs to no cue"),
        ("1\n00:00:01,000 --> later\nHi\n", "line 2: '00:00:01,000 --> later' is no time line; write 00:00:01,000 -->"),
        ("1\n00:00:02,000 --> 00:00:01,000\nHi\n", "line 2: the cue ends before it begins: '00:00:02,000 --> 00:00:01"),
        (f"{SRT}\n3\n00:00:05,000 -> 00:00:06,000\nHi\n", "line 10: '00:00:05,000 -> 00:00:06,000' is no time line"),
        (f"{SRT}\n3\n00:00:05:12 --> 00:00:06:00\nHi\n", "line 10: '00:00:05:12 --> 00:00:06:00' is no time line"),
        ("00:00:01,000 --> 00:61:00,000\nHi", "line 1: 61:00 is no time; minutes and seconds run from 00 to 59"),
        ("00:00:01,000 --> 101:00:00,000\nHi", "line 1: 101 hours are longer than any film"),
        ("-00:00:01,000 --> 00:00:02,000\nHi", "line 1: '-00:00:01,000 --> 00:00:02,000' is no time line"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\na<00:03.000>b", "line 3: the times of the cue's words do not rise"),
        ("WEBVTT\n\nNOTE x\n\n00:01.000 -->\nHi", "line 5: '00:01.000 -->' is no time line"),
        (b"\x00\x01\x02" * 2000, "is no text; a SubRip"),
        (b"\xff\xfe1\x00\n", "line 1: broken utf-16 text"),
    ],
    ids=[
        "empty", "no times", "text before", "half a time", "reversed", "half an arrow", "frames", "61 minutes",
        "101 hours", "negative", "words outside", "no end", "binary", "half a character",
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, content: str | bytes, what: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read(tmp_path, content)
    assert what in str(refused.value)
    assert "字幕 'one'.srt" in str(refused.value)
    assert str(refused.value).endswith(".")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"Cannot read .*gone\.srt: No such file"):
        read_transcript(tmp_path / "gone.srt", RATE)
    with pytest.raises(DocumentError, match="Cannot read"):
        read_transcript(tmp_path, RATE)


def test_a_film_in_place_of_a_transcript_is_not_read(tmp_path: Path) -> None:
    large = tmp_path / "film.mp4"
    with large.open("wb") as file:
        os.truncate(file.fileno(), 5 << 30) if sys.platform != "win32" else file.truncate(5 << 30)
    with pytest.raises(DocumentError, match="has 5120 MiB; a transcript is a text of a few MiB"):
        read_transcript(large, RATE)


@pytest.mark.parametrize("part", ["<rt>", "<v ", "[", "<00:00:01.000>", "x\n", "-->", "&lt;", "{\\", "1\n\n"])
def test_a_long_line_of_anything_is_read_in_no_time(tmp_path: Path, part: str) -> None:
    content = f"00:00:01,000 --> 00:00:02,000\nHi {part * (400_000 // len(part))}"
    assert len(read(tmp_path, content)) == 1


# ---------------------------------------------------------------- frames


@pytest.mark.parametrize(
    ("rate", "seconds", "frame"),
    [(Fraction(25), "01,020", 26), (Fraction(25), "01,019", 25), (Fraction(30000, 1001), "10,010", 300)],
)
def test_times_are_rounded_to_the_nearest_frame(tmp_path: Path, rate: Fraction, seconds: str, frame: int) -> None:
    (line,) = lines_of(tmp_path, f"00:00:{seconds} --> 00:00:59,000\nHm.", rate)
    assert line.start_frame == frame


def test_frames_are_never_fewer_than_what_is_said(tmp_path: Path) -> None:
    (line,) = lines_of(tmp_path, "00:00:01,001 --> 00:00:01,001\nHm.\n", Fraction(30000, 1001))
    assert (line.start_frame, line.end_frame) == (30, 31)
