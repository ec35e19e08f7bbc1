"""The judge: hand-made good and bad plans over one described film are ranked rightly, and each mark says why."""

import random
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import pytest

from autocut_director.errors import DocumentError, InputError, PlanError
from autocut_director.tools.files import to_json, write_text
from autocut_director.tools.plans.score import (
    SCORE_COLUMNS,
    Measure,
    Score,
    score_file,
    score_plan,
    score_rows,
    verdict,
)
from autocut_director.tools.timeline import (
    Clip,
    EditPlan,
    Line,
    Media,
    PlannedBy,
    Scene,
    SceneDescription,
    ScenesDocument,
    ScenesMeta,
    Signals,
    Target,
    Word,
)

RATE, SCENES, LENGTH = Fraction(25), 40, 75  # two minutes; a scene lasts 3 s
TYPES = ("wide", "medium", "close_up", "insert")
BLACK, TITLE, BLURRED, HERO = 0, 1, 7, 13
TWINS = {26: 10, 31: 3}

Cut = tuple[int, int, int]
"""A scene's number, the clip's first frame in it, the clip's length."""


def scene(number: int) -> Scene:
    kind = "title" if number == TITLE else TYPES[number % 4]
    score = {BLACK: 1, BLURRED: 2, HERO: 10}.get(number, 5 + number % 5)
    signals = Signals(
        sharpness={BLURRED: 4.0, HERO: 900.0}.get(number, 300.0 + 10 * (number % 20)),
        exposure=0.01 if number == BLACK else 0.45,
        contrast=0.01 if number == BLACK else 0.2,
        colourfulness=30.0,
        motion=0.08 if number == HERO else 0.01 + 0.001 * (number % 7),
    )
    visual = SceneDescription(
        summary=f"Scene {number}.", shot_type=kind, subjects=(f"subject {number % 12}",), quality_score=score
    )
    start, twin = number * LENGTH, TWINS.get(number)
    return Scene(
        scene_id=name(number),
        start_frame=start,
        end_frame=start + LENGTH,
        status="described",
        same_as=None if twin is None else name(twin),
        signals=signals,
        visual=visual,
    )


def name(number: int) -> str:
    return f"S{number + 1:04}"


def line(number: int) -> Line:
    """A sentence of five words of 11 frames each, from the tenth frame of its scene on."""
    start = number * LENGTH + 10
    words = tuple(Word(text="la", start_frame=start + 11 * n, end_frame=start + 11 * (n + 1)) for n in range(5))
    return Line(text="la la la la la", start_frame=start, end_frame=start + 55, words=words)


MEDIA = Media(
    primary_clip_path="/films/a.mp4",
    duration_frames=SCENES * LENGTH,
    width=640,
    height=360,
    has_audio=True,
    digest="d1",
)
META = ScenesMeta(schema_="scenes.v1", fps=25.0, fps_fraction=RATE)
FILM = ScenesDocument(meta=META, media=MEDIA, scenes=tuple(map(scene, range(SCENES))))
SPEECH = tuple(line(number) for number in range(SCENES) if number % 3 != 2)  # every third scene is silent


def edit(*cuts: Cut, seconds: float = 24.0, media: Media = MEDIA) -> EditPlan:
    clips = tuple(
        Clip(
            order=order,
            scene_id=name(number),
            in_frame=number * LENGTH + start,
            out_frame=number * LENGTH + start + length,
            purpose="hook" if order == 1 else "body",
        )
        for order, (number, start, length) in enumerate(cuts, start=1)
    )
    return EditPlan(
        title="t",
        target=Target(duration_seconds=seconds),
        fps_fraction=RATE,
        media=media,
        clips=clips,
        planned_by=PlannedBy(planner="hand"),
    )


def by_number(cuts: Iterable[Cut], *order: int) -> list[Cut]:
    found = {cut[0]: cut for cut in cuts}
    return [found[number] for number in order]


def changed(*new: Cut) -> list[Cut]:
    """The good cut with the clips of some scenes taken otherwise."""
    others = {cut[0]: cut for cut in new}
    return [others.get(cut[0], cut) for cut in GOOD]


GOOD: list[Cut] = [
    *[(HERO, 2, 70), (3, 7, 60), (8, 10, 45), (10, 7, 60), (17, 20, 40)],
    *[(19, 6, 62), (24, 0, 75), (29, 5, 60), (34, 7, 60), (36, 4, 68)],
]
BAD: dict[str, tuple[str, list[Cut]]] = {
    "half the duration": ("duration", GOOD[::2]),
    "twice the duration": (
        "duration",
        [*GOOD, *[(n, 0, 75) for n in (4, 6, 15, 20, 22, 28, 33, 35)]],
    ),
    "all from the first minute": (
        "coverage",
        [
            *[(HERO, 2, 70), (3, 7, 60), (8, 10, 45), (10, 7, 60), (17, 20, 40)],
            *[(2, 6, 62), (12, 0, 75), (5, 5, 60), (16, 7, 60), (19, 4, 68)],
        ],
    ),
    "same shot types in a row": ("shot_types", by_number(GOOD, HERO, 17, 29, 3, 19, 8, 24, 36, 10, 34)),
    "a jump cut": ("shot_types", [*GOOD[:6], (24, 0, 34), (24, 41, 34), *GOOD[7:]]),
    "a black hook": ("hook", [(BLACK, 2, 70), *GOOD[1:]]),
    "a title first": ("hook", [(TITLE, 2, 70), *GOOD[1:]]),
    "a dull hook": ("hook", [(5, 2, 70), *GOOD[1:]]),
    "frames used twice": ("repeats", [*GOOD[:6], (3, 7, 60), *GOOD[7:]]),
    "near-duplicates": ("repeats", [*GOOD[:6], (26, 0, 75), *GOOD[7:]]),
    "flashes": (
        "minimum_length",
        changed((HERO, 0, 75), (3, 0, 75), (8, 0, 75), (10, 7, 68), (17, 20, 5), (19, 0, 75), (29, 5, 5)),
    ),
    "words cut": (
        "speech",
        changed((HERO, 5, 47), (3, 15, 60), (10, 15, 60), (19, 13, 62), (34, 15, 60), (36, 5, 68)),
    ),
    "all of one length": ("variety", [(number, 7, 60) for number, _, _ in GOOD]),
    "unusable pictures": ("pictures", [*GOOD, (BLURRED, 0, 10)]),
}
WRECK: list[Cut] = [(BLACK, 0, 75), (BLURRED, 15, 5), (3, 15, 30), (3, 20, 30), (BLURRED, 18, 6), (3, 30, 9)]


def judged(cuts: Iterable[Cut], *, film: ScenesDocument = FILM, speech: tuple[Line, ...] = SPEECH) -> Score:
    return score_plan(edit(*cuts), film, transcript=speech)


def measure(score: Score, wanted: str) -> Measure:
    return next(one for one in score.measures if one.name == wanted)


def at_random(seed: int) -> list[Cut]:
    numbers = random.Random(seed).sample(range(SCENES), 10)
    return [(number, random.Random(seed + number).randrange(0, 15), 60) for number in numbers]


# ---------------------------------------------------------------- ranking


def test_a_good_cut_is_nearly_perfect() -> None:
    score = judged(GOOD)
    assert score.left_out == ()
    assert [one.name for one in score.measures if one.mark != 1] == ["variety"]
    assert score.total > 97


@pytest.mark.parametrize(("wanted", "cuts"), BAD.values(), ids=BAD.keys())
def test_a_defect_costs_marks_and_is_marked_where_it_lies(wanted: str, cuts: list[Cut]) -> None:
    good, bad, wreck = judged(GOOD), judged(cuts), judged(WRECK)
    assert good.total > bad.total > wreck.total
    assert measure(bad, wanted).mark < 0.95 * measure(good, wanted).mark  # type: ignore[operator]


@pytest.mark.parametrize("seed", range(20))
def test_a_random_cut_lies_between_the_good_one_and_the_wreck(seed: int) -> None:
    assert judged(GOOD).total - 8 > judged(at_random(seed)).total > judged(WRECK).total + 8


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ([*GOOD[:6], (3, 7, 60), *GOOD[7:]], [*GOOD[:6], (3, 7, 60), *GOOD[7:9], (8, 10, 45)]),
        (GOOD[::2], GOOD[:3]),
        (
            by_number(GOOD, HERO, 17, 29, 3, 8, 19, 24, 10, 36, 34),
            by_number(GOOD, HERO, 17, 29, 3, 19, 8, 24, 36, 10, 34),
        ),
        (BAD["a dull hook"][1], BAD["a black hook"][1]),
        (changed((17, 20, 5)), changed((17, 20, 5), (8, 10, 5))),
    ],
    ids=["one repeat, two", "half, a third", "two alike, six alike", "dull, black", "one flash, two"],
)
def test_more_of_a_defect_is_worse(better: list[Cut], worse: list[Cut]) -> None:
    assert judged(better).total > judged(worse).total


# ---------------------------------------------------------------- each measure


def test_reasons_name_clips_and_scenes() -> None:
    def why(defect: str) -> str:
        wanted, cuts = BAD[defect]
        return measure(judged(cuts), wanted).why

    assert why("half the duration") == "The edit lasts 11.60 s, 24.00 s were wanted."
    assert "nothing of S0021 to S0027, S0027 to S0034, S0034 to S0040" in why("all from the first minute")
    assert "6 of 9 judged cuts" in why("same shot types in a row")
    assert "clip 1 (S0014) and clip 2 (S0018)" in why("same shot types in a row")
    assert "and 3 more" in why("same shot types in a row")
    assert "clip 1 (S0001), which is black" in why("a black hook")
    assert "clip 1 (S0002), which is a title" in why("a title first")
    assert why("frames used twice") == "Seen before: clip 7 (S0004)."
    assert why("near-duplicates") == "Seen before: clip 7 (S0027)."
    assert why("flashes") == "2 of 10 clips shorter than 0.4 s: clip 5 (S0018), clip 8 (S0030)."
    assert why("words cut").endswith(": clip 1 (S0014), clip 2 (S0004), clip 4 (S0011), and 2 more.")
    assert "clip 11 (S0008) is blurred" in why("unusable pictures")


@pytest.mark.parametrize(
    ("asked", "mark"), [(24.0, 1.0), (25.2, 1.0), (12.0, 0.0), (48.0, 0.0), (96.0, 0.0), (24 * 2**0.5, 0.5)]
)
def test_the_duration_is_marked_by_its_ratio(asked: float, mark: float) -> None:
    score = score_plan(edit(*GOOD, seconds=3), FILM, asked_seconds=asked)
    assert measure(score, "duration").mark == pytest.approx(mark, abs=0.01)


def test_more_than_the_film_has_is_not_wanted() -> None:
    everything = [(number, 0, LENGTH) for number in range(SCENES)]
    score = score_plan(edit(*everything), FILM, asked_seconds=900)
    assert (measure(score, "duration").value, measure(score, "coverage").value) == (0, 100)


def test_two_clips_that_go_on_are_no_cut() -> None:
    cut_in_two = [*GOOD[:6], (24, 0, 30), (24, 30, 45), *GOOD[7:]]
    for wanted in ("shot_types", "repeats", "speech"):
        assert measure(judged(cut_in_two), wanted).mark == 1


def test_a_cut_of_the_films_own_is_one() -> None:
    found = measure(judged([(4, 0, 75), (5, 0, 75)]), "shot_types")
    assert (found.known, found.why) == (1, "0 of 1 judged cuts between two clips of one shot type or set-up.")


def test_a_glimpse_of_a_part_does_not_cover_it() -> None:
    """Scene 6 lies across the film's first sixth, which ends at frame 500."""
    assert measure(judged([(6, 41, 20)]), "coverage").value == pytest.approx(16.67)
    assert measure(judged([(6, 30, 30)]), "coverage").value == pytest.approx(33.33)


@pytest.mark.parametrize(("seconds", "parts"), [(2, 1), (12, 3), (24, 6), (72, 10)])
def test_the_film_has_a_part_for_each_shot_of_the_edit(seconds: float, parts: int) -> None:
    score = score_plan(edit(*GOOD, seconds=seconds), FILM)
    assert f" of {parts} equal parts" in measure(score, "coverage").why


def test_a_film_has_no_more_parts_than_scenes() -> None:
    whole = FILM.scenes[HERO].model_copy(update={"start_frame": 0, "end_frame": SCENES * LENGTH})
    film = FILM.model_copy(update={"scenes": (whole,)})
    assert "1 of 1 equal parts" in measure(judged([(HERO, 0, 75)], film=film), "coverage").why


def test_scenes_are_named_in_the_films_order() -> None:
    backwards = FILM.model_copy(update={"scenes": FILM.scenes[::-1]})
    cuts = BAD["all from the first minute"][1]
    assert judged(cuts, film=backwards) == judged(cuts)


def test_a_clip_of_the_minimum_is_long_enough() -> None:
    assert measure(judged([(3, 0, 10), (8, 0, 10)]), "minimum_length").value == 0
    assert measure(judged([(3, 0, 10), (8, 0, 9)]), "minimum_length").value == 50


def test_variety_is_what_the_clips_could_show() -> None:
    def said(*cuts: Cut) -> str:
        return measure(judged(cuts), "variety").why

    assert "subjects 1.00, shot types 1.00, lengths 0.80" in said((3, 0, 40), (8, 0, 60))
    assert "subjects 0.50, shot types 0.50, lengths 0.00" in said((3, 0, 40), (15, 0, 40))  # the same subject, both
    assert "lengths 0.67" in said((3, 0, 40), (8, 0, 60), (10, 0, 5))  # too short counts as no variety


def test_one_subject_in_two_spellings_is_one() -> None:
    scenes = tuple(
        one.model_copy(update={"visual": one.visual.model_copy(update={"subjects": (subject,)})})
        for one, subject in zip(FILM.scenes, ["dog", " Dog", "cat", "bird"], strict=False)
        if one.visual
    )
    score = judged([(0, 0, 40), (1, 0, 40)], film=FILM.model_copy(update={"scenes": scenes}))
    assert "subjects 0.50" in measure(score, "variety").why


def test_a_title_on_black_is_not_black() -> None:
    title = FILM.scenes[TITLE]
    assert title.signals
    dark = title.model_copy(update={"signals": title.signals.model_copy(update={"exposure": 0.02})})
    film = FILM.model_copy(update={"scenes": (FILM.scenes[0], dark, *FILM.scenes[2:])})
    assert measure(judged([(3, 0, 40), (TITLE, 0, 40)], film=film), "pictures").value == 0


@pytest.mark.parametrize(("quality", "bad"), [(3, True), (4, False), (None, False)])
def test_a_picture_with_a_low_score_is_unusable(quality: int | None, bad: bool) -> None:
    scenes = tuple(
        one.model_copy(update={"visual": one.visual.model_copy(update={"quality_score": quality})})
        for one in FILM.scenes
        if one.visual
    )
    found = measure(judged([(5, 0, 40)], film=FILM.model_copy(update={"scenes": scenes})), "pictures")
    assert ("clip 1 (S0006) is scored 3 of 10" in found.why) == bad == (found.mark == 0)


def test_the_same_scene_again_later_is_no_repeat_but_shared_frames_are() -> None:
    assert measure(judged([(5, 0, 30), (8, 0, 30), (5, 30, 30)]), "repeats").value == 0
    assert measure(judged([(5, 0, 30), (8, 0, 30), (5, 20, 40)]), "repeats").value == 10


def test_frames_shown_three_times_count_twice() -> None:
    assert measure(judged([(5, 0, 30)] * 3), "repeats").value == pytest.approx(66.67)


@pytest.mark.parametrize(
    ("cut", "words", "sentences"),
    [
        ((3, 7, 60), 0, 0),
        ((3, 12, 60), 0, 0),  # two frames into the first word: no subtitle is that exact
        ((3, 15, 60), 1, 0),  # in the middle of the first word
        ((3, 21, 60), 0, 1),  # between two words
        ((3, 15, 11), 2, 0),
        ((8, 30, 30), 0, 0),  # nobody speaks
    ],
)
def test_words_and_sentences_that_are_cut_are_counted(cut: Cut, words: int, sentences: int) -> None:
    found = measure(judged([cut]), "speech")
    assert found.why.startswith(f"{words} of 2 ends of clips in a word, {sentences} in a sentence")
    assert found.value == pytest.approx(100 * (words + sentences / 2) / 2)


def test_lines_without_words_and_lines_at_once_are_known_too() -> None:
    speech = (Line(text="long", start_frame=0, end_frame=2000), Line(text="short", start_frame=800, end_frame=810))
    assert measure(judged([(20, 0, 30)], speech=speech), "speech").value == 50


def test_the_hook_is_ranked_among_the_scenes_short_and_lively() -> None:
    assert measure(judged([(HERO, 0, 75)]), "hook").mark == 1
    long = score_plan(edit((HERO, 0, 75)).model_copy(update={"clips": (_long_clip(),)}), FILM)
    assert measure(long, "hook").mark == pytest.approx((1 + 0.5 + 1) / 3, abs=1e-3)
    assert measure(judged([(HERO, 0, 9)]), "hook").mark == pytest.approx(2 / 3, abs=1e-3)


def test_the_hooks_quality_is_its_rank_by_what_was_said_and_by_what_was_measured() -> None:
    said = [one.visual.quality_score for one in FILM.scenes if one.visual]
    sharp = [one.signals.sharpness for one in FILM.scenes if one.signals]  # all that differs, but in the black scene
    ranks = [sum(value <= values[6] for n, value in enumerate(values) if n != 6) / 39 for values in (said, sharp)]
    assert f"quality {sum(ranks) / 2:.2f}," in measure(judged([(6, 0, 75)]), "hook").why


def _long_clip() -> Clip:
    """The best scene's clip, twice as long as a hook should be (a hand may let it run on)."""
    return Clip(order=1, scene_id=name(HERO), in_frame=HERO * LENGTH, out_frame=HERO * LENGTH + 150, purpose="hook")


def test_a_part_without_a_scene_is_not_asked_for() -> None:
    """An imported document may leave gaps: here all of the film's second sixth."""
    scenes = tuple(one for n, one in enumerate(FILM.scenes) if not 6 <= n < 14)
    cuts = [cut for cut in GOOD if not 6 <= cut[0] < 14]
    assert measure(judged(cuts), "coverage").value == pytest.approx(83.33)
    assert measure(judged(cuts, film=FILM.model_copy(update={"scenes": scenes})), "coverage").value == 100


# ---------------------------------------------------------------- what is not known


def bare(keep: int = 0) -> ScenesDocument:
    """The film with only its first `keep` scenes described and measured."""
    scenes = tuple(
        one if n < keep else one.model_copy(update={"visual": None, "signals": None, "same_as": None})
        for n, one in enumerate(FILM.scenes)
    )
    return FILM.model_copy(update={"scenes": scenes})


def test_what_is_not_known_is_left_out_and_said() -> None:
    score = judged(GOOD, film=bare(), speech=())
    assert score.left_out == ("shot_types", "speech", "pictures")
    assert all(measure(score, wanted).mark is None for wanted in score.left_out)
    assert score.total > 90
    assert verdict(score).endswith("of 100. Not judged, since not known: shot types, speech, pictures.")


def test_what_is_known_in_part_counts_in_part() -> None:
    score = judged(GOOD, film=bare(20))
    assert measure(score, "pictures").known == 0.6
    assert measure(score, "shot_types").known == pytest.approx(5 / 9, abs=1e-3)
    assert measure(judged(GOOD, film=bare()), "hook").known == pytest.approx(1 / 3, abs=1e-3)


def test_a_jump_cut_is_one_even_where_nobody_looked_but_weighs_little() -> None:
    score = judged(BAD["a jump cut"][1], film=bare())
    found = measure(score, "shot_types")
    assert (found.mark, found.known) == (0, 0.1)
    assert judged(GOOD, film=bare()).total > score.total > judged(GOOD, film=bare()).total - 5


def test_unknown_shot_types_are_not_alike() -> None:
    scenes = tuple(
        one.model_copy(update={"visual": one.visual.model_copy(update={"shot_type": "unknown"})})
        for one in FILM.scenes[:20]
        if one.visual
    )
    film = FILM.model_copy(update={"scenes": (*scenes, *FILM.scenes[20:])})
    assert measure(judged(GOOD, film=film), "shot_types").known == pytest.approx(3 / 9, abs=1e-3)


def test_a_film_of_one_shot_type_leaves_no_choice() -> None:
    scenes = tuple(
        one.model_copy(update={"visual": one.visual.model_copy(update={"shot_type": "wide"})})
        for one in FILM.scenes
        if one.visual
    )
    score = judged(GOOD, film=FILM.model_copy(update={"scenes": scenes}))
    assert "shot_types" in score.left_out


def test_one_scene_without_anything_known_can_be_scored() -> None:
    film = FILM.model_copy(
        update={
            "scenes": (Scene(scene_id="S0001", start_frame=0, end_frame=LENGTH),),
            "media": MEDIA.model_copy(update={"duration_frames": LENGTH}),
        }
    )
    score = score_plan(edit((0, 0, LENGTH), media=film.media), film)
    assert score.left_out == ("shot_types", "speech", "variety", "pictures")
    assert score.total == 100


# ---------------------------------------------------------------- files, and how it is shown


def in_folder(folder: Path, plan: EditPlan, film: ScenesDocument = FILM) -> Path:
    write_text(folder / "scenes.json", to_json(film))
    write_text(folder / "plan.json", to_json(plan))
    return folder / "plan.json"


def test_a_plan_file_is_scored_by_the_scenes_beside_it(tmp_path: Path) -> None:
    path = in_folder(tmp_path, edit(*GOOD))
    assert score_file(path, transcript=SPEECH) == judged(GOOD)
    (tmp_path / "scenes.json").rename(tmp_path / "other.json")
    assert score_file(path, scenes=tmp_path / "other.json", transcript=SPEECH) == judged(GOOD)
    with pytest.raises(DocumentError, match=r"There is no .*scenes.json to measure .*plan.json by.*describe VIDEO"):
        score_file(path)


def test_the_json_is_stable(tmp_path: Path) -> None:
    score = judged(GOOD)
    text = to_json(score)
    assert Score.model_validate_json(text) == score
    assert score.model_dump(by_alias=True)["schema"] == "score.v1"
    assert list(score.model_dump(by_alias=True)) == ["schema", "total", "measures", "left_out"]
    assert list(score.model_dump()["measures"][0]) == ["name", "value", "unit", "mark", "weight", "known", "why"]
    assert [one.name for one in score.measures] == [
        *["duration", "coverage", "shot_types", "hook", "repeats"],
        *["minimum_length", "speech", "variety", "pictures"],
    ]
    assert sum(one.weight for one in score.measures) == 100


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"digest": "sha256:other"}, "sha256:other against d1"),
        ({"duration_frames": 3001, "digest": ""}, "3001 frames at 25 a second, they say 3000 at 25"),
    ],
)
def test_another_films_scenes_are_refused(change: dict[str, object], said: str) -> None:
    other = edit(*GOOD, media=MEDIA.model_copy(update=change))
    with pytest.raises(DocumentError, match=f"for another video than the scenes: .*{said}"):
        score_plan(other, FILM)


def test_another_rate_is_another_film() -> None:
    with pytest.raises(DocumentError, match="3000 frames at 24 a second, they say 3000 at 25"):
        score_plan(edit(*GOOD).model_copy(update={"fps_fraction": Fraction(24)}), FILM)


def test_without_a_digest_the_same_grid_is_the_same_film() -> None:
    unsigned = edit(*GOOD, media=MEDIA.model_copy(update={"digest": ""}))
    assert score_plan(unsigned, FILM, transcript=SPEECH) == judged(GOOD)


@pytest.mark.parametrize(
    ("cut", "rule"),
    [((SCENES + 3, -300, 20), "scene_exists"), ((5, 10, -4), "inside_film"), ((39, 0, 80), "inside_film")],
)
def test_clips_that_cannot_be_measured_are_refused(cut: Cut, rule: str) -> None:
    with pytest.raises(PlanError, match=rf"{rule}: clip 1 \(S00"):
        judged([cut])


@pytest.mark.parametrize("seconds", [0.0, -3.0, float("nan"), 1e9])
def test_a_length_that_no_edit_has_is_refused(seconds: float) -> None:
    with pytest.raises(InputError, match="asked_seconds is"):
        score_plan(edit(*GOOD), FILM, asked_seconds=seconds)
    if seconds <= 0:
        with pytest.raises(InputError, match=r"target\.duration_seconds is"):
            score_plan(edit(*GOOD, seconds=seconds), FILM)


def test_it_is_shown_as_rows_of_text() -> None:
    rows = score_rows(judged(GOOD, speech=()))
    assert all(len(row) == len(SCORE_COLUMNS) for row in rows)
    shown = {row[0]: row for row in rows}
    assert shown["shot types"][1:4] == ("0 % of cuts", "1.00", "12")
    assert shown["speech"][1:4] == ("-", "-", "0")
    assert verdict(judged(GOOD)).endswith(" of 100.")


def test_a_scenes_name_cannot_break_a_line() -> None:
    wild = "S\n\x1b[31m" + "x" * 400
    scenes = (FILM.scenes[0].model_copy(update={"scene_id": wild}), *FILM.scenes[1:])
    plan = edit((BLACK, 0, 70), *GOOD[1:])
    clips = (plan.clips[0].model_copy(update={"scene_id": wild}), *plan.clips[1:])
    score = score_plan(plan.model_copy(update={"clips": clips}), FILM.model_copy(update={"scenes": scenes}))
    assert all(one.why.isprintable() and len(one.why) < 300 for one in score.measures)
