"""Whatever is scored: 0 to 100, the same in whatever order the scenes stand, and never more for an added defect."""

import random
from collections.abc import Sequence

from documents import described
from hypothesis import given
from hypothesis import strategies as st

from autocut_director.tools.plans.score import Measure, Score, score_plan
from autocut_director.tools.timeline import (
    SHOT_TYPES,
    Clip,
    EditPlan,
    Line,
    PlannedBy,
    Scene,
    SceneDescription,
    ScenesDocument,
    Signals,
    Target,
    Word,
)

visuals = st.none() | st.builds(
    SceneDescription,
    summary=st.just("s"),
    shot_type=st.sampled_from(SHOT_TYPES),
    subjects=st.lists(st.sampled_from(["a", "b", " A", ""]), max_size=3).map(tuple),
    quality_score=st.none() | st.integers(1, 10),
)
marks = st.floats(0, 1)
signals = st.none() | st.builds(
    Signals,
    sharpness=st.floats(0, 1e5),
    exposure=marks,
    contrast=st.floats(0, 0.5),
    colourfulness=st.floats(0, 150),
    motion=st.none() | marks,
)
lines = st.builds(
    lambda start, length, words: Line(
        text="x",
        start_frame=start,
        end_frame=start + length,
        words=tuple(Word(text="x", start_frame=start + n, end_frame=start + n + 9) for n in words),
    ),
    st.integers(0, 900),
    st.integers(0, 90),
    st.lists(st.integers(0, 60), max_size=4),
)
ORDER = ("duration", "coverage", "shot_types", "hook", "repeats", "minimum_length", "speech", "variety", "pictures")
BLIND = {"coverage", "duration", "minimum_length", "pictures", "variety"}
"""Measures that do not see in which order the clips stand."""


@st.composite
def films(draw: st.DrawFn) -> ScenesDocument:
    """Scenes of which anything may be unknown; some look like others, some are missing from the list."""
    document = described(draw(st.lists(st.integers(1, 90), min_size=1, max_size=9)))
    scenes = [
        scene.model_copy(update={"visual": draw(visuals), "signals": draw(signals), "same_as": draw(_twin(document))})
        for scene in document.scenes
    ]
    kept = draw(st.lists(st.sampled_from(scenes), min_size=1, unique_by=lambda scene: scene.scene_id))
    return document.model_copy(update={"scenes": tuple(sorted(kept, key=lambda scene: scene.start_frame))})


def _twin(document: ScenesDocument) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from([scene.scene_id for scene in document.scenes])


@st.composite
def cases(draw: st.DrawFn) -> tuple[EditPlan, ScenesDocument]:
    """A film, and any clips of its scenes: as often as you like, overlapping, as short as one frame."""
    film = draw(films())
    spans = []
    for _ in range(draw(st.integers(1, 8))):
        scene = draw(st.sampled_from(film.scenes))
        start = draw(st.integers(scene.start_frame, scene.end_frame - 1))
        spans.append((scene.scene_id, start, draw(st.integers(start + 1, scene.end_frame))))
    return plan(film, spans, draw(st.floats(0.04, 60))), film


def plan(film: ScenesDocument, spans: Sequence[tuple[str, int, int]], seconds: float) -> EditPlan:
    clips = tuple(
        Clip(order=order, scene_id=scene_id, in_frame=start, out_frame=end, purpose="body")
        for order, (scene_id, start, end) in enumerate(spans, start=1)
    )
    return EditPlan(
        title="t",
        target=Target(duration_seconds=seconds),
        fps_fraction=film.rate,
        media=film.media,
        clips=clips,
        planned_by=PlannedBy(planner="test"),
    )


def by_name(score: Score) -> dict[str, Measure]:
    return {measure.name: measure for measure in score.measures}


@given(cases(), st.lists(lines, max_size=3).map(tuple), st.none() | st.floats(0.04, 1000))
def test_anything_gets_a_mark_from_0_to_100(
    case: tuple[EditPlan, ScenesDocument], speech: tuple[Line, ...], asked: float | None
) -> None:
    score = score_plan(*case, transcript=speech, asked_seconds=asked)
    assert 0 <= score.total <= 100
    assert tuple(measure.name for measure in score.measures) == ORDER
    for measure in score.measures:
        assert measure.why
        assert (measure.mark is None) == (measure.value is None) == (measure.name in score.left_out)
        assert (measure.mark is None) == (measure.known == 0)
        assert measure.mark is None or (0 <= measure.mark <= 1 and measure.known <= 1)
    judged = [(m.weight * m.known, m.mark) for m in score.measures if m.mark is not None]
    mean = 100 * sum(weight * mark for weight, mark in judged) / sum(weight for weight, _ in judged)
    assert abs(mean - score.total) < 0.1


@given(cases(), st.integers())
def test_the_order_of_the_scenes_in_the_file_is_nothing(case: tuple[EditPlan, ScenesDocument], seed: int) -> None:
    edit, film = case
    scenes = random.Random(seed).sample(film.scenes, len(film.scenes))
    assert score_plan(edit, film.model_copy(update={"scenes": tuple(scenes)})) == score_plan(edit, film)


@given(cases(), st.integers())
def test_the_order_of_the_clips_is_seen_only_where_it_matters(case: tuple[EditPlan, ScenesDocument], seed: int) -> None:
    edit, film = case
    spans = [(clip.scene_id, clip.in_frame, clip.out_frame) for clip in edit.clips]
    other = plan(film, random.Random(seed).sample(spans, len(spans)), edit.target.duration_seconds)
    ours, theirs = by_name(score_plan(edit, film)), by_name(score_plan(other, film))
    assert all((ours[name].mark, ours[name].known) == (theirs[name].mark, theirs[name].known) for name in BLIND)


# ---------------------------------------------------------------- a defect added is never a gain

QUIET = (Line(text="x", start_frame=10**8, end_frame=10**8 + 50),)


@st.composite
def sound_cases(draw: st.DrawFn) -> tuple[EditPlan, ScenesDocument]:
    """Six to twelve scenes of 60 frames, measured alike, with any shot types; a clip of most, none too short."""
    kinds = draw(st.lists(st.sampled_from(["wide", "medium", "close_up", "unknown"]), min_size=6, max_size=12))
    film = described([60] * len(kinds), shot_types=kinds)
    alike = tuple(
        scene.model_copy(update={"signals": film.scenes[0].signals, "visual": _scored(scene)}) for scene in film.scenes
    )
    chosen = draw(st.permutations(alike).map(lambda scenes: scenes[: len(kinds) - 1]))
    spans = [
        (scene.scene_id, scene.start_frame + 5, scene.start_frame + 5 + draw(st.integers(20, 50))) for scene in chosen
    ]
    film = film.model_copy(update={"scenes": alike})
    return plan(film, spans, sum(end - start for _, start, end in spans) / 25), film


def _scored(scene: Scene) -> SceneDescription | None:
    return scene.visual and scene.visual.model_copy(update={"quality_score": 6})


def with_scene(film: ScenesDocument, scene_id: str, change: dict[str, object]) -> ScenesDocument:
    scenes = (scene.model_copy(update=change) if scene.scene_id == scene_id else scene for scene in film.scenes)
    return film.model_copy(update={"scenes": tuple(scenes)})


@given(sound_cases(), st.data())
def test_a_dark_scene_is_never_a_gain(case: tuple[EditPlan, ScenesDocument], data: st.DataObject) -> None:
    edit, film = case
    signals, totals = film.scenes[0].signals, [score_plan(edit, film).total]
    assert signals is not None
    for clip in data.draw(st.permutations(edit.clips)):
        film = with_scene(
            film, clip.scene_id, {"signals": signals.model_copy(update={"exposure": 0.0, "contrast": 0.0})}
        )
        totals.append(score_plan(edit, film).total)
    assert totals == sorted(totals, reverse=True)
    assert totals[1] < totals[0]


@given(sound_cases(), st.data())
def test_a_near_duplicate_is_never_a_gain(case: tuple[EditPlan, ScenesDocument], data: st.DataObject) -> None:
    edit, film = case
    first, *others = data.draw(st.permutations(edit.clips))
    before = score_plan(edit, film).total
    for clip in others[:3]:
        film = with_scene(film, clip.scene_id, {"same_as": first.scene_id})
        before, last = score_plan(edit, film).total, before
        assert before < last


@given(sound_cases(), st.data())
def test_a_cut_sentence_is_never_a_gain(case: tuple[EditPlan, ScenesDocument], data: st.DataObject) -> None:
    edit, film = case
    said, before = QUIET, score_plan(edit, film, transcript=QUIET).total
    for clip in data.draw(st.permutations(edit.clips)):
        said = (*said, Line(text="x", start_frame=clip.in_frame - 5, end_frame=clip.in_frame + 5))
        before, last = score_plan(edit, film, transcript=said).total, before
        assert before < last


@given(sound_cases(), st.data())
def test_a_clip_too_short_is_never_a_gain(case: tuple[EditPlan, ScenesDocument], data: st.DataObject) -> None:
    edit, film = case
    before = score_plan(edit, film)
    clip = data.draw(st.sampled_from(edit.clips))
    short = clip.model_copy(update={"out_frame": clip.in_frame + data.draw(st.integers(1, 9))})
    clips = tuple(short if one is clip else one for one in edit.clips)
    after = score_plan(edit.model_copy(update={"clips": clips}), film)
    assert after.total < before.total


@given(sound_cases(), st.floats(1.06, 3), st.floats(1.01, 2))
def test_farther_from_what_was_asked_is_worse(case: tuple[EditPlan, ScenesDocument], ratio: float, more: float) -> None:
    edit, film = case
    length = edit.duration_frames / 25

    def mark(asked: float) -> float:
        found = by_name(score_plan(edit, film, asked_seconds=asked))["duration"].mark
        assert found is not None
        return found

    assert mark(length) == 1 > mark(length / ratio) >= mark(length / ratio / more)
    assert mark(length * ratio * more) <= mark(length * ratio) < 1 or length * ratio > len(film.scenes) * 60 / 25
