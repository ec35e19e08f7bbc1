"""What is known of models beforehand: data with source and date, never guessed from a name elsewhere.

Servers are asked first; this fills in what they do not say.
"""

import re
from datetime import date

from autocut_director.agent.values import Value


class Family(Value):
    """A family of vision models, known by how its files are named.

    `rank`: the lower, the sooner it is chosen. `images`: pictures that it takes well in one request; None: no bound
    known. `gib`: memory that its usual 4-bit file wants. `plans`: it can be asked for an edit too.
    """

    name: str
    pattern: str
    rank: int
    gib: float
    images: int | None = None
    plans: bool = True
    word: str = ""


_UNKNOWN_RANK = 5  # after the families that are recommended, before the one that is too large

# Sizes as published by the families' makers and by LM Studio's and Ollama's catalogues, read 2026-11; not measured by
# us. Moondream2 and LLaVA-Phi-3 were trained on one picture a question; Moondream2 knows 2048 tokens of context.
FAMILIES = (
    Family(name="Moondream2", pattern=r"moondream", rank=0, gib=1.5, images=1, plans=False),
    Family(name="LLaVA-Phi-3", pattern=r"llava[-_]?phi[-_]?3", rank=1, gib=2.5, images=1),
    Family(
        name="MiniCPM-V",
        pattern=r"minicpm[-_]?v",
        rank=9,
        gib=5.0,
        word="MiniCPM-V takes about 5 GB: large for this job; Moondream2 (1.5 GB) does it faster",
    ),
)


def family_of(model: str) -> Family | None:
    """Return the family that the model id `model` belongs to; None for a stranger."""
    return next((family for family in FAMILIES if re.search(family.pattern, model, re.IGNORECASE)), None)


def rank_of(model: str) -> int:
    """Return when the model id `model` is chosen: the lower, the sooner."""
    family = family_of(model)
    return family.rank if family is not None else _UNKNOWN_RANK


class Retirement(Value):
    """A model name that a provider withdraws, the day, and what takes its place."""

    on: date
    successor: str
    source: str


RETIREMENTS = {
    "deepseek-chat": Retirement(on=date(2026, 7, 24), successor="deepseek-flash", source="DeepSeek's news"),
    "deepseek-reasoner": Retirement(on=date(2026, 7, 24), successor="deepseek-flash", source="DeepSeek's news"),
    "gpt-4o": Retirement(on=date(2027, 1, 14), successor="gpt-6-luna", source="third-party pages"),
}

_THINKING = re.compile(r"gpt-(?:5\.\d|[6-9])")  # these take reasoning_effort="none", as OpenAI documents it


def thinks(model: str) -> bool:
    """Tell whether OpenAI's `model` thinks before it answers unless it is told not to."""
    return _THINKING.match(model) is not None
