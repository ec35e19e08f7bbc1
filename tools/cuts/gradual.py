"""What takes longer than a cut: fades through a blank picture, and dissolves.

A fade leaves nothing to see for a moment, be it black, white or grey; the next scene begins where there is something to
see again. A blank of less than a quarter of a second within one shot is a blink.

In a dissolve every picture is a mixture of its two ends, less and less of the one, more and more of the other (the
production model of Hampapur, Jain and Weymouth 1995). Weights by least squares, on patterns, which know no brightness.
In a pan the middle is no mixture of the ends; in a still shot, and in one that gets lighter or darker, the ends are not
strange to one another.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autocut_director.tools.cuts.hard import NOISE
from autocut_director.tools.cuts.looks import Look, change, strangeness
from autocut_director.tools.cuts.window import Window

_UNEXPLAINED = 0.5  # share of the ends' difference that may be left: what moves is in neither end
_STRANGE_PATTERNS = (
    0.6  # share of the contrast; measured: 0.63 and more across dissolves, less in half a second of motion
)
_MARCH = 0.1  # weight that one end loses, and the other wins, in each quarter of a second; at least 0.25 when still
_BETWEEN = 1.25  # times the middle's change from either end must lie between them; 2 in a still dissolve
_LEAST = 0.2  # weight of either end in the middle: what has less of one is the other

Pattern = NDArray[np.float32]
"""Of `Look.pattern`."""


@dataclass(frozen=True)
class Mixture:
    """How much of two ends a picture is made of; and what they do not explain of it, as a share of their difference."""

    first: float
    second: float
    unexplained: float


def mixture(picture: Pattern, first: Pattern, second: Pattern) -> Mixture:
    """Return the weights of `first` and `second` that come nearest to `picture`: least squares, two unknowns."""
    ends = np.stack([first.ravel(), second.ravel()])
    products = ends @ ends.T + np.eye(2) * picture.size  # a level of noise a point: ends may be blank, or alike
    weights = np.linalg.solve(products, ends @ picture.ravel())
    left = float(np.linalg.norm(picture.ravel() - weights @ ends))
    apart = float(np.linalg.norm(ends[0] - ends[1]))
    return Mixture(float(weights[0]), float(weights[1]), left / max(1.0, apart))


def is_dissolve(window: Window, frame: int, *, reach: int) -> bool:
    """Tell whether `frame` is the middle of a dissolve, by the pictures up to `reach` frames before and after it."""
    ends, look = (window[frame - reach], window[frame + reach]), window[frame]
    if change(*ends) < max(NOISE, *(_BETWEEN * change(look, end) for end in ends)):
        return False
    first, second = (end.pattern for end in ends)
    middle = mixture(look.pattern, first, second)
    if not _LEAST <= middle.first <= middle.second <= 1 - _LEAST or middle.unexplained > _UNEXPLAINED:
        return False
    half = reach // 2
    early, late = (mixture(window[frame + step].pattern, first, second) for step in (-half, half))
    marches = (early.first - middle.first, middle.first - late.first)
    arrives = (middle.second - early.second, late.second - middle.second)
    if min(*marches, *arrives) < _MARCH or max(early.unexplained, late.unexplained) > _UNEXPLAINED:
        return False
    return strange_patterns(*ends)


def strange_patterns(one: Look, other: Look) -> bool:
    """Tell whether two looks show different things, however bright and however faded either of them is."""
    one_pattern, other_pattern = (_of_one_size(look.pattern) for look in (one, other))
    return strangeness(one_pattern, other_pattern) >= _STRANGE_PATTERNS


def _of_one_size(pattern: Pattern) -> Pattern:
    """Scale a pattern to a contrast of 1; one that is next to blank stays so."""
    return pattern / np.float32(max(1.0, np.sqrt(3 * np.square(pattern).mean())))
