"""Rank correlation: do two marks put the same things in the same order, whatever their scales are?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from autocut_director.tools.comparison.document import Measured

_LEAST = 3  # two of anything are always in order


def spearman(one: Sequence[float], other: Sequence[float]) -> Measured:
    """Return Spearman's rho (Spearman 1904), -1 to 1: Pearson's correlation of the ranks, equal values sharing theirs.

    `one` and `other` are of the same length. No value for fewer than three pairs, or where all of one are equal.
    """
    ranks = _ranks(one), _ranks(other)
    if len(one) < _LEAST or any(np.ptp(each) == 0 for each in ranks):
        return Measured(n=len(one))
    return Measured(value=round(float(np.corrcoef(*ranks)[0, 1]), 3), n=len(one))


def _ranks(values: Sequence[float]) -> NDArray[np.float64]:
    """Return the rank of each, from 1; equal ones have the mean of theirs."""
    _, place, counts = np.unique(np.asarray(values, float), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place], float)
