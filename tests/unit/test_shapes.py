"""The size of a film in each shape, and a window's way as ffmpeg reads it."""

from fractions import Fraction

import pytest

from autocut_director.errors import DocumentError
from autocut_director.tools.film.shapes import Window, cut_axis, film_size, fitted, position

HD, TALL, PAL = (1920, 1080), (1080, 1920), (720, 576)


@pytest.mark.parametrize(
    ("source", "aspect", "fit", "size"),
    [
        (HD, "source", "crop", HD),
        (HD, "16:9", "crop", HD),
        (HD, "9:16", "crop", (608, 1080)),
        (HD, "1:1", "crop", (1080, 1080)),
        (TALL, "16:9", "crop", (1080, 608)),
        (PAL, "16:9", "crop", (720, 404)),
        ((848, 480), "16:9", "crop", (848, 476)),
        ((854, 480), "16:9", "crop", (854, 480)),  # 853.3: nobody sees a third of a pixel
        (HD, "9:16", "pad", TALL),
        (HD, "1:1", "pad", (1920, 1920)),
        (TALL, "16:9", "pad", HD),
        ((3840, 2160), "9:16", "crop", (1216, 2160)),
        ((2, 2), "9:16", "crop", (2, 2)),
    ],
)
def test_the_size_of_each_shape(source: tuple[int, int], aspect: str, fit: str, size: tuple[int, int]) -> None:
    made = film_size(source, aspect, fit)
    assert made == size
    assert made[0] % 2 == made[1] % 2 == 0
    if aspect != "source" and min(source) > 100:
        wanted = Fraction(*map(int, aspect.split(":")))
        assert abs(Fraction(*made) / wanted - 1) < Fraction(1, 100)


@pytest.mark.parametrize("aspect", ["", "4", "0:9", "16:00", "16/9", "wide", "-1:2", "99999:1", "1:9999", "１６:９"])
def test_what_is_no_shape_is_refused(aspect: str) -> None:
    with pytest.raises(DocumentError, match=r"target\.aspect is .*; write source, 16:9"):
        film_size(HD, aspect, "crop")


def test_what_a_window_cuts_and_what_bars_surround() -> None:
    assert (cut_axis(HD, (608, 1080)), cut_axis(TALL, (1080, 608)), cut_axis(HD, HD)) == ("x", "y", None)
    assert fitted(HD, TALL) == (1080, 608)
    assert fitted(TALL, HD) == (608, 1080)
    assert fitted(HD, HD) == HD


def test_a_way_stands_before_its_first_and_after_its_last_knot() -> None:
    def clip(value: float, low: float, high: float) -> float:
        return min(max(value, low), high)

    way = ((10, 100.0), (20, 150.0), (40, 150.0), (50, 90.0))
    expression = position(way)
    at = [eval(expression, {"clip": clip, "n": n}) for n in (0, 10, 15, 20, 30, 45, 50, 99)]  # noqa: S307
    assert at == pytest.approx([100, 100, 125, 150, 150, 120, 90, 90], abs=0.05)
    assert Window("x", way, "faces").travel == 110
