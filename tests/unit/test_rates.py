"""What is measured of a model is found again by the next run, and by no other model's."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from profiles import lmstudio, machine, settings

from autocut_director.agent.policy.execution import ExecutionPolicy
from autocut_director.agent.policy.routes import VisionRoute
from autocut_director.agent.rates import Rate, keep_measured, keep_rate, known_rate, measured_rate, paced
from autocut_director.tools.describe import Attempt, Look
from autocut_director.tools.store import NO_STORE, SceneStore
from autocut_director.tools.timeline import SceneDescription

MOONDREAM = VisionRoute(backend="lmstudio", model="moondream2", url="http://localhost:1234/v1", frames=1)
MEASURED = Rate(seconds=2.5, input_tokens=900, output_tokens=80, scenes=12, parallel=2, measured_on=date(2026, 11, 25))


def test_a_rate_is_kept_for_another_run_and_the_latest_counts(tmp_path: Path) -> None:
    keep_rate(SceneStore(tmp_path), MOONDREAM, MEASURED)
    assert known_rate(SceneStore(tmp_path), MOONDREAM) == MEASURED
    later = MEASURED.model_copy(update={"seconds": 1.5})
    keep_rate(SceneStore(tmp_path), MOONDREAM, later)
    assert known_rate(SceneStore(tmp_path), MOONDREAM) == later


def test_a_rate_is_of_one_model_with_one_number_of_stills(tmp_path: Path) -> None:
    store = SceneStore(tmp_path)
    keep_rate(store, MOONDREAM, MEASURED)
    others = (
        {"model": "llava"},
        {"backend": "ollama"},
        {"url": "http://localhost:9/v1"},
        {"frames": 3},
        {"build": "b"},
    )
    assert [known_rate(store, MOONDREAM.model_copy(update=other)) for other in others] == [None] * len(others)
    assert known_rate(store, MOONDREAM.model_copy(update={"parallel": 4})) == MEASURED


def test_two_servers_with_the_same_build_have_a_rate_each(tmp_path: Path) -> None:
    store, here = SceneStore(tmp_path), MOONDREAM.model_copy(update={"build": "b"})
    keep_rate(store, here, MEASURED)
    assert known_rate(store, here) == MEASURED
    assert known_rate(store, here.model_copy(update={"url": "http://nas:1234/v1"})) is None


def test_without_a_store_nothing_is_known() -> None:
    keep_rate(NO_STORE, MOONDREAM, MEASURED)
    assert known_rate(NO_STORE, MOONDREAM) is None


# ---------------------------------------------------------------- from what a run did


def look(number: int, *, seconds: float = 1.0, tokens: int = 100, **attempt: object) -> Look:
    tried = {"backend": "lmstudio", "model": "moondream2", "outcome": "answered", "frames": 1, **attempt}
    attempts = (Attempt(**{**tried, "seconds": seconds}),)
    description = None if tried["outcome"] == "failed" else SceneDescription(summary="x")
    return Look(f"S{number}", 1, seconds, description, attempts=attempts, tokens=(("moondream2", tokens, 10),))


def test_a_runs_answers_are_measured() -> None:
    warm = MOONDREAM.model_copy(update={"parallel": 2})
    rate = measured_rate(warm, [look(1, seconds=1.0), look(2, seconds=2.0, tokens=200), look(3, seconds=3.0)])
    assert rate is not None
    assert (rate.seconds, rate.input_tokens, rate.output_tokens) == (2.0, 133.3, 10)
    assert (rate.scenes, rate.parallel, rate.pace) == (3, 2, 1.0)


def test_those_that_waited_for_a_cold_model_are_left_out() -> None:
    cold = MOONDREAM.model_copy(update={"cold": True, "parallel": 2})
    looks = [look(1, seconds=40.0), look(2, seconds=41.0), look(3, seconds=1.0)]
    rate = measured_rate(cold, looks)
    assert rate is not None
    assert (rate.seconds, rate.scenes, rate.parallel) == (1.0, 1, 1)
    assert measured_rate(cold, looks[:2]) is None


def test_what_failed_was_known_or_was_anothers_measures_nothing() -> None:
    others = [look(1, outcome="failed"), look(2, outcome="cached"), look(3, backend="openai", model="gpt-4o")]
    twice = look(4)
    twice = replace(twice, attempts=(replace(twice.attempts[0], outcome="failed"), *twice.attempts))
    assert measured_rate(MOONDREAM, [*others, twice]) is None


def test_few_scenes_do_not_take_the_place_of_many(tmp_path: Path) -> None:
    store = SceneStore(tmp_path)
    keep_rate(store, MOONDREAM, MEASURED)
    measured = keep_measured(store, [MOONDREAM], [look(1, seconds=9.0)])
    assert measured["lmstudio"].seconds == 9.0
    assert known_rate(store, MOONDREAM) == MEASURED
    keep_measured(store, [MOONDREAM], [look(n, seconds=9.0) for n in range(3)])
    assert known_rate(store, MOONDREAM) != MEASURED


def test_the_policy_is_paced_by_what_is_known_of_the_model_it_asks_first(tmp_path: Path) -> None:
    store = SceneStore(tmp_path)
    policy = ExecutionPolicy.resolve(machine(runtimes=(lmstudio(),)), settings())
    assert paced(policy, store) == policy
    keep_rate(store, policy.vision[0], MEASURED.model_copy(update={"seconds": 6.0, "parallel": 2}))
    assert paced(policy, store).max_scenes == 60
    assert paced(policy, NO_STORE) == policy
