"""Whatever a planner proposes: a plan comes out that can be cut, or a refusal that names each broken rule."""

import math
import re
from typing import Any

import pytest
from documents import described
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autocut_director.agent.builtin_planner import plan_without_model
from autocut_director.errors import PlanError
from autocut_director.tools.plans.compiler import ProposedPlan, broken_as_proposed, compile_plan, read_proposal
from autocut_director.tools.plans.rules import broken_rules, target_frames
from autocut_director.tools.timeline import Clip, EditPlan, Line, PlannedBy, PlanRequest, Scene, Word

SIGNED = PlannedBy(planner="test")
unhurried = settings(deadline=None)  # how long a busy machine takes is no property of a plan

RULES = ("scene_exists", "whole_frames", "in_before_out", "inside_scene", "no_repeat", "minimum_length")
REFUSALS = (*(f"{rule}:" for rule in RULES), "total_duration: no clip is left")

lengths = st.lists(st.integers(1, 120), min_size=1, max_size=12)
durations = st.none() | st.floats(0.05, 60, allow_nan=False)
frames = st.integers(-50, 1500) | st.floats(allow_nan=True, allow_infinity=True)
clips = st.fixed_dictionaries(
    {
        "scene_id": st.sampled_from([f"S{n:04}" for n in range(1, 16)]) | st.text("S012x场", max_size=6),
        "in_frame": frames,
        "out_frame": frames,
    },
    optional={"purpose": st.sampled_from(["hook", "body", "cta"]), "reason": st.text("ab 景", max_size=9)},
)


@st.composite
def talk(draw: st.DrawFn) -> tuple[Line, ...]:
    """Lines that overlap, leave gaps, run past the film's end, with words, without, or with words elsewhere."""
    lines, at = [], draw(st.integers(0, 60))
    for _ in range(draw(st.integers(1, 12))):
        lengths = draw(st.lists(st.integers(1, 30), min_size=1, max_size=6))
        words, start = [], at + draw(st.integers(-3, 3) if draw(st.booleans()) else st.just(0))
        for length in lengths:
            words.append(Word(text="w", start_frame=max(0, start), end_frame=max(0, start) + length))
            start += length
        known = tuple(words) if draw(st.booleans()) else ()
        span = (at, at + sum(lengths)) if draw(st.integers(0, 9)) else (at + sum(lengths), at)  # nobody checks it
        lines.append(Line(text="x", start_frame=span[0], end_frame=span[1], words=known))
        at = max(0, at + sum(lengths) + draw(st.integers(-20, 60)))
    return tuple(lines)


def asked(spans: list[int], duration: float | None, transcript: tuple[Line, ...] = ()) -> PlanRequest:
    return PlanRequest(document=described(spans), duration_seconds=duration, transcript=transcript)


def proven(plan: EditPlan, request: PlanRequest) -> None:
    """Every rule, written out again without the code under test."""
    scenes = {scene.scene_id: scene for scene in request.document.scenes}
    used: set[int] = set()
    for number, clip in enumerate(plan.clips, start=1):
        scene = scenes[clip.scene_id]
        assert clip.order == number
        assert scene.start_frame <= clip.in_frame < clip.out_frame <= scene.end_frame
        span = set(range(clip.in_frame, clip.out_frame))
        assert not span & used
        used |= span
    purposes = [clip.purpose for clip in plan.clips]
    assert purposes[0] == "hook"
    assert purposes == sorted(purposes, key=["hook", "body", "cta"].index)
    target = target_frames(request)
    assert abs(len(used) - target) <= (0.10 if request.transcript else 0.05) * target
    for number, clip in enumerate(plan.clips):
        speaks_on(plan, number, scenes[clip.scene_id], request)


def speaks_on(plan: EditPlan, number: int, scene: Scene, request: PlanRequest) -> None:
    """No end of the clip cuts into more than at any other frame that it could move to by itself."""
    clip = plan.clips[number]
    others = {frame for other in plan.clips if other is not clip for frame in range(other.in_frame, other.out_frame)}
    least = max(1, min(scene.length // 2, math.ceil(0.4 * 25), target_frames(request) // 2))
    if number == 0 or plan.clips[number - 1].out_frame != clip.in_frame:
        for frame in reached(clip.in_frame, scene, others, -1):
            not_kinder(clip, frame, clip.out_frame, least, (plan, scene, request))
        for frame in range(clip.in_frame, clip.out_frame - least + 1):
            not_kinder(clip, frame, clip.out_frame, least, (plan, scene, request))
    if number == len(plan.clips) - 1 or plan.clips[number + 1].in_frame != clip.out_frame:
        for frame in reached(clip.out_frame, scene, others, 1):
            not_kinder(clip, clip.in_frame, frame, least, (plan, scene, request))
        for frame in range(clip.in_frame + least, clip.out_frame + 1):
            not_kinder(clip, clip.in_frame, frame, least, (plan, scene, request))


def reached(frame: int, scene: Scene, others: set[int], step: int) -> list[int]:
    """The frames that an end of a clip can move to over frames of its scene that are not used."""
    found = []
    while scene.start_frame <= frame + step <= scene.end_frame and (frame if step > 0 else frame - 1) not in others:
        frame += step
        found.append(frame)
    return found


def not_kinder(clip: Clip, start: int, end: int, least: int, about: tuple[EditPlan, Scene, PlanRequest]) -> None:
    plan, scene, request = about
    target = target_frames(request)
    total = plan.duration_frames + end - start - clip.length
    if end - start < least or abs(total - target) > 0.10 * target:
        return
    moved, stayed = (start, clip.in_frame) if end == clip.out_frame else (end, clip.out_frame)
    edge = scene.start_frame if end == clip.out_frame else scene.end_frame
    assert cut(moved, edge, request) >= cut(stayed, edge, request), (clip, start, end)


def cut(frame: int, scene_edge: int, request: PlanRequest) -> tuple[int, int]:
    """Whether a word, whether a sentence is cut at `frame`: 2 by the edit, 1 by the film itself."""
    words = [(word.start_frame, word.end_frame) for line in request.transcript for word in line.words]
    spans = [*words, *((line.start_frame, line.end_frame) for line in request.transcript)]
    weight = 1 if frame == scene_edge else 2
    return weight * any(a < frame < b for a, b in words), weight * any(a < frame < b for a, b in spans)


@unhurried
@given(spans=lengths, duration=durations, proposal=st.lists(clips, max_size=12))
def test_any_proposal_is_mended_or_refused_by_rule(
    spans: list[int], duration: float | None, proposal: list[dict[str, Any]]
) -> None:
    request = asked(spans, duration)
    try:
        plan = compile_plan({"clips": proposal}, request, planned_by=SIGNED)
    except PlanError as refusal:
        assert refusal.broken
        assert all(":" in rule for rule in refusal.broken)
    else:
        proven(plan, request)


@unhurried
@given(spans=lengths, duration=durations, proposal=st.lists(clips, max_size=12), transcript=talk())
def test_whatever_is_said_a_proposal_is_mended_or_refused_by_rule(
    spans: list[int], duration: float | None, proposal: list[dict[str, Any]], transcript: tuple[Line, ...]
) -> None:
    request = asked(spans, duration, transcript)
    try:
        plan = compile_plan({"clips": proposal}, request, planned_by=SIGNED)
    except PlanError as refusal:
        assert all(rule.startswith(REFUSALS) for rule in refusal.broken)
        return
    proven(plan, request)
    again = compile_plan(plan, request, planned_by=SIGNED)
    assert again.clips == plan.clips
    assert again.adjustments == ()


@unhurried
@given(ends=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=20), seconds=durations)
def test_clips_that_crowd_one_scene_are_mended(ends: list[tuple[int, int]], seconds: float | None) -> None:
    request = asked([60], seconds)
    proposal = [{"scene_id": "S0001", "in_frame": a, "out_frame": b} for a, b in ends]
    assume(any(a < b for a, b in ends))
    proven(compile_plan({"clips": proposal}, request, planned_by=SIGNED), request)


@unhurried
@given(spans=lengths, duration=durations, transcript=talk())
def test_the_builtin_planner_is_proven_whatever_is_said(
    spans: list[int], duration: float | None, transcript: tuple[Line, ...]
) -> None:
    request = asked(spans, duration, transcript)
    proven(compile_plan(plan_without_model(request), request, planned_by=SIGNED), request)


@unhurried
@given(spans=lengths, duration=durations)
def test_the_builtin_planner_is_always_proven_and_never_mended(spans: list[int], duration: float | None) -> None:
    request = asked(spans, duration)
    plan = compile_plan(plan_without_model(request), request, planned_by=SIGNED)
    proven(plan, request)


@unhurried
@given(spans=lengths, duration=durations)
def test_one_good_clip_is_enough_to_mend_a_plan(spans: list[int], duration: float | None) -> None:
    request = asked(spans, duration)
    first = {"scene_id": "S0001", "in_frame": 0, "out_frame": spans[0]}
    proven(compile_plan({"clips": [first]}, request, planned_by=SIGNED), request)


@unhurried
@given(spans=lengths, duration=durations)
def test_a_proven_plan_passes_unchanged(spans: list[int], duration: float | None) -> None:
    request = asked(spans, duration)
    plan = compile_plan(plan_without_model(request), request, planned_by=SIGNED)
    again = compile_plan(plan, request, planned_by=SIGNED)
    assert again.clips == plan.clips
    assert again.adjustments == ()


@pytest.mark.parametrize(
    "junk", [None, 7, "cut it", [], {"clips": 3}, {"clips": [{}]}, {"clips": [{"scene_id": "S0001"}]}, {}]
)
def test_what_is_no_plan_is_refused(junk: object) -> None:
    with pytest.raises(PlanError, match="schema"):
        compile_plan(junk, asked([50, 50], 2), planned_by=SIGNED)


def test_a_refusal_names_every_broken_rule() -> None:
    proposal = [
        {"scene_id": "S0099", "in_frame": 0, "out_frame": 30},
        {"scene_id": "S0001", "in_frame": 30, "out_frame": 10},
        {"scene_id": "S0002", "in_frame": 0, "out_frame": 30},
    ]
    with pytest.raises(PlanError) as refused:
        compile_plan({"clips": proposal}, asked([50, 50], 2), planned_by=SIGNED)
    assert [rule.partition(":")[0] for rule in refused.value.broken] == [
        "scene_exists",
        "in_before_out",
        "inside_scene",
        "total_duration",
    ]


def adjusted(proposal: list[dict[str, Any]], duration: float, spans: list[int] | None = None) -> EditPlan:
    return compile_plan({"clips": proposal}, asked(spans or [100, 100, 100], duration), planned_by=SIGNED)


def clip(scene: str, start: float, end: float, purpose: str = "body") -> dict[str, Any]:
    return {"scene_id": scene, "in_frame": start, "out_frame": end, "purpose": purpose}


@pytest.mark.parametrize(
    ("proposal", "duration", "rule", "before", "after"),
    [
        ([clip("S0001", 0, 50, "hook"), clip("S0009", 0, 50)], 2, "scene_exists", ("S0009",), ()),
        ([clip("S0001", 0.4, 50, "hook")], 2, "whole_frames", (0.4, 50), (0, 50)),
        ([clip("S0001", 0, 50, "hook"), clip("S0002", 150, 120)], 2, "in_before_out", (150, 120), ()),
        ([clip("S0001", 60, 110, "hook")], 1.6, "inside_scene", (60, 110), (60, 100)),
        ([clip("S0001", 0, 50, "hook"), clip("S0001", 25, 75)], 3, "no_repeat", (25, 75), (50, 75)),
        ([clip("S0001", 0, 4, "hook")], 2, "minimum_length", (0, 4), (0, 10)),
        ([clip("S0001", 0, 50, "body")], 2, "purpose_order", ("body",), ("hook",)),
        ([clip("S0001", 0, 100, "hook"), clip("S0002", 100, 200)], 4, "total_duration", (0, 100), (0, 50)),
        ([clip("S0001", 0, 40, "hook")], 2, "total_duration", (0, 40), (0, 50)),
        ([clip("S0001", 0, 100, "hook")], 6, "total_duration", (), ("S0002", 125, 175)),
    ],
)
def test_each_change_is_listed(
    proposal: list[dict[str, Any]], duration: float, rule: str, before: tuple[Any, ...], after: tuple[Any, ...]
) -> None:
    changes = adjusted(proposal, duration).adjustments
    assert (rule, before, after) in [(change.rule, change.before, change.after) for change in changes]


def test_a_film_too_short_is_used_whole_and_said() -> None:
    request = asked([50, 50], 60)
    plan = compile_plan(plan_without_model(request), request, planned_by=SIGNED)
    assert plan.duration_frames == 100
    assert plan.assumptions == ("60 s were asked, the film has 4.0 s: all of it is used.",)


def test_broken_rules_finds_what_a_hand_has_broken() -> None:
    request = asked([100, 100], 4)
    plan = compile_plan(plan_without_model(request), request, planned_by=SIGNED)
    (first, *rest) = plan.clips
    wrong = [first.model_copy(update={"out_frame": 900, "purpose": "cta"}), *rest]
    names = {problem.partition(":")[0] for problem in broken_rules(wrong, request)}
    assert {"inside_scene", "purpose_order"} <= names


# ---------------------------------------------------------------- plans that mean harm


numbers = (
    st.integers() | st.floats() | st.just(10**400) | st.just(-(10**400)) | st.sampled_from(["NaN", "1e999", "0x1"])
)
anything = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=20) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
texts = st.text(max_size=40) | st.sampled_from(["\x00\x1b[2J", "长" * 5000, "\ud800"])
wild_frames = frames | numbers
wild_clips = st.fixed_dictionaries(
    {
        "scene_id": st.sampled_from(["S0001", "S0002"]) | texts,
        "in_frame": frames | numbers,
        "out_frame": frames | numbers,
    },
    optional={"purpose": st.sampled_from(["hook", "cta"]), "reason": texts, "overlay_text": texts, "more": anything},
)
wild_plans = st.fixed_dictionaries(
    {"clips": st.lists(wild_clips, max_size=6)},
    optional={
        "title": texts,
        "logline": texts,
        "assumptions": st.lists(texts, max_size=4),
        "dropped": st.lists(st.fixed_dictionaries({"scene_id": texts, "reason": texts, "more": anything}), max_size=3),
        "more": anything,
    },
)


def proven_or_refused(proposal: Any, request: PlanRequest) -> EditPlan | PlanError:
    try:
        plan = compile_plan(proposal, request, planned_by=SIGNED)
    except PlanError as refusal:
        assert refusal.broken
        assert all(re.match(r"[a-z_]+: ", rule) for rule in refusal.broken)
        assert len(str(refusal)) < 20_000
        return refusal
    proven(plan, request)
    written = plan.model_dump_json()
    assert EditPlan.model_validate_json(written) == plan
    assert len(written) < 200_000 + 2_000 * len(plan.clips) + 300 * len(plan.adjustments)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "".join([plan.title, plan.logline, *spoken_of(plan)]))
    return plan


def spoken_of(plan: EditPlan) -> list[str]:
    of_clips = [text for clip in plan.clips for text in (clip.reason, clip.overlay_text or "")]
    return [*of_clips, *plan.assumptions, *(drop.reason for drop in plan.dropped)]


@unhurried
@given(proposal=anything | st.dictionaries(st.sampled_from(["clips", "title", "dropped"]), anything))
def test_what_is_anything_at_all_is_a_plan_or_refused(proposal: Any) -> None:
    proven_or_refused(proposal, asked([50, 50], 2))


@unhurried
@given(proposal=wild_plans)
def test_a_wild_plan_is_mended_or_refused(proposal: dict[str, Any]) -> None:
    proven_or_refused(proposal, asked([50, 50], 2))


@unhurried
@given(proposal=wild_plans)
def test_what_a_wild_plan_breaks_can_be_told(proposal: dict[str, Any]) -> None:
    try:
        read = read_proposal(proposal)
    except PlanError:
        assume(False)
    assert all(re.match(r"[a-z_]+: ", rule) for rule in broken_as_proposed(read, asked([50, 50], 2)))


def nested(depth: int) -> Any:
    value: Any = "deep"
    for _ in range(depth):
        value = {"more": [value]}
    return value


def test_a_deep_nest_is_left_behind() -> None:
    drop = {"scene_id": "S0002", "reason": "dark", "more": nested(5000)}
    proposal = {
        "clips": [{**clip("S0001", 0, 50, "hook"), "more": nested(5000)}],
        "dropped": [drop],
        "more": nested(5000),
    }
    plan = proven_or_refused(proposal, asked([50, 50], 2))
    assert isinstance(plan, EditPlan)
    assert [drop.model_dump() for drop in plan.dropped] == [{"scene_id": "S0002", "reason": "dark"}]
    deep = plan.model_copy(update={"more": nested(5000)})
    assert proven_or_refused(deep, asked([50, 50], 2)) == plan


def test_a_plan_that_was_never_validated_is_not_believed() -> None:
    proposal = ProposedPlan.model_construct(clips=[{"scene_id": 7}])
    with pytest.raises(PlanError, match=r"schema: clips\.0"):
        compile_plan(proposal, asked([50, 50], 2), planned_by=SIGNED)


@pytest.mark.parametrize(
    "proposed",
    [
        [clip("S0001", 0, 100, "hook")] * 10_000,
        [clip("S0001", n / 100, n / 100 + 60) for n in range(10_000)],
        [clip(f"S{n:04}", n, n + 1) for n in range(10_000)],
        [clip("S0002", 10_000 - n, 0) for n in range(10_000)],
        [clip("S0001", math.nan, math.inf)] * 10_000,
        [{"scene_id": "S0001"}] * 10_000,
    ],
    ids=["the same", "overlapping", "unknown", "reversed", "no number", "no frames"],
)
def test_ten_thousand_clips_are_mended_or_refused_in_few_words(proposed: list[dict[str, Any]]) -> None:
    said = (Line(text="x", start_frame=20, end_frame=90),)
    proven_or_refused({"clips": proposed}, asked([100, 100], 3, said))


def test_many_clips_of_many_scenes_are_cut() -> None:
    spans = [50] * 400
    proposed = [clip(f"S{n // 4 + 1:04}", n * 12.5, n * 12.5 + 12) for n in range(1600)]
    said = tuple(Line(text="x", start_frame=n, end_frame=n + 30) for n in range(0, 20_000, 35))
    for seconds in (10, 400, 800):
        assert isinstance(proven_or_refused({"clips": proposed}, asked(spans, seconds, said)), EditPlan)


def test_a_long_text_is_cut_and_that_is_said() -> None:
    huge = "字" * 3_000_000
    wild = {**clip("S0001", 0, 50, "hook"), "overlay_text": huge, "reason": f"{huge}\x1b[2J"}
    proposal = {"clips": [wild], "title": huge, "logline": huge, "assumptions": [huge] * 3}
    plan = proven_or_refused(proposal, asked([50, 50], 2))
    assert isinstance(plan, EditPlan)
    assert plan.clips[0].overlay_text == "字" * 299 + "…"
    assert len(plan.title) == 200
    assert [(change.clip, change.rule, change.before, change.after) for change in plan.adjustments] == [
        (None, "plain_text", ("title", 3_000_000), ("title", 200)),
        (None, "plain_text", ("logline", 3_000_000), ("logline", 1000)),
        (None, "plain_text", ("assumptions", 9_000_000), ("assumptions", 3000)),
        (1, "plain_text", ("overlay_text", 3_000_000), ("overlay_text", 300)),
        (1, "plain_text", ("reason", 3_000_004), ("reason", 1000)),
    ]


def test_control_characters_are_taken_out_and_line_feeds_left() -> None:
    wild = {**clip("S0001", 0, 50, "hook"), "overlay_text": "one\ntwo\x00", "reason": "a\x1b[31mb\x7f\x9f"}
    plan = compile_plan({"clips": [wild]}, asked([50, 50], 2), planned_by=SIGNED)
    assert (plan.clips[0].overlay_text, plan.clips[0].reason) == ("one\ntwo", "a[31mb")
    again = compile_plan(plan, asked([50, 50], 2), planned_by=SIGNED)
    assert again.adjustments == ()


def test_a_huge_name_is_not_repeated() -> None:
    wild = [clip("S" * 3_000_000, 0, 50), clip("S0001", 0, 50, "hook")]
    plan = compile_plan({"clips": wild}, asked([50, 50], 2), planned_by=SIGNED)
    assert plan.adjustments[0].before == ("S" * 79 + "…",)


def test_hand_made_clips_with_texts_that_are_not_plain_are_found() -> None:
    made = Clip(order=1, scene_id="S0001", in_frame=0, out_frame=50, purpose="hook", reason="\x1b[2J")
    assert [rule.partition(":")[0] for rule in broken_rules([made], asked([50, 50], 2))] == ["plain_text"]
