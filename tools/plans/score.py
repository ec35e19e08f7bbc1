"""A plan measured without any model: nine measures of its craft, a mark for each, and a total from 0 to 100.

`score_file` (plan.json and the scenes.json beside it) → `score_plan` → `Score` → `score_rows` and `verdict`, to show it

The measures are in `measures`; their weights are here. What is not known has no mark and no part in the total; what is
known of some clips only counts in proportion. docs/score.md gives every formula, and why each number is so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from autocut_director.errors import DocumentError, InputError, PlanError
from autocut_director.tools.files import read_plan, read_scenes
from autocut_director.tools.plans.measures import (
    Edit,
    Finding,
    coverage,
    duration,
    hook,
    minimum_length,
    named,
    neighbours,
    pictures,
    repeats,
    shown,
    speech,
    variety,
)
from autocut_director.tools.plans.rules import summary
from autocut_director.tools.timeline import EditPlan, Line, PlanRequest, Record, ScenesDocument

SCENES_FILE = "scenes.json"

MeasureName = Literal[
    "duration", "coverage", "shot_types", "hook", "repeats", "minimum_length", "speech", "variety", "pictures"
]


class Measure(Record):
    """One thing measured. `mark` counts `weight` × `known` in the total."""

    name: MeasureName
    value: float | None = Field(description="Null where nothing is known.")
    unit: str
    mark: float | None = Field(description="0 bad to 1 good; null where nothing is known.")
    weight: float = Field(description="Of 100.")
    known: float = Field(description="Share of what is judged here that something is known of, 0 to 1.")
    why: str = Field(description="One sentence.")


class Score(Record):
    """How well a plan is made, as far as that can be measured. All nine measures are there, in their order."""

    schema_: Literal["score.v1"] = Field("score.v1", alias="schema")
    total: float = Field(description="0 to 100: the mean of the marks, each by its weight and what is known.")
    measures: tuple[Measure, ...]
    left_out: tuple[MeasureName, ...] = Field(description="Measures without a mark, since nothing is known.")


# ---------------------------------------------------------------- the whole job


def score_file(
    plan: Path, *, scenes: Path | None = None, transcript: tuple[Line, ...] = (), asked_seconds: float | None = None
) -> Score:
    """Measure the plan in the file `plan`, by the scenes in `scenes` (if not given: the scenes.json beside it).

    Raises:
        DocumentError: A file is missing or broken, or they are of different films.
        InputError, PlanError: As for `score_plan`.
    """
    beside = plan.with_name(SCENES_FILE) if scenes is None else scenes
    read = read_plan(plan)
    if not beside.exists():
        raise DocumentError(
            f"There is no {beside} to measure {plan} by: a plan is scored beside the {SCENES_FILE} it was made from; "
            f"put that there, or make it with: autocut-director describe VIDEO --out {beside}"
        )
    return score_plan(read, read_scenes(beside), transcript=transcript, asked_seconds=asked_seconds)


def score_plan(
    plan: EditPlan,
    document: ScenesDocument,
    *,
    transcript: tuple[Line, ...] = (),
    asked_seconds: float | None = None,
) -> Score:
    """Measure `plan` by the scenes of its film, in `document`.

    Args:
        plan: The plan; it need not be proven.
        document: The film's scenes, described or not.
        transcript: What is said in the film; empty where that is not known.
        asked_seconds: How long the edit was to be; if not given, the plan's own target.

    Raises:
        DocumentError: They are of different films.
        PlanError: A clip is reversed, of no scene in `document`, or runs past the film's end.
        InputError: `asked_seconds` is no length that an edit can have.
    """
    _check_same_film(plan, document)
    _check_clips(plan, document)
    edit = Edit(plan.clips, _request(plan, document, transcript, asked_seconds))
    measures = tuple(_measured(row, edit) for row in _MEASURES)
    judged = [(measure.weight * measure.known, measure.mark) for measure in measures if measure.mark is not None]
    total = 100 * sum(weight * mark for weight, mark in judged) / sum(weight for weight, _ in judged)
    left_out = tuple(measure.name for measure in measures if measure.mark is None)
    return Score(schema_="score.v1", total=round(total, 2), measures=measures, left_out=left_out)


SCORE_COLUMNS = ("measure", "value", "mark", "weight", "why")
"""What stands in the rows of `score_rows`."""


def score_rows(score: Score) -> list[tuple[str, str, str, str, str]]:
    """Return a row of plain text for each measure, under `SCORE_COLUMNS`; "-" where nothing is known."""
    return [
        (
            measure.name.replace("_", " "),
            "-" if measure.value is None else f"{measure.value:.4g} {measure.unit}",
            "-" if measure.mark is None else f"{measure.mark:.2f}",
            f"{measure.weight * measure.known:.3g}",
            measure.why,
        )
        for measure in score.measures
    ]


def verdict(score: Score) -> str:
    """Return a score as one line: the total, and what is not in it."""
    left_out = ", ".join(name.replace("_", " ") for name in score.left_out)
    return f"{score.total:.1f} of 100." + (f" Not judged, since not known: {left_out}." if left_out else "")


def _request(
    plan: EditPlan, document: ScenesDocument, transcript: tuple[Line, ...], asked: float | None
) -> PlanRequest:
    """Return what the plan answers: the film, what is said in it, and the wanted length."""
    seconds = plan.target.duration_seconds if asked is None else asked
    try:
        return PlanRequest(document=document, duration_seconds=seconds, transcript=transcript)
    except ValidationError as exc:
        whose = "The plan's target.duration_seconds" if asked is None else "asked_seconds"
        raise InputError(f"{whose} is {seconds!r}; an edit lasts more than 0 s and at most 360000 s.") from exc


def _check_same_film(plan: EditPlan, document: ScenesDocument) -> None:
    ours, theirs = plan.media, document.media
    if ours.digest and theirs.digest and ours.digest != theirs.digest:
        raise DocumentError(
            f"The plan is for another video than the scenes: {shown(ours.digest)} against {shown(theirs.digest)}. "
            "If that is meant (a film that replaces its proxy), take media.digest out of one of them."
        )
    if (ours.duration_frames, plan.rate) != (theirs.duration_frames, document.rate):
        raise DocumentError(
            f"The plan is for another video than the scenes: it says {ours.duration_frames} frames at {plan.rate} a "
            f"second, they say {theirs.duration_frames} at {document.rate}."
        )


def _check_clips(plan: EditPlan, document: ScenesDocument) -> None:
    scenes, film = {scene.scene_id for scene in document.scenes}, document.media.duration_frames
    unknown = [clip for clip in plan.clips if clip.scene_id not in scenes]
    wrong = [clip for clip in plan.clips if not clip.in_frame < clip.out_frame <= film]
    broken = [f"scene_exists: {named(clip)} is of a scene which does not exist" for clip in unknown]
    broken += [
        f"inside_film: {named(clip)} is frames {clip.in_frame} to {clip.out_frame}, the film has {film}"
        for clip in wrong
    ]
    if broken:
        raise PlanError(summary(broken))


# ---------------------------------------------------------------- weights


@dataclass(frozen=True)
class _Row:
    """A measure: its name, the unit of its value, its weight of 100, and how it is found."""

    name: MeasureName
    unit: str
    weight: float
    find: Callable[[Edit], Finding]


_MEASURES = (
    _Row("duration", "% off", 15, duration),
    _Row("coverage", "% of parts", 15, coverage),
    _Row("shot_types", "% of cuts", 12, neighbours),
    _Row("hook", "of 1", 13, hook),
    _Row("repeats", "% of time", 12, repeats),
    _Row("minimum_length", "% of clips", 8, minimum_length),
    _Row("speech", "% of ends", 10, speech),
    _Row("variety", "of 1", 7, variety),
    _Row("pictures", "% of clips", 8, pictures),
)


def _measured(row: _Row, edit: Edit) -> Measure:
    found = row.find(edit)
    return Measure(
        name=row.name,
        value=None if found.value is None else round(found.value, 2),
        unit=row.unit,
        mark=None if found.mark is None else round(found.mark, 4),
        weight=row.weight,
        known=round(found.known, 4),
        why=found.why,
    )
