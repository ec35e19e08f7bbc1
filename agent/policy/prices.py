"""What tokens cost: data with source and date (`prices.toml`), never guessed. Costs are kept in US dollars."""

import math
import re
import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from autocut_director.agent.values import Value
from autocut_director.tools.timeline import Language

_TABLE = Path(__file__).with_name("prices.toml")
_MILLION = 1e6
_DATED = re.compile(r"-\d{4}-\d\d-\d\d$")  # a dated id is the same model
_LEAST_SHOWN = 0.0001


class Price(Value):
    """What a model costs for a million tokens, in the currency that the price was published in, on that day.

    `cached`: for input that the provider had cached. Pictures count `picture_tokens` each, or `tokens_per_patch` for
    each square of `picture_patch` pixels; neither where nobody has published it.
    """

    currency: Literal["USD", "CNY"]
    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached: float | None = Field(None, ge=0)
    picture_tokens: PositiveInt | None = None
    picture_patch: PositiveInt | None = None
    tokens_per_patch: PositiveFloat | None = None
    read_on: date
    source: str

    @model_validator(mode="after")
    def _counts_pictures_one_way(self) -> Self:
        if (self.picture_patch is None) != (self.tokens_per_patch is None):
            raise ValueError("picture_patch and tokens_per_patch go together")
        return self

    def tokens_of(self, width: int, height: int) -> int | None:
        """Return the tokens of a picture of `width` x `height` pixels; None where nobody has published them."""
        if self.picture_patch is None or self.tokens_per_patch is None:
            return self.picture_tokens
        patches = math.ceil(width / self.picture_patch) * math.ceil(height / self.picture_patch)
        return math.ceil(patches * self.tokens_per_patch)


class Exchange(Value):
    """What a US dollar is in another currency, on a day."""

    cny_per_usd: PositiveFloat
    read_on: date
    source: str


class Prices(Value):
    """The table: prices by model id, and the exchange rate."""

    exchange: Exchange
    models: dict[str, Price]

    def of(self, model: str) -> Price | None:
        """Return the price of a model id, dated or not; None where it is not known."""
        return self.models.get(model) or self.models.get(_DATED.sub("", model))


@cache
def prices() -> Prices:
    """Return the table that comes with the program."""
    return Prices.model_validate(tomllib.loads(_TABLE.read_text(encoding="utf-8")))


def cost_usd(model: str, input_tokens: float, output_tokens: float, cached_tokens: float = 0) -> float | None:
    """Return what tokens of the model id `model` cost in US dollars; None where its price is not known.

    `cached_tokens`: of the input, those that the provider had in its cache.
    """
    price = prices().of(model)
    if price is None:
        return None
    cached = price.input if price.cached is None else price.cached
    asked = (input_tokens - cached_tokens) * price.input + cached_tokens * cached + output_tokens * price.output
    in_usd = 1.0 if price.currency == "USD" else prices().exchange.cny_per_usd
    return round(asked / in_usd / _MILLION, 6)


def money(usd: float, language: Language) -> str:
    """Say an amount as people do: in yuan to who reads Chinese, else in dollars; two digits of what is small."""
    sign, amount = ("$", usd) if language == "en" else ("¥", usd * prices().exchange.cny_per_usd)
    if 0 < amount < _LEAST_SHOWN:
        return f"< {sign}{_LEAST_SHOWN}"
    places = 2 if amount == 0 or amount >= 1 else max(2, 1 - math.floor(math.log10(amount)))
    return f"{sign}{amount:.{places}f}"
