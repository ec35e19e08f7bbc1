"""Cuts and what is said: where a film may be cut, and how an edit's clips are moved there."""

from typing import Any

import pytest
from documents import described

from autocut_director.tools.plans.compiler import compile_plan
from autocut_director.tools.plans.rules import broken_rules
from autocut_director.tools.plans.speech import Spans, Speech
from autocut_director.tools.timeline import Clip, EditPlan, Line, PlannedBy, PlanRequest, Word

SIGNED = PlannedBy(planner="test")


def line(start: int, end: int, *words: tuple[int, int]) -> Line:
    spoken = tuple(Word(text="w", start_frame=a, end_frame=b) for a, b in words)
    return Line(text="x", start_frame=start, end_frame=end, words=spoken)


def clip(scene: str, start: float, end: float, purpose: str = "body") -> dict[str, Any]:
    return {"scene_id": scene, "in_frame": start, "out_frame": end, "purpose": purpose}


def request(spans: list[int], seconds: float, *lines: Line) -> PlanRequest:
    return PlanRequest(document=described(spans), duration_seconds=seconds, transcript=lines)


def cut(spans: list[int], seconds: float, clips: list[dict[str, Any]], *lines: Line) -> EditPlan:
    return compile_plan({"clips": clips}, request(spans, seconds, *lines), planned_by=SIGNED)


def spans_of(plan: EditPlan) -> list[tuple[int, int]]:
    return [(clip.in_frame, clip.out_frame) for clip in plan.clips]


def changes_of(plan: EditPlan) -> list[tuple[int | None, str, tuple[Any, ...], tuple[Any, ...]]]:
    return [(change.clip, change.rule, change.before, change.after) for change in plan.adjustments]


# ---------------------------------------------------------------- where nothing is said


@pytest.mark.parametrize(
    ("frame", "inside", "before", "after"),
    [
        (9, False, 9, 9),
        (10, False, 10, 10),
        (11, True, 10, 30),
        (20, True, 10, 30),
        (30, False, 30, 30),
        (35, True, 30, 40),
    ],
)
def test_spans_that_overlap_are_one_and_spans_that_touch_are_two(
    frame: int, inside: bool, before: int, after: int
) -> None:
    spans = Spans([(30, 40), (10, 25), (20, 30), (12, 14)])
    assert (frame in spans, spans.before(frame), spans.after(frame)) == (inside, before, after)


def test_a_cut_costs_by_what_it_cuts_and_who_cuts() -> None:
    speech = Speech([line(0, 100, (10, 20))])
    assert speech.cost(15, film_cuts=False) == (2, 2)
    assert speech.cost(15, film_cuts=True) == (1, 1)
    assert speech.cost(20, film_cuts=False) == (0, 2)
    assert speech.cost(100, film_cuts=False) == (0, 0)


# ---------------------------------------------------------------- an edit's clips


def test_a_clip_leaves_a_word_by_the_way_that_keeps_the_length() -> None:
    plan = cut([200], 4, [clip("S0001", 50, 150, "hook")], line(45, 55, (45, 55)), line(140, 152, (140, 152)))
    assert spans_of(plan) == [(55, 152)]
    assert changes_of(plan) == [(1, "whole_words", (50, 150), (55, 152))]


def test_a_clip_leaves_a_sentence_whose_words_are_not_known() -> None:
    plan = cut([200], 4, [clip("S0001", 50, 150, "hook")], line(46, 70))
    assert spans_of(plan) == [(46, 150)]
    assert changes_of(plan) == [(1, "whole_sentences", (50, 150), (46, 150))]


def test_the_other_end_gives_back_what_the_length_is_off_where_nothing_is_said() -> None:
    assert spans_of(cut([200], 4, [clip("S0001", 50, 150, "hook")], line(42, 70))) == [(42, 142)]
    assert spans_of(cut([200], 4, [clip("S0001", 50, 150, "hook")], line(42, 70), line(75, 150))) == [(42, 150)]


def test_what_keeps_words_and_sentences_whole_is_left_alone_up_to_a_tenth_off() -> None:
    said = line(0, 108), line(120, 190)
    plan = cut([200], 4, [clip("S0001", 0, 108, "hook")], *said)
    assert (spans_of(plan), plan.adjustments) == ([(0, 108)], ())
    assert spans_of(cut([200], 4, [clip("S0001", 0, 112, "hook")], *said)) == [(0, 108)]


def test_without_a_transcript_a_twentieth_is_all() -> None:
    assert spans_of(cut([200], 4, [clip("S0001", 0, 108, "hook")])) == [(0, 100)]


def test_one_clip_grows_and_another_shrinks_so_that_the_length_is_kept() -> None:
    clips = [clip("S0001", 0, 75, "hook"), clip("S0002", 200, 275)]
    plan = cut([200, 200], 6, clips, line(0, 90), line(200, 260), line(260, 390))
    assert spans_of(plan) == [(0, 90), (200, 260)]
    assert [change[1] for change in changes_of(plan)] == ["whole_sentences", "whole_sentences"]


def test_a_clip_in_which_nothing_is_said_makes_room() -> None:
    clips = [clip("S0001", 0, 60, "hook"), clip("S0002", 100, 190)]
    plan = cut([100, 200], 6, clips, line(0, 100))
    assert spans_of(plan) == [(0, 100), (100, 150)]
    assert [change[:2] for change in changes_of(plan)] == [(1, "whole_sentences"), (2, "total_duration")]


def test_a_clip_inside_one_long_sentence_moves_out_of_it_whole() -> None:
    plan = cut([400], 2, [clip("S0001", 100, 150, "hook")], line(0, 300))
    assert spans_of(plan) == [(300, 350)]


def test_a_clip_at_the_start_of_a_sentence_too_long_for_it_begins_after_it() -> None:
    assert spans_of(cut([200], 2, [clip("S0001", 0, 50, "hook")], line(0, 100))) == [(100, 150)]


def words(start: int, length: int, count: int) -> list[tuple[int, int]]:
    return [(start + n * length, start + (n + 1) * length) for n in range(count)]


def test_where_the_length_asks_for_it_a_sentence_gives_way_at_a_word() -> None:
    clips = [clip("S0001", 15, 45, "hook"), clip("S0002", 95, 115)]
    plan = cut([80, 40], 3.2, clips, line(0, 60, *words(0, 10, 6)), line(60, 120))
    assert spans_of(plan) == [(0, 40), (80, 120)]


def test_where_the_length_asks_for_it_one_word_gives_way_and_not_two() -> None:
    clips = [clip("S0001", 5, 25, "hook"), clip("S0002", 60, 100)]
    plan = cut([60, 40], 1.6, clips, line(0, 80, *words(0, 20, 4)), line(50, 130, *words(50, 20, 4)))
    assert spans_of(plan) == [(0, 20), (60, 80)]


def test_where_a_sentence_cannot_be_whole_its_words_are() -> None:
    plan = cut([300], 4, [clip("S0001", 53, 153, "hook")], line(0, 300, *words(0, 10, 30)))
    ((start, end),) = spans_of(plan)
    assert (start % 10, end % 10) == (0, 0)
    assert 90 <= end - start <= 110


def test_where_no_word_can_be_whole_the_duration_is_kept() -> None:
    plan = cut([300], 4, [clip("S0001", 50, 150, "hook")], line(0, 300, (0, 300)))
    assert 90 <= plan.duration_frames <= 110


def test_the_films_own_cut_through_a_sentence_is_left_where_there_is_a_way_out() -> None:
    plan = cut([100, 100], 3.4, [clip("S0002", 100, 185, "hook")], line(80, 106))
    assert spans_of(plan) == [(106, 191)]


def test_the_films_own_cut_through_a_sentence_is_excused_where_there_is_none() -> None:
    plan = cut([100, 100, 100], 4, [clip("S0002", 100, 200, "hook")], line(80, 220))
    assert (spans_of(plan), plan.adjustments) == ([(100, 200)], ())


def test_a_cut_in_a_sentence_goes_to_the_films_own_where_there_is_no_other_way() -> None:
    plan = cut([100, 100, 100], 4, [clip("S0002", 103, 200, "hook")], line(80, 220))
    assert spans_of(plan) == [(100, 200)]


def test_where_the_next_clip_goes_on_nothing_is_cut() -> None:
    clips = [clip("S0001", 40, 90, "hook"), clip("S0001", 90, 140)]
    plan = cut([200], 4, clips, line(80, 100, (80, 100)))
    assert (spans_of(plan), plan.adjustments) == ([(40, 90), (90, 140)], ())


def test_clips_that_touch_and_are_shown_apart_both_leave_the_word() -> None:
    clips = [clip("S0001", 90, 140, "hook"), clip("S0002", 200, 250), clip("S0001", 40, 90)]
    plan = cut([200, 200], 6, clips, line(80, 100, (80, 100)))
    (first, _, last) = spans_of(plan)
    assert last[1] == first[0]
    assert first[0] in {80, 100}


def test_the_minimum_length_is_kept() -> None:
    plan = cut([100, 100], 1.2, [clip("S0001", 20, 32, "hook"), clip("S0002", 120, 138)], line(23, 100))
    assert spans_of(plan)[0] == (11, 23)


def test_a_filled_in_scene_is_moved_too() -> None:
    plan = cut([100, 100], 6, [clip("S0001", 0, 100, "hook")], line(120, 180))
    assert changes_of(plan)[-1] == (None, "whole_sentences", (125, 175), (120, 180))


def test_lines_past_the_films_end_and_reversed_lines_change_nothing() -> None:
    clips = [clip("S0001", 0, 100, "hook")]
    plan = cut([200], 4, clips, line(190, 400), line(5000, 6000, (5000, 5500)), line(60, 40))
    assert (spans_of(plan), plan.adjustments) == ([(0, 100)], ())


# ---------------------------------------------------------------- the rules


def test_a_cut_word_and_a_cut_sentence_are_named_with_the_way_out() -> None:
    said = line(45, 60, (45, 60)), line(240, 260)
    made = [
        Clip(order=1, scene_id="S0001", in_frame=50, out_frame=150, purpose="hook"),
        Clip(order=2, scene_id="S0002", in_frame=250, out_frame=350, purpose="body"),
    ]
    assert broken_rules(made, request([200, 200], 8, *said)) == [
        "whole_words: clip 1 is frames 50 to 150 and cuts into a word; frames 45 to 150 would not, or less",
        "whole_sentences: clip 2 is frames 250 to 350 and cuts into a sentence; frames 240 to 350 would not, or less",
    ]
    assert broken_rules(made, request([200, 200], 8)) == []


def test_what_is_broken_otherwise_is_named_first() -> None:
    made = [Clip(order=1, scene_id="S0001", in_frame=50, out_frame=950, purpose="hook")]
    broken = broken_rules(made, request([200, 200], 8, line(45, 60)))
    assert [rule.partition(":")[0] for rule in broken] == ["inside_scene", "total_duration"]
