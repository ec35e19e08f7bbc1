"""A comparison as Markdown, to be pasted into an issue or a page: its tables, and what each model said."""

import re
from collections.abc import Iterator, Sequence

from autocut_director.tools.comparison.document import Answer, ComparedScene, Comparison
from autocut_director.tools.comparison.rows import PAIR_EXTRAS, RESULTS, Rows
from autocut_director.tools.words.plain import printable

_MEANING = re.compile(r"([\\`*_{}\[\]<>#|!~&])")


def comparison_markdown(comparison: Comparison) -> str:
    """Return the text; nothing that a model said is markup in it."""
    return "\n".join(_lines(Rows(comparison))) + "\n"


def _lines(rows: Rows) -> Iterator[str]:
    words, comparison = rows.words, rows.comparison
    yield from (f"# {_plain(rows.title)}", "", _plain(rows.facts), "")
    for warning in comparison.warnings:
        yield from (f"> {words['warnings']}: {_plain(warning)}", "")
    yield from (f"## {words['results']}", "")
    yield from _table(
        [words["model"], *(words[name] for name in RESULTS)],
        [[model.name, *rows.result(model).values()] for model in comparison.models],
    )
    yield from ("", *(f"- {line}" for line in words["explained"]), "")
    yield from _pairs(rows)
    yield from (f"## {words['scenes']}", "")
    for scene in comparison.scenes:
        yield from _scene(rows, scene)
    if comparison.absent:
        yield from (f"## {words['absent']}", "")
        for absent in comparison.absent:
            mend = " " + words["mend"].format(mend=absent.mend) if absent.mend else ""
            yield f"- {_plain(f'{absent.backend}: {absent.bound}.{mend}')}"


def _pairs(rows: Rows) -> Iterator[str]:
    words, pairs = rows.words, rows.comparison.agreement
    yield from (f"## {words['pairs']}", "")
    if not pairs:
        yield from (words["one_model"], "")
        return
    headings = ["", words["overall"], *words["fields"].values(), *(words[name] for name in PAIR_EXTRAS)]
    yield from _table(headings, [[rows.pair_name(pair), *rows.pair(pair)] for pair in pairs])
    yield from ("", words["pairs_explained"], "")


def _scene(rows: Rows, scene: ComparedScene) -> Iterator[str]:
    words = rows.words
    yield from (f"### {_plain(scene.scene_id)} {scene.start_tc} – {scene.end_tc}", "")
    answers = [(m.name, a) for m in rows.comparison.models for a in m.answers if a.scene_id == scene.scene_id]
    headings = [words["model"], words["fields"]["shot_type"], words["quality"], words["said"]]
    yield from _table(headings, [[name, *_said(rows, answer)] for name, answer in answers])
    yield ""


def _said(rows: Rows, answer: Answer) -> list[str]:
    visual = answer.visual
    if visual is None:
        return [rows.words["none"]] * 2 + [f"{rows.words['not_described']}: {answer.error}"]
    score = rows.words["none"] if visual.quality_score is None else f"{visual.quality_score}/10"
    rest = (", ".join(visual.subjects), visual.action, visual.mood, visual.lighting)
    return [rows.words["shots"][visual.shot_type], score, " · ".join([visual.summary, *filter(None, rest)])]


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(map(_plain, headings))} |"
    yield "|" + "---|" * len(headings)
    for row in rows:
        yield f"| {' | '.join(map(_plain, row))} |"


def _plain(text: str) -> str:
    return _MEANING.sub(r"\\\1", printable(text))
