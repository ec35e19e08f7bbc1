"""The arithmetic of an estimate: what was measured goes before what is published, and nothing is guessed."""

from datetime import date
from typing import Any

import pytest
from documents import described

from autocut_director.agent.estimate import (
    Estimate,
    SceneNeed,
    dearest,
    looking_part,
    own_part,
    plan_need,
    planning_part,
    scene_need,
)
from autocut_director.agent.planning.question import load_plan_wording, plan_question
from autocut_director.agent.policy.prices import cost_usd
from autocut_director.agent.policy.routes import PlannerRoute, VisionRoute
from autocut_director.agent.rates import Rate
from autocut_director.agent.router import load_wording
from autocut_director.tools.plans.footage_table import SCENE_TOKENS, estimated_tokens
from autocut_director.tools.timeline import PlanRequest

WORDING, _ = load_wording("en")
PLAN_WORDING = load_plan_wording()
GPT = VisionRoute(backend="openai", model="gpt-4o", url="https://api.openai.com/v1", remote=True, parallel=8)
MOONDREAM = VisionRoute(backend="lmstudio", model="moondream2", url="http://localhost:1234/v1", frames=1)
BUILTIN = VisionRoute(backend="builtin", model="pixels-1")
DEEPSEEK = PlannerRoute(backend="deepseek", model="deepseek-flash", remote=True, context_tokens=1_000_000)
MEASURED = Rate(seconds=4.0, input_tokens=700, output_tokens=90, scenes=9, parallel=2, measured_on=date(2026, 11, 25))
SIZE = (512, 288)


def wish(scenes: int = 20, **more: Any) -> PlanRequest:
    return PlanRequest(document=described([50] * scenes), duration_seconds=10, **more)


def test_what_was_not_measured_is_the_words_and_the_published_tokens_of_the_stills() -> None:
    need = scene_need(GPT, None, WORDING, SIZE)
    assert need.input_tokens is not None
    assert need.output_tokens is not None
    assert need.input_tokens - scene_need(GPT.model_copy(update={"frames": 1}), None, WORDING, SIZE).input_tokens == 170
    assert need.input_tokens > estimated_tokens(WORDING.json) + 3 * 85
    assert need.cost_usd == cost_usd("gpt-4o", need.input_tokens, need.output_tokens)
    assert (need.seconds, need.pace, need.measured_on) == (None, None, None)


def test_what_was_measured_goes_before_that() -> None:
    need = scene_need(GPT, MEASURED, WORDING, SIZE)
    assert (need.input_tokens, need.output_tokens, need.pace) == (700, 90, 2.0)
    assert need.cost_usd == cost_usd("gpt-4o", 700, 90)


def test_a_server_that_counts_no_tokens_measures_seconds_alone() -> None:
    uncounted = MEASURED.model_copy(update={"input_tokens": 0, "output_tokens": 0})
    need = scene_need(GPT, uncounted, WORDING, SIZE)
    assert need.pace == 2.0
    assert need.input_tokens == scene_need(GPT, None, WORDING, SIZE).input_tokens


def test_ones_own_models_are_free_and_their_tokens_known_once_measured() -> None:
    assert scene_need(MOONDREAM, None, WORDING, SIZE).input_tokens is None
    assert scene_need(MOONDREAM, None, WORDING, SIZE).cost_usd == 0.0
    assert scene_need(MOONDREAM, MEASURED, WORDING, SIZE).input_tokens == 700
    assert scene_need(BUILTIN, None, WORDING, SIZE).input_tokens == 0


@pytest.mark.parametrize("model", ["gpt-9", "deepseek-flash"])
def test_what_nobody_knows_is_not_known(model: str) -> None:
    """The price of the one; the tokens of a picture of the other."""
    need = scene_need(GPT.model_copy(update={"model": model}), None, WORDING, SIZE)
    assert (need.input_tokens, need.cost_usd) == (None, None)
    measured = scene_need(GPT.model_copy(update={"model": model}), MEASURED, WORDING, SIZE)
    assert measured.cost_usd == cost_usd(model, 700, 90)


def test_ollamas_cloud_is_not_taken_for_free() -> None:
    cloud = VisionRoute(backend="ollama", model="big-cloud", cloud="ollama.com", remote=True)
    assert scene_need(cloud, MEASURED, WORDING, SIZE).cost_usd is None


def test_the_dearest_of_those_that_may_be_asked() -> None:
    needs = [scene_need(route, None, WORDING, SIZE) for route in (MOONDREAM, GPT, BUILTIN)]
    assert dearest(needs) == needs[1].cost_usd
    assert dearest(needs[:1]) == dearest([]) == 0.0
    unknown = SceneNeed(input_tokens=None, output_tokens=None, cost_usd=None)
    assert dearest([*needs, unknown]) is None


def test_planning_takes_a_line_a_scene() -> None:
    few, many = (plan_need(DEEPSEEK, PLAN_WORDING, wish(scenes)) for scenes in (20, 120))
    assert many.input_tokens - few.input_tokens == 100 * SCENE_TOKENS
    asked = estimated_tokens(plan_question(PLAN_WORDING, wish(), wish().document.scenes, ()))
    assert asked <= few.input_tokens
    assert few.cost_usd == cost_usd("deepseek-flash", few.input_tokens, few.output_tokens)
    assert few.most_usd is not None
    assert few.cost_usd is not None
    assert few.most_usd > 3 * few.cost_usd  # three questions, the later two with what was wrong


def test_a_film_that_does_not_fit_the_context_is_read_once_for_shortlists() -> None:
    small = DEEPSEEK.model_copy(update={"context_tokens": 16_000})
    whole, listed = (plan_need(route, PLAN_WORDING, wish(400)) for route in (DEEPSEEK, small))
    assert whole.input_tokens < listed.input_tokens < whole.input_tokens + 16_000


def test_builtin_plans_for_nothing() -> None:
    need = plan_need(PlannerRoute(backend="builtin", model=""), PLAN_WORDING, wish())
    assert (need.input_tokens, need.cost_usd, need.most_usd) == (0, 0.0, 0.0)


def test_parts_are_so_many_times_a_scene_and_nothing_of_the_unknown_is_nothing() -> None:
    need = scene_need(GPT, MEASURED, WORDING, SIZE)
    part = looking_part(GPT, need, 7)
    assert (part.requests, part.input_tokens, part.output_tokens, part.seconds) == (7, 4900, 630, 14.0)
    assert part.cost_usd == pytest.approx(7 * cost_usd("gpt-4o", 700, 90))
    assert part.price_read_on is not None
    assert looking_part(MOONDREAM, scene_need(MOONDREAM, None, WORDING, SIZE), 0).input_tokens == 0
    assert looking_part(MOONDREAM, scene_need(MOONDREAM, None, WORDING, SIZE), 1).input_tokens is None


def test_the_sum_is_unknown_where_a_part_is() -> None:
    looking = looking_part(GPT, scene_need(GPT, MEASURED, WORDING, SIZE), 7)
    planning = planning_part(DEEPSEEK, plan_need(DEEPSEEK, PLAN_WORDING, wish()))
    counts = {"scenes": 20, "chosen": 7, "known": 0, "left_out": 0, "frames": 21}
    both = Estimate(**counts, looking=looking, planning=planning)
    assert both.cost_usd == pytest.approx((looking.cost_usd or 0) + (planning.cost_usd or 0))
    assert both.model_dump(mode="json", by_alias=True)["cost_usd"] == both.cost_usd
    assert Estimate(**counts, looking=own_part(7), planning=planning).cost_usd is None
