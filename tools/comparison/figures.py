"""What a model took, of its answers; and whether the quality that it claims is the one that was measured."""

from collections.abc import Mapping, Sequence
from statistics import fmean, median

from autocut_director.tools.comparison.document import Answer, Figures, Measured
from autocut_director.tools.comparison.ranks import spearman


def figures_of(first: Answer, others: Sequence[Answer], *, others_seconds: float) -> Figures:
    """Return what a model took for its `first` scene and for the `others`, which lasted `others_seconds` in all."""
    answers = (first, *others)
    steady = [answer.seconds for answer in others if answer.visual is not None]
    costs = [answer.cost_usd for answer in answers]
    return Figures(
        asked=len(answers),
        answered=sum(answer.visual is not None for answer in answers),
        first_try=sum(answer.first_try for answer in answers),
        first_seconds=first.seconds if first.visual is not None else None,
        steady_seconds=round(median(steady), 3) if steady else None,
        fastest_seconds=min(steady, default=None),
        slowest_seconds=max(steady, default=None),
        scenes_per_minute=round(60 * len(steady) / others_seconds, 2) if steady and others_seconds else None,
        input_tokens=round(fmean(answer.input_tokens for answer in answers), 1),
        output_tokens=round(fmean(answer.output_tokens for answer in answers), 1),
        cost_usd=None if None in costs else round(sum(cost for cost in costs if cost is not None), 6),
    )


def claims_of(answers: Sequence[Answer], measured: Mapping[str, float | None]) -> Measured:
    """Return how far a model's quality scores go up and down with what was measured: Spearman's rho, -1 to 1.

    `measured`: the quality of each scene by its signals.
    """
    known = [
        (answer.visual.quality_score, quality)
        for answer in answers
        if answer.visual is not None and answer.visual.quality_score is not None
        for quality in [measured.get(answer.scene_id)]
        if quality is not None
    ]
    return spearman([score for score, _ in known], [quality for _, quality in known])
