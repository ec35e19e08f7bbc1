"""A crop keeps its subject in the window, and moves only where it must. Faces and things are drawn where we know."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import films
import numpy as np
import pytest
from documents import plan_of
from hypothesis import given
from hypothesis import strategies as st

from autocut_director.tools.film.framing import best_move, path_through, straightened, windows
from autocut_director.tools.film.render import make_film
from autocut_director.tools.film.shapes import Window
from autocut_director.tools.film.subjects import faces_in, steady_faces
from autocut_director.tools.pictures import pictures_at, upright, walk
from autocut_director.tools.probe import probe_video

SIZE = (640, 360)
FRAMES = 75
NARROW = (202, 360)


def ground(seed: int = 3) -> np.ndarray:
    """A busy, dull picture: no plain ground, nothing that stands out."""
    noise = np.random.default_rng(seed).integers(70, 110, (18, 32, 3), np.uint8)
    return cv2.resize(noise, SIZE, interpolation=cv2.INTER_CUBIC)


def filmed(path: Path, draw: Callable[[np.ndarray, float], np.ndarray]) -> Path:
    """Film what `draw` makes of the ground at times from 0 to 1."""
    return films.paint_film(path, (draw(ground(), n / (FRAMES - 1)) for n in range(FRAMES)))


def window_of(film: Path, size: tuple[int, int] = NARROW) -> Window:
    footage = probe_video(film)
    clips = plan_of(footage, [(0, footage.duration_frames)]).clips
    (window,) = windows(footage, clips, SIZE, size)
    return window


def at(window: Window, frame: float) -> float:
    return float(np.interp(frame, [n for n, _ in window.path], [x for _, x in window.path]))


def test_a_face_that_stays_is_framed_without_a_move(tmp_path: Path) -> None:
    film = filmed(tmp_path / "still.mp4", lambda image, t: films.face(image, 480 + 12 * np.sin(9 * t), 170, 130))
    window = window_of(film)
    assert (window.by, window.axis, len(window.path)) == ("faces", "x", 1)
    assert at(window, 0) <= 480 - 65
    assert at(window, 0) + NARROW[0] >= 480 + 65


def test_a_face_that_walks_is_followed_evenly_and_never_cut(tmp_path: Path) -> None:
    film = filmed(tmp_path / "walk.mp4", lambda image, t: films.face(image, 90 + 460 * t, 170, 120))
    window = window_of(film)
    assert window.by == "faces"
    ways = [at(window, frame) for frame in range(FRAMES)]
    for frame, left in enumerate(ways):
        middle = 90 + 460 * frame / (FRAMES - 1)
        assert left - 2 <= middle - 46
        assert middle + 46 <= left + NARROW[0] + 2
    steps = np.diff(ways)
    assert steps.min() > -0.5  # it never turns back
    assert window.travel < 460


def test_the_window_that_was_found_is_the_one_that_is_cut(tmp_path: Path) -> None:
    film = filmed(tmp_path / "walk.mp4", lambda image, t: films.face(image, 90 + 460 * t, 170, 120))
    footage = probe_video(film)
    plan = plan_of(footage, [(0, FRAMES)], aspect="9:16")
    made = make_film(plan, tmp_path / "cut.mp4", footage=footage)
    cut = probe_video(made.path)
    assert (cut.width, cut.height) == made.size == NARROW
    sources = [upright(picture, footage, long_edge=999) for picture in walk(footage)]
    for picture in walk(cut):
        image, left = upright(picture, cut, long_edge=999), at(made.windows[0], picture.index)
        off = [np.abs(sources[picture.index][:, x : x + NARROW[0]].astype(int) - image).mean() for x in near(left)]
        assert min(off) < 3
        assert sum(map(bool, [faces_in(image)])) == 1 or picture.index % 5


def near(left: float) -> list[int]:
    middle = round(left)
    return [x for x in range(middle - 2, middle + 3) if 0 <= x <= SIZE[0] - NARROW[0]]


def test_two_faces_that_fit_are_both_shown(tmp_path: Path) -> None:
    def pair(image: np.ndarray, _: float) -> np.ndarray:
        return films.face(films.face(image, 330, 150, 120), 540, 160, 130)

    window = window_of(filmed(tmp_path / "pair.mp4", pair), (360, 360))
    assert window.by == "faces"
    assert at(window, 0) <= 330 - 46
    assert at(window, 0) + 360 >= min(640, 540 + 50)


def test_what_stands_out_is_framed_and_the_window_stands(tmp_path: Path) -> None:
    def thing(image: np.ndarray, t: float) -> np.ndarray:
        return cv2.circle(image, (round(150 + 20 * t), 180), 45, (250, 240, 60), -1)

    window = window_of(filmed(tmp_path / "thing.mp4", thing))
    assert (window.by, len(window.path)) == ("saliency", 1)
    assert at(window, 0) <= 150 - 45
    assert at(window, 0) + NARROW[0] >= 170 + 45


def test_what_crosses_the_picture_is_followed_by_one_even_move(tmp_path: Path) -> None:
    def thing(image: np.ndarray, t: float) -> np.ndarray:
        return cv2.circle(image, (round(70 + 500 * t), 180), 50, (250, 240, 60), -1)

    window = window_of(filmed(tmp_path / "cross.mp4", thing))
    assert (window.by, len(window.path)) == ("saliency", 2)
    for frame in range(5, FRAMES - 5):
        middle = 70 + 500 * frame / (FRAMES - 1)
        assert at(window, frame) - 10 <= middle <= at(window, frame) + NARROW[0] + 10


@pytest.mark.parametrize(("text", "whole"), [("A TITLE THAT IS WIDE", True), ("Hi", False)])
def test_a_title_is_never_cut(tmp_path: Path, text: str, whole: bool) -> None:
    """One that is wider than the window is shown whole, on its own ground, which has no edge to the bars."""

    def title(_: np.ndarray, t: float) -> np.ndarray:
        image = np.full((SIZE[1], SIZE[0], 3), (240, 235, 220), np.uint8)
        place = (60, 180) if whole else (400, 180)
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 1.4, (20, 90, 140), 4, cv2.LINE_AA)
        return (image * (1 - 0.6 * t)).astype(np.uint8)  # it fades, and the bars with it

    film = filmed(tmp_path / "title.mp4", title)
    window = window_of(film)
    assert window.by == "title"
    assert bool(window.path) is not whole
    footage = probe_video(film)
    plan = plan_of(footage, [(0, FRAMES)], aspect="9:16")
    made = make_film(plan, tmp_path / "cut.mp4", footage=footage)
    cut = probe_video(made.path)
    for shown in pictures_at(cut, [2, 40, 70]):
        image = upright(shown.picture, cut, long_edge=999)
        column = image[:, 3].astype(int)
        assert np.ptp(column, axis=0).max() < 8  # from the top to the bottom one ground
        ink = np.flatnonzero((np.abs(image.astype(int) - column[0]).max(axis=2) > 24).any(axis=0))
        assert ink[0] > 2
        assert ink[-1] < image.shape[1] - 3


def test_an_empty_picture_is_cut_in_the_middle(tmp_path: Path) -> None:
    film = films.paint_film(tmp_path / "black.mp4", [np.zeros((SIZE[1], SIZE[0], 3), np.uint8)] * 30)
    assert window_of(film) == Window("x", ((0, (SIZE[0] - NARROW[0]) / 2),), "centre")


def test_a_wide_crop_of_a_tall_picture_moves_up_and_down(tmp_path: Path) -> None:
    film = filmed(tmp_path / "low.mp4", lambda image, _: films.face(image, 320, 270, 100))
    window = window_of(film, (640, 180))
    assert (window.axis, window.by) == ("y", "faces")
    assert at(window, 0) + 180 >= 270 + 46


def test_a_face_seen_once_is_chance() -> None:
    here, there, far = (0.1, 0.1, 0.1, 0.2), (0.13, 0.1, 0.11, 0.2), (0.7, 0.1, 0.1, 0.2)
    assert steady_faces([[here], [there, far], []]) == [[here], [there], []]
    assert steady_faces([[here], [], [here]]) == [[], [], []]
    assert steady_faces([[here, far]]) == [[here, far]]


RANGES = st.lists(
    st.tuples(st.floats(0, 400), st.floats(0, 400)).map(lambda ends: (min(ends), max(ends))), min_size=1, max_size=40
)


@given(RANGES)
def test_the_way_keeps_to_its_bounds_and_stands_where_it_can(ranges: list[tuple[float, float]]) -> None:
    path = path_through(ranges, limit=400, window=200)
    slack = 0.02 * 200
    assert all(low - slack - 1e-6 <= x <= high + slack + 1e-6 for x, (low, high) in zip(path, ranges, strict=True))
    if max(low for low, _ in ranges) <= min(high for _, high in ranges):
        assert len(set(path)) == 1
    shortest = sum(max(0.0, b[0] - a[1], a[0] - b[1]) for a, b in pairwise(ranges))
    straight = max(low for low, _ in ranges) - min(high for _, high in ranges)
    travel = sum(abs(b - a) for a, b in pairwise(path))
    assert travel >= max(0.0, straight) - 3 * slack
    assert travel <= max(shortest, straight, 0) * len(ranges) + slack


def test_straight_parts_of_a_way_need_no_knots() -> None:
    assert straightened([(0, 5.0), (10, 15.0), (20, 25.2), (30, 25.0)]) == ((0, 5.0), (20, 25.2), (30, 25.0))
    assert straightened([(0, 5.0), (10, 5.1), (20, 5.0)]) == ((0, 5.0),)
    assert straightened([(0, 5.0)]) == ((0, 5.0),)


def test_a_move_must_be_worth_it() -> None:
    cells, stills = 64, 9
    here = np.zeros((stills, cells), np.float32)
    here[:, 20:26] = 1
    assert len(set(best_move(here, 0.3))) == 1
    crossing = np.zeros((stills, cells), np.float32)
    for still in range(stills):
        crossing[still, 4 + 6 * still : 10 + 6 * still] = 1
    start, end = best_move(crossing, 0.3)
    assert start < 0.15
    assert end > 0.85
