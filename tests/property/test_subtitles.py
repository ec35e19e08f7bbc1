"""Whatever the cut and whatever is said: subtitles stand in order, alone, within the cut, and say what is heard."""

import re
from collections import Counter
from fractions import Fraction
from itertools import pairwise

from edit_readers import RATES, edit
from hypothesis import assume, given
from hypothesis import strategies as st

from autocut_director.tools.timeline import EditPlan, Line, Word
from autocut_director.tools.words.cues import read_cues
from autocut_director.tools.words.line_breaks import columns, is_full
from autocut_director.tools.words.subrip import srt_text
from autocut_director.tools.words.subtitles import Subtitle, subtitles

FILM = 3000  # frames
LATIN = st.text("abcdefgh'-é", min_size=1, max_size=12).filter(lambda text: any(map(str.isalnum, text)))
CHINESE = st.text("的一是了我不人在他有", min_size=1, max_size=4)
ENDS = st.sampled_from(["", "", "", ",", ".", "?", "，", "。", "…", "”"])
CLOSING = tuple("，。！？；：、”）》」…,.?")
OPENING = tuple("“（《「")


@st.composite
def plans(draw: st.DrawFn) -> EditPlan:
    """Edits that jump, repeat, and go on where the clip before ended."""
    clips, at = list[tuple[int, int]](), 0
    for _ in range(draw(st.integers(1, 6))):
        goes_on = bool(clips) and at < FILM and draw(st.booleans())
        start = at if goes_on else draw(st.integers(0, FILM - 1))
        at = min(FILM, start + draw(st.integers(1, 400)))
        clips.append((start, at))
    return edit(draw(st.sampled_from(RATES)), tuple(clips))


@st.composite
def said(draw: st.DrawFn, *, timed: bool | None = None) -> tuple[Line, ...]:
    """Lines one after the other; each word has a number, so that it is known again, and a frame for each character."""
    lines, at, number = list[Line](), draw(st.integers(0, 200)), 0
    while at < FILM and len(lines) < 12:
        words = list[Word]()
        for _ in range(draw(st.integers(1, 25))):
            number += 1
            text = f"{draw(LATIN)}{number}x{draw(ENDS)}"
            end = at + len(text) + draw(st.integers(0, 30))
            words.append(Word(text=text, start_frame=at, end_frame=end))
            at = end + draw(st.sampled_from([0, 0, 0, 3, 90]))
        kept = words if (draw(st.booleans()) if timed is None else timed) else []
        text = " ".join(word.text for word in words)
        start = words[0].start_frame
        lines.append(Line(text=text, start_frame=start, end_frame=words[-1].end_frame, words=tuple(kept)))
        at = words[-1].end_frame + draw(st.integers(0, 100))
    return tuple(lines)


mixed = st.lists(st.tuples(LATIN | CHINESE, ENDS).map("".join), min_size=1, max_size=30)
anything = st.lists(
    st.tuples(mixed, st.integers(0, FILM), st.integers(0, 600), st.sampled_from(["", " "])).map(
        lambda parts: Line(text=parts[3].join(parts[0]), start_frame=parts[1], end_frame=parts[1] + parts[2])
    ),
    max_size=10,
)


def stretches(plan: EditPlan) -> list[tuple[int, int, int]]:
    """Frames [start, end) of the film, and where in the edit they begin; counted clip by clip."""
    found, record = list[tuple[int, int, int]](), 0
    for clip in plan.clips:
        if found and found[-1][1] == clip.in_frame:
            found[-1] = (found[-1][0], clip.out_frame, found[-1][2])
        else:
            found.append((clip.in_frame, clip.out_frame, record))
        record += clip.length
    return found


def numbers(shown: list[Subtitle]) -> list[int]:
    return [int(found) for cue in shown for line in cue.lines for found in re.findall(r"(\d+)x", line)]


def widest(line: str) -> int:
    return 32 if any(map(is_full, line)) else 42


def check(plan: EditPlan, shown: tuple[Subtitle, ...]) -> None:
    """What holds of all subtitles."""
    for cue in shown:
        assert 0 <= cue.start_frame < cue.end_frame <= plan.duration_frames
        assert cue.end_frame - cue.start_frame <= 7 * plan.rate
        assert 1 <= len(cue.lines) <= 2
        assert all(line.strip() == line != "" for line in cue.lines)
        assert any(map(str.isalnum, "".join(cue.lines)))
    for a, b in pairwise(shown):
        assert a.end_frame <= b.start_frame
        assert b.start_frame - a.end_frame >= 2 or a.end_frame - a.start_frame == 1
    cuts = {record for *_, record in stretches(plan)}
    for cue in shown:
        assert not any(cue.start_frame < cut < cue.end_frame for cut in cuts)


@given(plans(), said(), st.data())
def test_every_word_that_is_heard_whole_is_shown_once_where_it_is_heard(
    plan: EditPlan, lines: tuple[Line, ...], data: st.DataObject
) -> None:
    shown = subtitles(plan, data.draw(st.permutations(lines)))
    check(plan, shown)
    for start, end, record in stretches(plan):
        found = numbers([cue for cue in shown if record <= cue.start_frame < record + end - start])
        heard, partly = list[int](), list[int]()
        for line in lines:
            for word in line.words:
                number = int(re.findall(r"(\d+)x", word.text)[0])
                whole = start <= word.start_frame and word.end_frame <= end
                heard += [number] if whole and end - start > 40 else []
                partly += [number] if word.start_frame < end and start < word.end_frame else []
            if not line.words and start <= line.start_frame and line.end_frame <= end:
                heard += map(int, re.findall(r"(\d+)x", line.text))
            if not line.words and line.start_frame < end and start < line.end_frame:
                partly += map(int, re.findall(r"(\d+)x", line.text))
        assert found == sorted(found)
        assert max(Counter(found).values(), default=1) == 1
        assert set(found) <= set(partly)
        assert set(heard) <= set(found)


@given(plans(), anything)
def test_lines_are_short_and_begin_and_end_where_a_line_may(plan: EditPlan, lines: list[Line]) -> None:
    shown = subtitles(plan, lines)
    check(plan, shown)
    for cue in shown:
        for line in cue.lines:
            atom = not re.search(r"[ \u4e00-\u9fff]", line[1:])
            assert columns(line) <= widest(line) or atom, line
            assert not line.endswith(OPENING)
        if len(cue.lines) == 2:
            assert not cue.lines[1].startswith(CLOSING)


@given(plans(), said())
def test_a_subtitle_begins_when_its_first_word_is_said(plan: EditPlan, lines: tuple[Line, ...]) -> None:
    begins = {int(re.findall(r"(\d+)x", word.text)[0]): word.start_frame for line in lines for word in line.words}
    shown = subtitles(plan, lines)
    for start, end, record in stretches(plan):
        for cue in shown:
            first = numbers([cue])[0]
            if first in begins and record <= cue.start_frame < record + end - start:
                assert cue.start_frame == record + max(begins[first], start) - start


@given(plans(), said(), st.integers(0, 500))
def test_a_file_of_them_is_read_back(plan: EditPlan, lines: tuple[Line, ...], lead: int) -> None:
    shown = subtitles(plan, lines)
    assume(not any(a.lines[-1] == b.lines[0] for a, b in pairwise(shown)))  # our reader takes it for a rolling caption
    cues = read_cues(srt_text(shown, plan.rate, lead_frames=lead)) if shown else ()
    read = [(cue.text, round(cue.start * plan.rate), round(cue.end * plan.rate)) for cue in cues]
    assert read == [(" ".join(cue.lines), cue.start_frame + lead, cue.end_frame + lead) for cue in shown]


hostile = st.text(st.sampled_from("<>/bi&lt;amp{}\\Nan8-:0123.,\u200b ") | st.characters(), min_size=1, max_size=40)


@given(st.lists(hostile, min_size=1, max_size=2), st.sampled_from(RATES))
def test_no_text_breaks_a_file(texts: list[str], rate: Fraction) -> None:
    first = Subtitle(tuple(texts), 10, 40)
    text = srt_text([first, Subtitle(("after",), 50, 60)], rate)
    *before, last = read_cues(text)
    assert (last.text, round(last.start * rate), round(last.end * rate)) == ("after", 50, 60)
    assert len(before) <= 1
