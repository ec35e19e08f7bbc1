"""One pass finds the scenes and takes their stills: the same scenes, and the same stills, as step by step."""

import gc
import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import films
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocut_director.tools import recall
from autocut_director.tools.ahead import ahead
from autocut_director.tools.frames import finest_step, sample_frames, sample_positions, step_of
from autocut_director.tools.pictures import Picture
from autocut_director.tools.probe import Footage, probe_video
from autocut_director.tools.scene_pass import FirstPass, LaterPass
from autocut_director.tools.scenes import detect_scenes
from autocut_director.tools.store import SceneStore
from autocut_director.tools.timeline import Scene

RATES = [Fraction(25, 2), Fraction(24), Fraction(30000, 1001), Fraction(60), Fraction(120)]


def montage(rate: Fraction, *seconds: float) -> list[np.ndarray]:
    draw = np.random.default_rng(5)
    shots = [films.take(draw, max(1, round(long * rate)), move="pan", rate=float(rate)) for long in seconds]
    return [picture for shot in shots for picture in shot]


def same_as_step_by_step(footage: Footage, per_scene: int) -> bool:
    first = FirstPass(footage, per_scene=per_scene)
    found, document = tuple(first), detect_scenes(footage)
    return (found, first.document) == (sample_frames(footage, document.scenes, per_scene=per_scene), document)


@pytest.mark.parametrize("per_scene", [1, 3, 16])
@pytest.mark.parametrize("rate", RATES, ids=str)
def test_one_pass_is_the_same_as_step_by_step(tmp_path: Path, rate: Fraction, per_scene: int) -> None:
    film = films.paint_film(tmp_path / "film.mp4", montage(rate, 0.4, 5, 0.3, 1.1, 9, 0.5), rate=rate)
    assert same_as_step_by_step(probe_video(film), per_scene)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_films_of_few_pictures_have_stills(tmp_path: Path, count: int) -> None:
    film = films.paint_film(tmp_path / "short.mp4", montage(Fraction(25), count / 25))
    assert same_as_step_by_step(probe_video(film), 3)


def test_a_rate_that_varies_changes_no_still(tmp_path: Path) -> None:
    film = films.make_film(tmp_path / "varying.mp4", shots=[40, 35, 50, 25], times=films.varying(150))
    assert same_as_step_by_step(probe_video(film), 3)


def test_a_damaged_film_has_the_same_stills(tmp_path: Path, film: Path) -> None:
    data = bytearray(film.read_bytes())
    middle = len(data) // 3
    data[middle : middle + 3000] = bytes(3000)
    (tmp_path / "hurt.mp4").write_bytes(data)
    hurt = FirstPass(probe_video(tmp_path / "hurt.mp4"))
    assert sum(len(shot.frames) for shot in hurt) > 0
    assert hurt.document.media.damaged_frames > 0


@given(
    start=st.integers(0, 10**6),
    length=st.integers(1, 10**5),
    count=st.integers(1, 16),
    rate=st.sampled_from(RATES),
)
def test_stills_are_inside_the_scene_evenly_spread_and_never_on_the_cut(
    start: int, length: int, count: int, rate: Fraction
) -> None:
    scene = Scene(scene_id="S", start_frame=start, end_frame=start + length)
    positions, step = sample_positions(scene, count, rate), step_of(length, count, rate)
    assert positions == tuple(sorted(set(positions)))
    assert all(start <= position < start + length for position in positions)
    assert start not in positions or length == 1
    if length > 2 * count * finest_step(rate) + 2 * finest_step(rate):
        assert len(positions) == count
        for share, position in enumerate(positions):
            assert abs(position - start - (2 * share + 1) * length / (2 * count)) <= step / 2 + 1


@given(length=st.integers(1, 10**5), count=st.integers(1, 16), rate=st.sampled_from(RATES))
def test_a_wider_grid_lies_on_every_narrower_one(length: int, count: int, rate: Fraction) -> None:
    wide, narrow = step_of(length + 1, count, rate), step_of(length, count, rate)
    assert wide % narrow == 0
    assert narrow % finest_step(rate) == 0


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(60)], ids=str)
def test_few_pictures_are_held_however_long_a_scene_is(tmp_path: Path, rate: Fraction) -> None:
    film = films.paint_film(tmp_path / "film.mp4", montage(rate, 2, 20, 2), rate=rate)
    most = 0

    def watched(done: int, _: int) -> None:
        nonlocal most
        if done % 50 == 0:
            most = max(most, sum(isinstance(thing, Picture) for thing in gc.get_objects()))

    assert len(list(FirstPass(probe_video(film), progress=watched))) == 3
    assert 0 < most <= 30


def test_what_one_pass_found_the_next_recalls_without_opening_the_film(tmp_path: Path) -> None:
    film = films.make_film(tmp_path / "film.mp4", shots=[40, 35, 50])
    footage, folder = probe_video(film), tmp_path / "store"
    first = tuple(recall.scene_pass(footage, SceneStore(folder), per_scene=3))
    film.unlink()
    again = recall.scene_pass(footage, SceneStore(folder), per_scene=3)
    assert isinstance(again, LaterPass)
    assert tuple(again) == first


def test_a_pass_that_was_broken_off_keeps_no_scenes(tmp_path: Path, footage: Footage) -> None:
    store = SceneStore(tmp_path)
    next(iter(recall.scene_pass(footage, store, per_scene=3)))
    assert isinstance(recall.scene_pass(footage, store, per_scene=3), FirstPass)


def test_a_pass_tells_how_far_it_is(footage: Footage) -> None:
    told: list[tuple[int, int]] = []
    list(FirstPass(footage, progress=lambda done, total: told.append((done, total))))
    assert told[-1] == (200, 200)


def test_what_is_made_ahead_is_made_a_few_items_ahead() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number

    for number in ahead(items(), most=4):
        assert len(made) - number <= 4 + 2
    assert made == list(range(50))


def test_what_ends_the_making_is_raised_where_it_is_taken() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise KeyboardInterrupt

    taken = ahead(items(), most=4)
    assert next(taken) == 1
    with pytest.raises(KeyboardInterrupt):
        next(taken)


def test_the_making_ends_when_nobody_takes_any_more() -> None:
    closed: list[bool] = []

    def items() -> Iterator[int]:
        try:
            yield from itertools.count()
        finally:
            closed.append(True)

    taken = ahead(items(), most=2)
    next(taken)
    taken.close()
    while not closed:  # the thread sees it within a tenth of a second
        pass
