"""Agreement, ranks and figures, against examples worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocut_director.tools.comparison.agreement import agreement, agreements, mean_with_others, words_in
from autocut_director.tools.comparison.document import Answer, Contender, Figures, Measured
from autocut_director.tools.comparison.figures import claims_of, figures_of
from autocut_director.tools.comparison.ranks import spearman
from autocut_director.tools.timeline import SceneDescription


def said(**fields: object) -> SceneDescription:
    return SceneDescription(**{"summary": "", **fields})


def of_two(one: SceneDescription, other: SceneDescription):
    return agreement({"S1": one}, {"S1": other}, names=("a", "b"))


def test_ranks_that_are_worked_by_hand() -> None:
    # ranks 1 2 3 4 5 against 2 1 4 3 5: the squared differences are 1 1 1 1 0; 1 - 6 * 4 / (5 * 24) = 0.8
    assert spearman([1, 2, 3, 4, 5], [20, 10, 40, 30, 50]) == Measured(value=0.8, n=5)
    assert spearman([1, 2, 3], [9, 4, 1]).value == -1
    # a tie: ranks 1 2.5 2.5 4 against 1 2 3 4; Pearson of them is 4.5 / sqrt(4.5 * 5) = 0.949
    assert spearman([1, 5, 5, 7], [1, 2, 3, 4]).value == 0.949


@pytest.mark.parametrize(("one", "other"), [([], []), ([1, 2], [1, 2]), ([3, 3, 3], [1, 2, 3]), ([1, 2, 3], [0, 0, 0])])
def test_too_few_or_all_alike_have_no_rank_correlation(one: list[float], other: list[float]) -> None:
    assert spearman(one, other) == Measured(value=None, n=len(one))


@given(st.lists(st.integers(1, 10), min_size=3, max_size=20))
def test_any_scale_that_rises_has_the_same_ranks(scores: list[int]) -> None:
    found = spearman(scores, [score**3 for score in scores]).value
    assert found in {None, 1.0}
    assert (found is None) == (len(set(scores)) == 1)


def test_words_say_something_and_chinese_goes_by_neighbours() -> None:
    assert words_in("A dog and THE dog's ball, 2 of them") == {"dog", "s", "ball", "2", "them"}
    assert words_in("海边的日落") == {"海边", "日落"}
    assert words_in("三只小狗 running") == {"三只", "只小", "小狗", "running"}
    assert words_in(", . 的 the") == frozenset()


def test_each_field_by_its_measure() -> None:
    one = said(
        summary="a dog runs on a beach", shot_type="wide", subjects=("dog", "beach"), quality_score=8, mood="calm"
    )
    other = said(summary="a dog sleeps", shot_type="medium", subjects=("dog",), quality_score=5, mood="calm evening")
    fields = of_two(one, other).fields
    assert fields["shot_type"] == Measured(value=0, n=1)
    assert of_two(one, other).near_shot_type == Measured(value=1, n=1)
    assert fields["quality_score"].value == round(1 - 3 / 9, 3)
    assert of_two(one, other).quality_apart == Measured(value=3, n=1)
    assert fields["subjects"].value == 0.5  # dog, of dog and beach
    assert fields["summary"].value == 0.25  # dog, of dog runs beach sleeps
    assert fields["mood"].value == 0.5
    assert fields["action"] == fields["lighting"] == Measured(value=None, n=0)
    assert of_two(one, other).overall == pytest.approx((0 + 0.667 + 0.5 + 0.25 + 0.5) / 5, abs=0.001)


@pytest.mark.parametrize(
    ("one", "other", "same", "near"),
    [
        ("wide", "wide", 1, 1),
        ("close_up", "extreme_close_up", 0, 1),
        ("close_up", "wide", 0, 0),
        ("title", "insert", 0, 0),
        ("title", "wide", 0, 0),
        ("insert", "insert", 1, 1),
        ("unknown", "wide", None, None),
    ],
)
def test_sizes_have_neighbours_and_titles_have_none(one: str, other: str, same: int | None, near: int | None) -> None:
    found = of_two(said(shot_type=one), said(shot_type=other))
    assert (found.fields["shot_type"].value, found.near_shot_type.value) == (same, near)


def test_only_scenes_that_both_described_and_fields_that_both_filled_count() -> None:
    one = {"S1": said(quality_score=2, mood="calm"), "S2": said(quality_score=4), "S3": said(quality_score=9)}
    other = {"S1": said(quality_score=4), "S2": said(quality_score=None), "S4": said(quality_score=1)}
    found = agreement(one, other, names=("a", "b"))
    assert found.scenes == 2
    assert found.quality_apart == Measured(value=2, n=1)
    assert found.fields["mood"].n == 0
    assert agreement({}, other, names=("a", "b")).overall is None


def contender(name: str, *summaries: str) -> Contender:
    answers = tuple(Answer(scene_id=f"S{n}", visual=said(summary=text)) for n, text in enumerate(summaries))
    figures = Figures(asked=len(answers), answered=len(answers), first_try=len(answers))
    model = {"backend": "lmstudio", "model": name, "frames": 3, "parallel": 1}
    return Contender(**model, name=name, figures=figures, claims=Measured(), answers=answers)


def test_each_two_models_and_the_mean_with_the_others() -> None:
    pairs = agreements([contender("a", "red sea"), contender("b", "red sea"), contender("c", "red hill")])
    assert [(pair.one, pair.other, pair.overall) for pair in pairs] == [
        ("a", "b", 1.0),
        ("a", "c", 0.333),
        ("b", "c", 0.333),
    ]
    assert mean_with_others("a", pairs) == pytest.approx((1 + 0.333) / 2, abs=0.001)
    assert mean_with_others("a", ()) is None


def test_figures_of_answers() -> None:
    first = Answer(scene_id="S1", visual=said(), seconds=9, first_try=True, input_tokens=100, cost_usd=0.01)
    answered = [
        Answer(scene_id=f"S{n}", visual=said(), seconds=n, first_try=n != 3, output_tokens=30, cost_usd=0.02)
        for n in (2, 3, 7)
    ]
    lost = Answer(scene_id="S9", seconds=60, error="it broke", cost_usd=0.0)
    took = figures_of(first, [*answered, lost], others_seconds=30)
    assert (took.asked, took.answered, took.failed, took.first_try) == (5, 4, 1, 3)
    assert (took.first_seconds, took.steady_seconds) == (9, 3)
    assert (took.fastest_seconds, took.slowest_seconds) == (2, 7)
    assert took.scenes_per_minute == 6  # three in half a minute
    assert (took.input_tokens, took.output_tokens) == (20, 18)
    assert took.cost_usd == pytest.approx(0.07)
    assert took.cost_of_100 == pytest.approx(1.4)


def test_figures_that_nobody_has_are_none() -> None:
    took = figures_of(Answer(scene_id="S1", seconds=3, error="no"), [], others_seconds=0)
    assert (took.first_seconds, took.steady_seconds, took.scenes_per_minute, took.cost_usd) == (None,) * 4
    assert (took.answered, took.failed) == (0, 1)


def test_claimed_quality_against_the_measured() -> None:
    scores = {"S1": 3, "S2": 9, "S3": None, "S4": 5, "S5": 6}
    answers = [Answer(scene_id=scene_id, visual=said(quality_score=score)) for scene_id, score in scores.items()]
    answers.append(Answer(scene_id="S6", error="no"))
    measured = {"S1": 0.2, "S2": 0.8, "S3": 0.1, "S4": 0.5, "S5": None, "S6": 0.9}
    assert claims_of(answers, measured) == Measured(value=1, n=3)
    assert claims_of(answers, {"S1": 0.2, "S2": 0.8}) == Measured(value=None, n=2)
