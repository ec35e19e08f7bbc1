"""How far two models' descriptions of the same scenes agree, field by field: 0 not at all, 1 wholly.

| field | measure | counted are scenes where |
|---|---|---|
| shot_type | the same name | both named a type |
| quality_score | 1 - difference / 9, the scale's width | both gave a score |
| subjects, summary, action, mood, lighting | common words / all words (Jaccard 1912) | both said a word |

Words are compared as they are written: "dog" and "dogs", or "sea" and "ocean", are different ones. So two models that
see the same thing may share few words, and a low figure says less than a high one.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from statistics import fmean

from autocut_director.tools.comparison.document import Agreement, Contender, Measured
from autocut_director.tools.comparison.ranks import spearman
from autocut_director.tools.timeline import SceneDescription

SIZES = ("extreme_close_up", "close_up", "medium", "wide", "extreme_wide")
"""Shot types that are sizes of the picture, from the nearest on: the others have no neighbours."""
_SCORE_WIDTH = 9  # from 1 to 10

# Words that say nothing of a picture; in Chinese, where words are not parted, characters that part them.
_EMPTY_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by for from in into is it its of on or over that the their there this to under with",
    )
)
_EMPTY_CHARACTERS = "的了着在是和与有一个"
_WORD = re.compile(r"[\u4e00-\u9fff]+|[^\W\d_\u4e00-\u9fff]+|\d+")

Descriptions = Mapping[str, SceneDescription]
_Pair = tuple[SceneDescription, SceneDescription]
_Mark = Callable[[SceneDescription, SceneDescription], float | None]


def agreements(models: Sequence[Contender]) -> tuple[Agreement, ...]:
    """Return the agreement of each two of `models`."""
    return tuple(
        agreement(one.descriptions, other.descriptions, names=(one.name, other.name))
        for one, other in combinations(models, 2)
    )


def agreement(one: Descriptions, other: Descriptions, *, names: tuple[str, str]) -> Agreement:
    """Return how far two models agree; both have their descriptions by scene id."""
    pairs = [(one[scene_id], other[scene_id]) for scene_id in one if scene_id in other]
    fields = {name: _share(pairs, mark) for name, mark in _MARKS.items()}
    known = [field.value for field in fields.values() if field.value is not None]
    scores = [(a.quality_score, b.quality_score) for a, b in pairs if a.quality_score and b.quality_score]
    return Agreement(
        one=names[0],
        other=names[1],
        scenes=len(pairs),
        fields=fields,
        overall=round(fmean(known), 3) if known else None,
        near_shot_type=_share(pairs, _near_shot_type),
        quality_apart=_mean(abs(a - b) for a, b in scores),
        quality_rank=spearman([a for a, _ in scores], [b for _, b in scores]),
    )


def mean_with_others(name: str, pairs: Iterable[Agreement]) -> float | None:
    """Return how far the model `name` agrees with the others, in the mean."""
    return _mean(p.overall for p in pairs if name in {p.one, p.other} and p.overall is not None).value


def words_in(text: str) -> frozenset[str]:
    """Return the words of `text` that say something, in lower case; of Chinese, each two neighbouring characters."""
    found: set[str] = set()
    for run in _WORD.findall(text.lower()):
        found.update(_chinese(run) if "\u4e00" <= run[0] <= "\u9fff" else {run})
    return frozenset(found - _EMPTY_WORDS)


def _chinese(run: str) -> set[str]:
    parts = [part for part in re.split(f"[{_EMPTY_CHARACTERS}]", run) if part]
    return {two for part in parts for two in (map("".join, pairwise(part)) if len(part) > 1 else [part])}


def _share(pairs: Sequence[_Pair], mark: _Mark) -> Measured:
    return _mean(share for share in (mark(*pair) for pair in pairs) if share is not None)


def _mean(values: Iterable[float]) -> Measured:
    known = list(values)
    return Measured(value=round(fmean(known), 3), n=len(known)) if known else Measured()


def _same_shot_type(a: SceneDescription, b: SceneDescription) -> float | None:
    known = "unknown" not in {a.shot_type, b.shot_type}
    return float(a.shot_type == b.shot_type) if known else None


def _near_shot_type(a: SceneDescription, b: SceneDescription) -> float | None:
    if not {a.shot_type, b.shot_type} <= set(SIZES):
        return _same_shot_type(a, b)
    return float(abs(SIZES.index(a.shot_type) - SIZES.index(b.shot_type)) <= 1)


def _quality(a: SceneDescription, b: SceneDescription) -> float | None:
    if a.quality_score is None or b.quality_score is None:
        return None
    return 1 - abs(a.quality_score - b.quality_score) / _SCORE_WIDTH


def _subjects(a: SceneDescription, b: SceneDescription) -> float | None:
    return _jaccard(" ".join(a.subjects), " ".join(b.subjects))


def _text(field: str) -> _Mark:
    return lambda a, b: _jaccard(getattr(a, field), getattr(b, field))


def _jaccard(a: str, b: str) -> float | None:
    one, other = words_in(a), words_in(b)
    return len(one & other) / len(one | other) if one and other else None


_MARKS: Mapping[str, _Mark] = {
    "shot_type": _same_shot_type,
    "quality_score": _quality,
    "subjects": _subjects,
    **{field: _text(field) for field in ("summary", "action", "mood", "lighting")},
}
