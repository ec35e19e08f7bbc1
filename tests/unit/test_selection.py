"""Which scenes are looked at: they cover the film, in time and in what is to be seen; twins share a description."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
import pytest

from autocut_director.tools.frames import Frame, SceneFrames, to_jpeg
from autocut_director.tools.selection import choice_of, select, spread
from autocut_director.tools.timeline import Scene


def picture(hue: int, *, spot: int | None = None, light: int = 0) -> bytes:
    """A coloured picture with a gradient; `spot`: where a white square lies; `light`: how much brighter it is."""
    image = np.zeros((112, 192, 3), np.uint8)
    image[..., 0] = hue
    image[..., 1] = 200
    image[..., 2] = np.linspace(80, 160, 192).astype(np.uint8) + light
    image = cv2.cvtColor(image, cv2.COLOR_HSV2BGR)
    if spot is not None:
        cv2.rectangle(image, (spot, 30), (spot + 40, 80), (255, 255, 255), -1)
    return to_jpeg(image.astype(np.uint8))


def shots(*pictures: Sequence[bytes], lengths: Sequence[int] = ()) -> list[SceneFrames]:
    """Touching scenes of 25 frames (or `lengths`), each with its stills."""
    found, start = [], 0
    for number, stills in enumerate(pictures):
        length = lengths[number] if lengths else 25
        scene = Scene(scene_id=f"S{number + 1:04}", start_frame=start, end_frame=start + length)
        frames = tuple(Frame(scene.scene_id, start + n, jpeg, 192, 112, None) for n, jpeg in enumerate(stills))
        found.append(SceneFrames(scene, frames))
        start += length
    return found


def ids(chosen: Sequence[SceneFrames]) -> list[str]:
    return [shot.scene.scene_id for shot in chosen]


HUES = [shots([picture(hue)])[0].frames[0].jpeg for hue in range(0, 180, 9)]


@pytest.mark.parametrize("limit", [0, 5, 99])
def test_when_all_may_be_looked_at_all_are_and_nobody_shares(limit: int) -> None:
    same = shots(*[[HUES[0]]] * 5)
    selection = select(same, limit)
    assert (list(selection.chosen), selection.same_as) == (same, {})


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 12])
def test_the_chosen_cover_the_films_time(limit: int) -> None:
    different = shots(*[[hue] for hue in HUES])
    chosen = select(different, limit).chosen
    assert len(chosen) == limit
    assert ids(chosen) == sorted(ids(chosen))
    if limit > 1:
        share = 500 / limit
        assert chosen[0].scene.start_frame < share
        assert chosen[-1].scene.end_frame > 500 - share


def test_never_the_first_ones_only() -> None:
    many = shots(*[[HUES[n % 20], picture(9 * (n % 20), spot=n)] for n in range(100)])
    chosen = select(many, 10).chosen
    assert len(chosen) == 10
    assert sum(shot.scene.start_frame >= 1250 for shot in chosen) >= 4


def test_near_duplicates_share_the_description_of_the_one_that_was_chosen() -> None:
    """An interview cut between two cameras: each camera is looked at once."""
    a, b = [picture(10, spot=20), picture(10, spot=22)], [picture(100, spot=100), picture(100, spot=101)]
    film = shots(a, b, a, b, a, b, lengths=[20, 30, 60, 25, 30, 70])
    selection = select(film, 4)
    assert ids(selection.chosen) == ["S0002", "S0003"]
    assert selection.same_as == {"S0001": "S0003", "S0005": "S0003", "S0004": "S0002", "S0006": "S0002"}


def test_the_first_are_chosen_before_the_last_are_known() -> None:
    film = shots(*[[hue] for hue in HUES])  # of 500 frames
    choice = choice_of(4, 0, 500)
    seen = [len(choice.see(shot)) for shot in film]
    assert [number for number, chosen in enumerate(seen) if chosen] == [5, 10, 15]
    assert len(choice.finish()) == 1


def test_a_little_light_and_the_noise_of_jpeg_make_no_difference() -> None:
    film = shots([picture(10)], [picture(10, light=2)], [picture(100)])
    assert select(film, 2).same_as == {"S0002": "S0001"}


@pytest.mark.parametrize(
    "other",
    [[picture(10, spot=120)], [picture(10)], [picture(10, light=60)], [picture(24, spot=20)]],
    ids=["the subject is elsewhere", "there is no subject", "other light", "another colour"],
)
def test_what_looks_different_is_looked_at(other: list[bytes]) -> None:
    film = shots([picture(10, spot=20)], other, [picture(10, spot=20)])
    selection = select(film, 2)
    assert (ids(selection.chosen), selection.same_as) == (["S0001", "S0002"], {"S0003": "S0001"})


def title(words: str) -> bytes:
    image = np.full((288, 512, 3), 250, np.uint8)
    cv2.putText(image, words, (40, 150), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (180, 120, 0), 3, cv2.LINE_AA)
    return to_jpeg(image)


def test_titles_that_say_other_words_are_no_twins() -> None:
    cards = [title(words) for words in ("THREE RODENTS", "AND ONE GIANT", "COMING SOON")]
    assert select(shots(*[[card] for card in cards], [HUES[0]]), 3).same_as == {}
    assert select(shots([cards[0]], [cards[0]], [cards[1]]), 2).same_as == {"S0002": "S0001"}


def test_scenes_that_change_within_are_twins_only_when_all_of_it_is_there() -> None:
    both, one = [picture(10), picture(100)], [picture(10), picture(10)]
    assert select(shots(both, one, [picture(60)]), 2).same_as == {}
    assert select(shots(both, [*reversed(both)], [picture(60)]), 2).same_as == {"S0002": "S0001"}


def test_within_a_share_of_time_the_least_like_the_others_is_chosen() -> None:
    film = shots([HUES[0]], [HUES[1]], [picture(3, spot=5)], [HUES[10]], lengths=[50, 40, 30, 30])
    assert ids(select(film, 2).chosen) == ["S0001", "S0004"]


def test_a_still_that_cannot_be_decoded_is_like_nothing() -> None:
    film = shots([b"no picture"], [b"neither"], [HUES[0]])
    selection = select(film, 2)
    assert len(selection.chosen) == 2
    assert selection.same_as == {}


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 10, 64, 100])
def test_every_beginning_of_the_spread_order_covers_the_film(count: int) -> None:
    order = spread(range(count))
    assert sorted(order) == list(range(count))
    for end in range(1, count + 1):
        places = sorted(order[:end])
        gaps = [b - a for a, b in pairwise([*places, count])]
        assert places[0] == 0
        assert max(gaps) <= 4 * count / end
