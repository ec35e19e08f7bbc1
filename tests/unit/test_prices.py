"""Prices are data with a day and a source; what is not in the table costs nobody knows what."""

import re
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from autocut_director.agent.policy import prices as module
from autocut_director.agent.policy.models import RETIREMENTS
from autocut_director.agent.policy.prices import Price, cost_usd, money, prices
from autocut_director.agent.settings import Settings

ONE = {"currency": "USD", "input": 1.0, "output": 2.0, "read_on": date(2026, 11, 23), "source": "a list"}


def test_every_price_has_a_day_and_a_source() -> None:
    table = prices()
    stated = [*table.models.values(), table.exchange]
    assert all(date(2026, 1, 1) <= each.read_on <= date(2027, 12, 31) and len(each.source) > 5 for each in stated)
    assert all(price.input < price.output for price in table.models.values())
    assert all(price.cached is None or price.cached < price.input for price in table.models.values())


def test_the_models_that_settings_name_and_that_succeed_retired_ones_have_a_price() -> None:
    named = {Settings().openai_vision_model, Settings().deepseek_model}
    assert {*named, *(retired.successor for retired in RETIREMENTS.values())} <= set(prices().models)


def test_the_table_is_a_file_that_is_shipped_and_names_no_host() -> None:
    text = Path(module.__file__).with_name("prices.toml").read_text(encoding="utf-8")
    assert not re.search(r"https?:|\.com|\.org", text)


def test_costs_are_tokens_times_price() -> None:
    assert cost_usd("gpt-4o", 1_000_000, 0) == 2.5
    assert cost_usd("gpt-4o", 0, 1_000_000) == 10.0
    assert cost_usd("gpt-4o-2024-08-06", 1000, 100) == 0.0035
    assert cost_usd("deepseek-flash", 1000, 0, cached_tokens=1000) == 0.000006
    assert cost_usd("deepseek-flash", 1000, 0, cached_tokens=400) == round((600 * 0.3 + 400 * 0.006) / 1e6, 6)
    assert cost_usd("gpt-4o", 1000, 0, cached_tokens=1000) == cost_usd("gpt-4o", 1000, 0)  # no cached price is known


def test_a_price_in_yuan_is_kept_in_dollars() -> None:
    assert cost_usd("deepseek-v4-pro", 1_000_000, 0) == pytest.approx(9 / prices().exchange.cny_per_usd, abs=1e-6)


@pytest.mark.parametrize("model", ["gpt-9", "", "gpt-4o-turbo", "moondream2"])
def test_an_unknown_price_is_unknown_and_not_guessed(model: str) -> None:
    assert cost_usd(model, 1000, 1000) is None


def test_pictures_count_as_their_provider_says() -> None:
    assert prices().models["gpt-4o"].tokens_of(512, 288) == 85
    assert prices().models["gpt-6-luna"].tokens_of(512, 288) == 173
    assert prices().models["gpt-6-luna"].tokens_of(512, 289) == 192  # 160 patches: a part of one is one
    assert prices().models["deepseek-flash"].tokens_of(512, 288) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"input": -1.0},
        {"output": float("nan")},
        {"currency": "EUR"},
        {"read_on": None},
        {"picture_patch": 32},
        {"prize": 3},
    ],
)
def test_a_wrong_entry_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Price.model_validate({**ONE, **wrong})


@pytest.mark.parametrize(
    ("usd", "said"),
    [
        (0.0, "$0.00"),
        (0.00001, "< $0.0001"),
        (0.000123, "$0.00012"),
        (0.0123, "$0.012"),
        (0.5, "$0.50"),
        (12.345, "$12.35"),
    ],
)
def test_money_is_said_as_people_do(usd: float, said: str) -> None:
    assert money(usd, "en") == said


def test_who_reads_chinese_reads_yuan() -> None:
    flash = prices().models["deepseek-flash"]
    assert money(flash.input, "zh") == "¥2.00"  # as DeepSeek's own list in yuan has it
    assert money(0.0, "zh") == "¥0.00"
