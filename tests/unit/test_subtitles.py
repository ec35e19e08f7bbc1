"""Subtitles as people read them: parted where the sense is, long enough to be read, and files that players show."""

import re
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import pytest
from edit_readers import edit

from autocut_director.tools.timeline import Line, Word
from autocut_director.tools.words.cues import read_cues
from autocut_director.tools.words.subrip import srt_text
from autocut_director.tools.words.subtitles import Subtitle, subtitles, too_fast

RATE = Fraction(25)
RATES = [Fraction(text) for text in ("24", "25", "30000/1001", "60000/1001", "25/2")]
HELLO = Line(text="Good morning, my name is Ann. This is the sea.", start_frame=100, end_frame=192)


def shown(*clips: tuple[int, int], lines: tuple[Line, ...] = (HELLO,)) -> list[tuple[str, int, int]]:
    cues = subtitles(edit(RATE, clips), lines)
    return [("|".join(cue.lines), cue.start_frame, cue.end_frame) for cue in cues]


def timed(*words: tuple[str, int, int], text: str | None = None) -> Line:
    made = tuple(Word(text=word, start_frame=start, end_frame=end) for word, start, end in words)
    text = " ".join(word.text for word in made) if text is None else text
    return Line(text=text, start_frame=made[0].start_frame, end_frame=made[-1].end_frame, words=made)


# ---------------------------------------------------------------- moved with the cut


def test_a_line_moves_with_its_clip_and_stands_in_each_that_shows_it() -> None:
    text = "Good morning, my name is Ann.|This is the sea."
    assert shown((90, 200), (500, 510), (100, 192)) == [(text, 10, 102), (text, 120, 212)]


def test_clips_that_go_on_are_one_stretch() -> None:
    assert shown((90, 150), (150, 200)) == shown((90, 200))


def test_a_line_that_the_cut_parts_shows_what_is_heard() -> None:
    assert shown((100, 126)) == [("Good morning,", 0, 26)]
    assert shown((160, 260)) == [("This is the sea.", 0, 32)]


def test_words_decide_where_they_are_timed() -> None:
    line = timed(("Well,", 0, 10), ("we", 60, 70), ("went", 70, 80), ("home.", 80, 110))
    assert shown((0, 66), lines=(line,)) == [("Well,", 0, 21), ("we", 60, 66)]
    assert shown((0, 65), lines=(line,)) == [("Well,", 0, 21)]
    assert shown((66, 120), lines=(line,)) == [("went home.", 4, 44)]


def test_a_rest_that_is_no_speech_is_left_out() -> None:
    line = timed(("Yes,", 0, 50), ("I", 50, 54), ("do.", 54, 70))
    assert shown((0, 54), lines=(line,)) == [("Yes, I", 0, 54)]
    assert shown((50, 54), lines=(line,)) == []
    assert shown((0, 100), lines=(timed(("I", 50, 54)),)) == [("I", 50, 71)]


def test_two_people_at_once_are_read_one_after_the_other() -> None:
    one = Line(text="No, wait for me, I am coming!", start_frame=0, end_frame=50)
    other = Line(text="Hurry up!", start_frame=10, end_frame=40)
    assert shown((0, 100), lines=(one, other)) == [(one.text, 0, 41), (other.text, 43, 64)]
    assert shown((0, 50), lines=(one, other)) == [(one.text, 0, 31), (other.text, 33, 50)]
    late = [line.model_copy(update={"start_frame": line.start_frame + 50, "end_frame": 100}) for line in (one, other)]
    assert shown((0, 100), lines=tuple(late)) == [(one.text, 50, 81), (other.text, 83, 100)]


# ---------------------------------------------------------------- readable


def test_a_long_sentence_is_parted_where_the_sense_is() -> None:
    text = (
        "When I was a boy my father, who worked at the harbour and came home late, told me that the sea is never the "
        "same, but I did not believe him until we sailed out together in the small boat that he had built himself."
    )
    assert [text for text, *_ in shown((0, 400), lines=(Line(text=text, start_frame=0, end_frame=400),))] == [
        "When I was a boy my father, who worked|at the harbour and came home late,",
        "told me that the sea is never the same,|but I did not believe him until",
        "we sailed out together in the small boat|that he had built himself.",
    ]


def test_chinese_is_parted_at_its_punctuation() -> None:
    text = "我小时候住在海边，父亲每天很晚才从码头回来，他总是说（笑）大海从来不会一样，我不信。"
    assert [text for text, *_ in shown((0, 300), lines=(Line(text=text, start_frame=0, end_frame=300),))] == [
        "我小时候住在海边，|父亲每天很晚才从码头回来，",
        "他总是说（笑）|大海从来不会一样，我不信。",
    ]


def test_a_heard_chinese_word_stays_whole() -> None:
    words = ["今天", "下午", "我们", "去", "中央图书馆", "学习", "特别", "安静"]
    spans = [(word, 20 * n, 20 * n + 20) for n, word in enumerate(words)]
    line = timed(*spans, text="".join(words))
    assert [text for text, *_ in shown((0, 170), lines=(line,))] == ["今天下午我们去|中央图书馆学习特别安静"]


def test_a_short_word_stays_on_over_silence_but_not_over_the_cut() -> None:
    line = Line(text="Yes.", start_frame=50, end_frame=55)
    assert shown((0, 100), lines=(line,)) == [("Yes.", 50, 71)]
    assert shown((0, 60), (500, 600), lines=(line,)) == [("Yes.", 50, 60)]


def test_what_is_gone_too_soon_is_counted() -> None:
    text = "A sentence of forty-two characters, hurry!"
    slow, fast = (Line(text=text, start_frame=0, end_frame=50), Line(text=text, start_frame=60, end_frame=90))
    assert too_fast(subtitles(edit(RATE, ((0, 90),)), (slow, fast)), RATE) == 1
    assert too_fast(subtitles(edit(RATE, ((0, 200),)), (slow, fast)), RATE) == 0


# ---------------------------------------------------------------- files


ODD_TEXTS = [
    "<b>bold</b> & <i>",
    "AT&T &amp; R&D &lt;3",
    "42",
    "00:00:01,000 --> 00:00:02,000",
    "00:00:01,000 to 00:00:02,000",
    r"{\an8}C:\new\Names",
    "12:30 is lunch",
    "“早上好。”—— 3 < 4",
]


@pytest.mark.parametrize("rate", RATES)
def test_a_player_shows_each_from_its_first_picture_to_its_last(tmp_path: Path, rate: Fraction) -> None:
    spans = [(n, n + 7) for n in (*range(0, 200, 9), 30_001, 107_892, 250_000)]
    path = tmp_path / "cut.srt"
    path.write_text(srt_text([Subtitle(("x",), *span) for span in spans], rate, lead_frames=3), "utf-8")
    with av.open(path) as container:
        packets = [packet for packet in container.demux(subtitles=0) if packet.size]
        times = [(p.pts * p.time_base, (p.pts + p.duration) * p.time_base) for p in packets]
    pictures = [tuple(-int(-time * rate // 1) for time in span) for span in times]  # the first not before each time
    assert pictures == [(start + 3, end + 3) for start, end in spans]


def test_ffmpeg_and_our_reader_give_odd_texts_back(tmp_path: Path) -> None:
    cues = [Subtitle((text, "second"), 30 * n, 30 * n + 25) for n, text in enumerate(ODD_TEXTS)]
    path = tmp_path / "cut.srt"
    path.write_text(srt_text(cues, RATE), "utf-8")
    assert [cue.text for cue in read_cues(path.read_text("utf-8"))] == [f"{text} second" for text in ODD_TEXTS]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path, "-f", "webvtt", "-"]
    vtt = subprocess.run(command, capture_output=True, check=True).stdout.decode().replace("\u200b", "")
    blocks = [re.sub(r"^\S+ --> \S+\n", "", block) for block in vtt.strip().split("\n\n")[1:]]
    assert blocks == [f"{text}\nsecond" for text in ODD_TEXTS]


def test_nothing_said_is_an_empty_file() -> None:
    assert srt_text((), RATE) == ""
    assert subtitles(edit(RATE, ((0, 50),)), (HELLO,)) == ()
