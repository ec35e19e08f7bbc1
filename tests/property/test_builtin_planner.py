"""The builtin planner keeps its promises: hook, coverage, shot types apart, duration, reasons."""

from itertools import pairwise, permutations

import pytest
from documents import described
from hypothesis import given
from hypothesis import strategies as st

from autocut_director.agent.builtin_planner import apart, plan_without_model, share_out, worth
from autocut_director.agent.planner import build_planner
from autocut_director.tools.timeline import PlanRequest, Scene, SceneDescription

types = st.lists(st.sampled_from(["wide", "medium", "close_up", "unknown"]), min_size=1, max_size=7)


def scenes_of(shot_types: list[str]) -> list[Scene]:
    return list(described([50] * len(shot_types), shot_types=shot_types).scenes)


def meetings(scenes: list[Scene]) -> int:
    names = [scene.visual.shot_type for scene in scenes if scene.visual]
    return sum(a == b != "unknown" for a, b in pairwise(names))


@given(types)
def test_no_shot_type_meets_itself_where_that_can_be_avoided(shot_types: list[str]) -> None:
    scenes = scenes_of(shot_types)
    arranged = apart(scenes)
    assert sorted(s.scene_id for s in arranged) == sorted(s.scene_id for s in scenes)
    assert arranged[0] == scenes[0]
    first, *rest = scenes
    best = min(meetings([first, *order]) for order in permutations(rest))
    assert (meetings(arranged) == 0) == (best == 0)


@given(types)
def test_what_already_alternates_stays_as_it_is(shot_types: list[str]) -> None:
    scenes = scenes_of(shot_types)
    if meetings(scenes) == 0:
        assert apart(scenes) == scenes


@given(st.integers(1, 500), st.lists(st.integers(1, 90), min_size=1, max_size=10))
def test_frames_are_shared_out_to_the_last(total: int, limits: list[int]) -> None:
    shares = share_out(total, limits)
    assert sum(shares) == min(total, sum(limits))
    assert all(0 <= share <= limit for share, limit in zip(shares, limits, strict=True))


def planned(lengths: list[int], seconds: float, language: str = "en", **scenes: list[str]) -> tuple:
    request = PlanRequest(document=described(lengths, **scenes), duration_seconds=seconds, language=language)
    return build_planner().invoke(request), request


def test_the_hook_is_the_best_shot() -> None:
    plan, request = planned([75] * 10, 10)
    best = max(request.document.scenes, key=lambda scene: worth(scene, request))
    assert plan.clips[0].scene_id == best.scene_id
    assert plan.clips[0].purpose == "hook"
    assert plan.clips[-1].purpose == "cta"


def test_the_edit_covers_the_film() -> None:
    plan, _ = planned([50] * 40, 15)
    fifths = {clip.in_frame * 5 // 2000 for clip in plan.clips}
    assert fifths == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("seconds", [0.5, 1, 3, 10, 25, 31.7])
def test_the_duration_is_met_to_the_frame(seconds: float) -> None:
    plan, _ = planned([40, 70, 20, 90, 130, 60, 50, 200, 140], seconds)
    assert plan.duration_frames == round(seconds * 25)
    assert plan.adjustments == ()


def test_every_choice_has_its_reason() -> None:
    plan, request = planned([50] * 12, 8)
    assert all(clip.reason for clip in plan.clips)
    kept = {clip.scene_id for clip in plan.clips}
    assert {drop.scene_id for drop in plan.dropped} == {s.scene_id for s in request.document.scenes} - kept
    assert all(drop.reason for drop in plan.dropped)


def test_it_speaks_chinese() -> None:
    plan, _ = planned([50] * 6, 6, language="zh")
    assert "全片最好的镜头" in plan.clips[0].reason


def test_it_is_deterministic() -> None:
    assert planned([50] * 9, 7)[0] == planned([50] * 9, 7)[0]


def test_scenes_without_signals_or_descriptions_can_be_planned() -> None:
    document = described([50, 60, 70])
    bare = document.model_copy(
        update={"scenes": tuple(s.model_copy(update={"visual": None, "signals": None}) for s in document.scenes)}
    )
    request = PlanRequest(document=bare, duration_seconds=3)
    assert plan_without_model(request).clips


def test_a_described_quality_beats_a_measured_one() -> None:
    document = described([50, 50])
    good = SceneDescription(summary="", quality_score=10)
    better = document.scenes[0].model_copy(update={"visual": good})
    request = PlanRequest(document=document)
    assert worth(better, request) > worth(document.scenes[0], request)


def test_reasons_are_true_when_two_are_worth_the_same_and_when_the_shot_type_decides() -> None:
    document = described([70] * 6, shot_types=["wide", "wide", "medium", "wide", "close_up", "wide"])
    scores = [9, 8, 3, 5, 5, 5]
    scenes = tuple(
        scene.model_copy(update={"visual": scene.visual.model_copy(update={"quality_score": score})})
        for scene, score in zip(document.scenes, scores, strict=True)
    )
    request = PlanRequest(document=document.model_copy(update={"scenes": scenes}), duration_seconds=7.5)
    plan = build_planner().invoke(request)
    reasons = {drop.scene_id: drop.reason for drop in plan.dropped} | {c.scene_id: c.reason for c in plan.clips}
    assert "does not repeat the shot type before it" in reasons["S0003"]
    assert "would be a second wide shot in a row" in reasons["S0002"]
    assert not [reason for reason in reasons.values() if "worth more (0.44 against 0.44)" in reason]
