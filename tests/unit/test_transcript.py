"""Transcripts as people have them: both formats, every encoding, and what is wrong with them."""

from fractions import Fraction
from pathlib import Path

import pytest

from autocut_director.errors import DocumentError
from autocut_director.tools.transcript import read_transcript

RATE = Fraction(25)
SRT = "1\n00:00:01,000 --> 00:00:02,500\n早上好。\n\n2\n00:00:03,000 --> 00:00:04,020\nGood morning.\n"


def read(folder: Path, content: str | bytes, name: str = "字幕 'one'.srt") -> list[tuple[int, int, str]]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [(line.start_frame, line.end_frame, line.text) for line in read_transcript(path, RATE)]


EXPECTED = [(25, 63, "早上好。"), (75, 101, "Good morning.")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-mark", "utf-16-be-mark", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_end(tmp_path: Path, encoding: str, end: str) -> None:
    text = SRT.replace("\n", end)
    marks = {"utf-16-le-mark": (b"\xff\xfe", "utf-16-le"), "utf-16-be-mark": (b"\xfe\xff", "utf-16-be")}
    mark, codec = marks.get(encoding, (b"", encoding))
    assert read(tmp_path, mark + text.encode(codec)) == EXPECTED


@pytest.mark.parametrize("words", ["Café au lait, s'il vous plaît.", "élan vital", "Straße – über Köln", "naïve"])
def test_european_text_in_windows_encoding_is_not_taken_for_chinese(tmp_path: Path, words: str) -> None:
    assert read(tmp_path, f"1\n00:00:00,000 --> 00:00:01,000\n{words}\n".encode("cp1252")) == [(0, 25, words)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SRT, EXPECTED),
        (f"\n\n{SRT}\n\n\n", EXPECTED),
        (SRT.replace("1\n", "").replace("2\n", ""), [(25, 63, "早上好。"), (75, 101, "Good morning.")]),  # no numbers
        (SRT.replace(",", "."), EXPECTED),
        (SRT.replace("早上好。", "<i>早上</i>\n\n{\\an8}好。"), [(25, 63, "早上 好。"), EXPECTED[1]]),
        (SRT.replace("Good", "Tom &amp; Jerry: <b>Good</b>"), [EXPECTED[0], (75, 101, "Tom & Jerry: Good morning.")]),
        (SRT.replace("早上好。", "1984."), [(25, 63, "1984."), EXPECTED[1]]),
        (SRT.replace("--> 00:00:02,500", "--> 00:00:02,500 X1:10 X2:90"), EXPECTED),
    ],
    ids=["plain", "blank lines", "no numbers", "points", "tags and a blank line", "entities", "a number", "places"],
)
def test_srt_as_it_is_found(tmp_path: Path, text: str, said: list[tuple[int, int, str]]) -> None:
    assert read(tmp_path, text) == said


VTT = """WEBVTT - a talk
Kind: captions

NOTE this is --> no cue
and goes on

STYLE
::cue { color: red }

opening
00:01.000 --> 00:02.500 align:start position:0%
<v Anna>Good <00:01.500>morning <c.loud><00:02.000>all</c>.

01:00:00.000 --> 01:00:01.000
Later.
"""


def test_webvtt_and_its_word_times(tmp_path: Path) -> None:
    path = tmp_path / "talk.vtt"
    path.write_text(VTT, encoding="utf-8")
    first, later = read_transcript(path, RATE)
    assert (first.start_frame, first.end_frame, first.text) == (25, 63, "Good morning all.")
    assert [(word.text, word.start_frame, word.end_frame) for word in first.words] == [
        ("Good", 25, 38),
        ("morning", 37, 50),
        ("all.", 50, 63),
    ]
    assert (later.start_frame, later.text, later.words) == (90_000, "Later.", ())


def cues(*texts: str, gap: float = 0.1) -> str:
    stamps = [(2 * n, 2 * n + 2 - gap) for n in range(len(texts))]
    return "\n\n".join(f"00:00:{a:06.3f} --> 00:00:{b:06.3f}\n{t}" for (a, b), t in zip(stamps, texts, strict=True))


def test_a_sentence_that_is_cut_over_subtitles_is_joined(tmp_path: Path) -> None:
    said = read(tmp_path, cues("We went to the", "sea in the morning.", "It was cold.", "今天我们", "去海边。"))
    assert [text for *_, text in said] == ["We went to the sea in the morning.", "It was cold.", "今天我们去海边。"]
    assert said[0][:2] == (0, 98)


def test_a_pause_ends_a_sentence_too(tmp_path: Path) -> None:
    said = read(tmp_path, cues("We went to the", "sea.", "Cold.", gap=0.8))
    assert [text for *_, text in said] == ["We went to the", "sea.", "Cold."]


def test_a_file_without_punctuation_is_left_as_it_is(tmp_path: Path) -> None:
    assert len(read(tmp_path, cues("今天我们去海边", "天气很冷", "但是很开心"))) == 3


def test_subtitles_that_overlap_or_are_out_of_order_are_read_in_the_films_order(tmp_path: Path) -> None:
    text = "00:00:05,000 --> 00:00:07,000\nB.\n\n00:00:01,000 --> 00:00:06,000\nA.\n"
    assert [text for *_, text in read(tmp_path, text)] == ["A.", "B."]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no subtitle; it must have lines such as"),
        ("A poem\n\nwith no times", "holds no subtitle"),
        ("1\n00:00:01,000 --> later\nHi\n", r"line 2: '00:00:01,000 --> later' is no pair of times"),
        ("1\n00:00:02,000 --> 00:00:01,000\nHi\n", r"line 2: .* ends before it begins"),
        ("1\n\n\n0:0:1 -> 2\nHi\n\n00:00:01,00x --> 00:00:02,000\nHi", "line 7: "),
        (b"\x00\x01\x02" * 2000, "holds no subtitle"),
    ],
    ids=["empty", "no times", "half a time", "reversed", "a letter", "binary"],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(DocumentError, match=said) as refused:
        read(tmp_path, content)
    assert "字幕 'one'.srt" in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"Cannot read the transcript .*gone\.srt: No such file"):
        read_transcript(tmp_path / "gone.srt", RATE)
    with pytest.raises(DocumentError, match="Cannot read the transcript"):
        read_transcript(tmp_path, RATE)


def test_frames_are_never_fewer_than_what_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_text("00:00:01,001 --> 00:00:01,001\nHm.\n")
    (line,) = read_transcript(path, Fraction(30000, 1001))
    assert (line.start_frame, line.end_frame) == (30, 31)
