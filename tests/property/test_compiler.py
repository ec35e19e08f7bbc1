"""Whatever a planner proposes: a plan comes out that can be cut, or a refusal that names each broken rule."""

from typing import Any

import pytest
from documents import described
from hypothesis import given
from hypothesis import strategies as st

from autocut_director.agent.builtin_planner import plan_without_model
from autocut_director.errors import PlanError
from autocut_director.tools.compiler import compile_plan
from autocut_director.tools.rules import broken_rules, target_frames
from autocut_director.tools.timeline import EditPlan, PlannedBy, PlanRequest

SIGNED = PlannedBy(planner="test")

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


def asked(spans: list[int], duration: float | None) -> PlanRequest:
    return PlanRequest(document=described(spans), duration_seconds=duration)


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
    assert abs(len(used) - target) <= 0.05 * target


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


@given(spans=lengths, duration=durations)
def test_the_builtin_planner_is_always_proven_and_never_mended(spans: list[int], duration: float | None) -> None:
    request = asked(spans, duration)
    plan = compile_plan(plan_without_model(request), request, planned_by=SIGNED)
    proven(plan, request)


@given(spans=lengths, duration=durations)
def test_one_good_clip_is_enough_to_mend_a_plan(spans: list[int], duration: float | None) -> None:
    request = asked(spans, duration)
    first = {"scene_id": "S0001", "in_frame": 0, "out_frame": spans[0]}
    proven(compile_plan({"clips": [first]}, request, planned_by=SIGNED), request)


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
