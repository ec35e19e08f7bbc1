"""What may still be spent: those under way are counted, what was dearer than expected is believed, time runs."""

from dataclasses import dataclass

import pytest

from autocut_director.agent.run.budget import Budget, Limits, SceneCost
from autocut_director.tools.describe import Attempt, Look
from autocut_director.tools.frames import SceneFrames
from autocut_director.tools.timeline import Scene


def shot(number: int) -> SceneFrames:
    return SceneFrames(Scene(scene_id=f"S{number}", start_frame=0, end_frame=1), ())


def look(number: int, seconds: float = 0.0, outcome: str = "answered") -> Look:
    return Look(f"S{number}", 1, seconds, attempts=(Attempt("openai", "gpt-4o", outcome, 1, seconds),))


def costing(usd: float) -> dict[str, object]:
    return {"cost_of": lambda _: usd}


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_limits_everything_is_admitted() -> None:
    budget = Budget(Limits(), SceneCost())
    assert all(budget.admits(shot(n)) for n in range(50))


def test_those_under_way_count_as_if_they_had_cost_what_is_expected() -> None:
    budget = Budget(Limits(usd=0.30), SceneCost(0.10, measured=True), **costing(0.10))
    assert [budget.admits(shot(n)) for n in range(5)] == [True, True, True, False, False]


def test_what_was_cheaper_than_expected_makes_room_once_enough_have_shown_it() -> None:
    budget = Budget(Limits(usd=0.30), SceneCost(0.10, measured=True), **costing(0.02))
    looked = 0
    while budget.admits(shot(looked)):
        budget.note(look(looked))
        looked += 1
    assert (looked, budget.spent_usd) == (15, pytest.approx(0.30))


def test_what_was_dearer_than_expected_counts_at_once() -> None:
    budget = Budget(Limits(usd=0.30), SceneCost(0.01, measured=True), **costing(0.14))
    assert budget.admits(shot(0))
    budget.note(look(0))
    assert budget.admits(shot(1))
    assert not budget.admits(shot(2))


def test_where_nothing_was_measured_the_first_is_waited_for() -> None:
    budget = Budget(Limits(usd=1.0), SceneCost(0.01), **costing(0.30))
    assert [budget.admits(shot(n)) for n in range(3)] == [True, False, False]
    budget.note(look(0))
    assert [budget.admits(shot(n)) for n in range(1, 5)] == [True, True, False, False]


def test_what_is_free_is_not_bounded_by_money() -> None:
    budget = Budget(Limits(usd=0.0), SceneCost(0.0))
    assert all(budget.admits(shot(n)) for n in range(20))


def test_free_answers_do_not_make_a_fall_back_free() -> None:
    """One's own model looks; should it fail, one that costs is asked: room for that must be left."""
    budget = Budget(Limits(usd=0.25), SceneCost(0.10, measured=True), **costing(0.0))
    for n in range(10):
        assert budget.admits(shot(n))
        budget.note(look(n))
    assert [budget.admits(shot(n)) for n in range(10, 13)] == [True, True, False]


def test_what_the_store_has_takes_nothing() -> None:
    budget = Budget(Limits(usd=0.10, seconds=0.001), SceneCost(0.10, 60, measured=True), is_known=lambda _: True)
    assert all(budget.admits(shot(n)) for n in range(5))
    budget.note(look(0, outcome="cached"))
    assert budget.spent_usd == 0


def test_time_counts_from_the_first_scene_and_a_scene_must_still_fit() -> None:
    clock = Clock()
    budget = Budget(Limits(seconds=10), SceneCost(seconds=4, measured=True), clock=clock)
    clock.now += 1000  # before the first, no time passes
    assert budget.admits(shot(0))
    clock.now += 6
    assert budget.admits(shot(1))
    clock.now += 0.1
    assert not budget.admits(shot(2))


def test_how_long_the_latest_took_is_believed() -> None:
    clock = Clock()
    budget = Budget(Limits(seconds=100), SceneCost(), clock=clock)
    assert budget.admits(shot(0))
    clock.now += 60
    budget.note(look(0, seconds=60))
    assert not budget.admits(shot(1))
    budget.note(look(1, seconds=2))  # the first had the model loaded
    assert budget.admits(shot(2))
