"""Sets of legs around one listing, of which each has a size and which together must come to something."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]
Row = NDArray[np.float64]

LEAST_SETS, MOST_SETS = 20, 200_000
MOST_AROUND_ONE = 12  # legs of one listing that are combined with each other: the best ones


def around(legs: Places, worth: Row) -> Places:
    """The best legs of one listing, by what they are worth, then by place."""
    return legs[np.lexsort((legs, -worth[legs]))[:MOST_AROUND_ONE]]


def most_sets(centres: int) -> int:
    """Sets of one size that are kept around one listing: all of them, but where thousands of listings have many."""
    return max(LEAST_SETS, MOST_SETS // max(1, centres))


def best_sets(some: Places, worth: Row, most: int) -> Places:
    """The most valuable of these sets, in their order."""
    if len(some) <= most:
        return some
    return np.asarray(some[np.sort(np.argsort(-worth[some].sum(axis=1), kind="stable")[:most])])


def sets(legs: Places, most: int, owner: NDArray[np.int64], size: Row, limit: float) -> Iterator[Places]:
    """Subsets of 2 to `most` of these legs, all of different owners, whose sizes sum to at most `limit`.

    One array (sets, members) for each number of members. `owner` and `size` are those of all legs.
    """
    count, mine, owners = len(legs), size[legs], owner[legs]
    clash = owners[:, None] == owners
    some = np.flatnonzero(mine <= limit)[:, None]
    for _ in range(2, most + 1):
        fits = np.arange(count) > some[:, -1:]
        fits &= ~clash[some].any(axis=1)
        fits &= mine[some].sum(axis=1)[:, None] + mine <= limit
        rows, added = np.nonzero(fits)
        some = np.column_stack([some[rows], added])
        if not len(some):
            return
        yield legs[some]
