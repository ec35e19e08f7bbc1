"""What is measured of a model is found again by the next run, and by no other model's."""

from datetime import date
from pathlib import Path

from autocut_director.agent.policy.routes import VisionRoute
from autocut_director.agent.rates import Rate, keep_rate, known_rate
from autocut_director.tools.store import NO_STORE, SceneStore

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
