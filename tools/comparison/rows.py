"""A comparison's figures as words: the rows of its tables, and the bars of its charts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PureWindowsPath
from typing import Any

from autocut_director.tools.comparison.agreement import mean_with_others
from autocut_director.tools.comparison.document import Agreement, Comparison, Contender, Measured
from autocut_director.tools.comparison.words import words_of

RESULTS = ("first", "steady", "spread", "speed", "tokens", "cost", "valid", "failed", "agrees", "claims", "asked")
"""Columns of the results after the model's name, by their names in the words."""
PAIR_EXTRAS = ("near", "apart", "rank")
_DIME = 0.1  # US dollars: less is told in hundredths of a cent


@dataclass(frozen=True)
class Bar:
    """One bar of a chart: `share` of the chart's width in percent; None where there is no value."""

    said: str
    share: float | None


@dataclass(frozen=True)
class Rows:
    """One comparison in the words of its language."""

    comparison: Comparison

    @cached_property
    def words(self) -> Mapping[str, Any]:
        """The words."""
        return words_of(self.comparison.language)

    @property
    def film(self) -> str:
        """The film's name."""
        return PureWindowsPath(self.comparison.media.primary_clip_path).name  # it parts at both kinds of slash

    @property
    def title(self) -> str:
        """What the whole is."""
        return str(self.words["title"].format(film=self.film))

    @property
    def facts(self) -> str:
        """How much was shown, on which machine, when."""
        comparison, machine = self.comparison, self.comparison.machine
        shown = self.words["of_scenes"].format(shown=len(comparison.scenes), found=comparison.found)
        gpus = ", ".join(str(gpu["name"]) for gpu in machine.get("gpus", ())) or self.words["no_gpu"]
        here = self.words["machine"].format(threads=machine["cpu_threads"], ram=machine["ram_total_gib"], gpu=gpus)
        return f"{shown} · {here} · {self.words['made'].format(day=comparison.made_on.date())}"

    def result(self, model: Contender) -> dict[str, str]:
        """Return one model's row by the names of its columns, in the order of `RESULTS`."""
        took = model.figures
        return {
            "first": self._seconds(took.first_seconds),
            "steady": self._seconds(took.steady_seconds),
            "spread": self._spread(took.fastest_seconds, took.slowest_seconds),
            "speed": self._number(took.scenes_per_minute, "{:.1f}"),
            "tokens": f"{took.input_tokens:.0f} + {took.output_tokens:.0f}",
            "cost": self._dollars(took.cost_of_100),
            "valid": f"{took.first_try}/{took.asked}",
            "failed": str(took.failed),
            "agrees": self._percent(self._agrees(model)),
            "claims": self._correlation(model.claims),
            "asked": f"{model.frames} × {model.parallel}",
        }

    def pair(self, pair: Agreement) -> list[str]:
        """Return one pair's row: the mean, each field in the words' order, then `PAIR_EXTRAS`."""
        fields = [self._percent(pair.fields[name].value) for name in self.words["fields"]]
        extras = [
            self._percent(pair.near_shot_type.value),
            self._number(pair.quality_apart.value, "{:.1f}"),
            self._number(pair.quality_rank.value, "{:+.2f}"),
        ]
        return [self._percent(pair.overall), *fields, *extras]

    def pair_name(self, pair: Agreement) -> str:
        """Name a pair."""
        return str(self.words["pair"].format(one=pair.one, other=pair.other))

    @property
    def first_bars(self) -> list[Bar]:
        """Seconds of each model's first scene, on one scale with `steady_bars`."""
        return self._bars((m.figures.first_seconds for m in self.comparison.models), self._longest, self._seconds)

    @property
    def steady_bars(self) -> list[Bar]:
        """Seconds of each model's other scenes."""
        return self._bars((m.figures.steady_seconds for m in self.comparison.models), self._longest, self._seconds)

    @property
    def cost_bars(self) -> list[Bar]:
        """Dollars of each model for 100 scenes."""
        costs = [model.figures.cost_of_100 for model in self.comparison.models]
        return self._bars(costs, max((cost for cost in costs if cost), default=0.0), self._dollars)

    @property
    def agreement_bars(self) -> list[Bar]:
        """How far each model agrees with the others, of 1."""
        return self._bars(map(self._agrees, self.comparison.models), 1.0, self._percent)

    def _bars(self, values: Iterable[float | None], whole: float, said: Any) -> list[Bar]:
        return [Bar(said(value), None if value is None else 100 * value / whole if whole else 0.0) for value in values]

    @property
    def _longest(self) -> float:
        took = [(model.figures.first_seconds, model.figures.steady_seconds) for model in self.comparison.models]
        return max((seconds for each in took for seconds in each if seconds), default=0.0)

    def _agrees(self, model: Contender) -> float | None:
        return mean_with_others(model.name, self.comparison.agreement)

    @property
    def _none(self) -> str:
        return str(self.words["none"])

    def _number(self, value: float | None, form: str) -> str:
        return self._none if value is None else form.format(value)

    def _seconds(self, value: float | None) -> str:
        return self._number(value, self.words["seconds"])

    def _percent(self, value: float | None) -> str:
        return self._none if value is None else f"{100 * value:.0f} %"

    def _spread(self, fastest: float | None, slowest: float | None) -> str:
        return self._none if fastest is None or slowest is None else f"{fastest:.2f} – {slowest:.2f}"

    def _correlation(self, measured: Measured) -> str:
        if measured.value is None:
            return self._none
        return f"{measured.value:+.2f} ({self.words['of'].format(n=measured.n)})"

    def _dollars(self, value: float | None) -> str:
        if value is None:
            return str(self.words["unknown"])
        return str(self.words["free"]) if value == 0 else f"${value:.{2 if value >= _DIME else 4}f}"
