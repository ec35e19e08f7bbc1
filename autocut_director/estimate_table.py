"""How an estimate looks in a terminal: what is looked at, what each step takes, what would leave, what is not known."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autocut_director.agent.estimate import Estimate, Part
from autocut_director.agent.policy.prices import money
from autocut_director.agent.policy.routes import NAMES
from autocut_director.tools.sentences import say
from autocut_director.tools.timeline import Language


def show_estimate(console: Console, estimate: Estimate, language: Language) -> None:
    """Print all of an estimate."""
    console.print(escape(_scenes(estimate, language)), soft_wrap=True)
    console.print("", _table(estimate, language), "", sep="\n")
    for said in estimate.leaves or (say(language, "nothing_leaves"),):
        console.print(escape(said), soft_wrap=True)
    for note in estimate.notes:
        console.print(escape(note), style="dim", soft_wrap=True)


def _scenes(estimate: Estimate, language: Language) -> str:
    told = {"chosen": estimate.chosen, "total": estimate.scenes, "known": estimate.known}
    parts = [say(language, "estimate_scenes", **told), say(language, "estimate_frames", count=estimate.frames)]
    if estimate.left_out:
        parts.insert(1, say(language, "estimate_left_out", count=estimate.left_out))
    comma, stop = (", ", ".") if language == "en" else (",", "。")
    return comma.join(parts) + stop


def _table(estimate: Estimate, language: Language) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    first, *others = say(language, "estimate_heading").split("|")
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    for work, part in (("looking", estimate.looking), ("planning", estimate.planning)):
        table.add_row(*map(escape, _row(work, part, language)))
    table.add_row(say(language, "estimate_in_all"), "", "", "", _cost(estimate.cost_usd, language), "")
    return table


def _row(work: str, part: Part, language: Language) -> list[str]:
    name = "" if part.backend == "own" else NAMES[part.backend]
    who = say(language, "estimate_part", work=say(language, work), name=name, model=part.model).strip()
    counts = [_count(tokens, language) for tokens in (part.input_tokens, part.output_tokens)]
    return [who, str(part.requests), *counts, _cost(part.cost_usd, language), _minutes(part.seconds, language)]


def _count(tokens: int | None, language: Language) -> str:
    return say(language, "not_known") if tokens is None else f"{tokens}"


def _cost(usd: float | None, language: Language) -> str:
    if usd is None:
        return say(language, "not_known")
    return money(usd, language) if usd else say(language, "free")


def _minutes(seconds: float | None, language: Language) -> str:
    if seconds is None:
        return say(language, "not_known")
    return "0" if not seconds else f"{seconds / 60:.1f}" if seconds >= 6 else "< 0.1"  # noqa: PLR2004  # a tenth
