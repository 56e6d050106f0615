"""The compiled gates: which rows of one side are open to a row of the other.

Why Numba, here and in `kernel` only: beside the product of a pair (8 to 13 ns) gates and score take 4 here and 40 in
NumPy, which walks through memory once for each of them, while one loop looks at most pairs not at all. Without
`fastmath`: sums keep their order, so every machine and every block gives the same bytes. Numba looks at one file only:
empty `__pycache__` after changing a constant that comes from another module.
"""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sharing.matching.engine.gates import EARTH_RADIUS_KM
from sharing.matching.engine.index import ALL, NAMED, STATE, Integers, Records, Vectors

Record = Any  # one row; Numba sees a pointer to it
Pair = tuple[Record, Record]  # who asks, and of the other side
Columns = tuple[Records, Vectors, Integers]  # rows, their vectors, and the owners that NAMED rows name

MILLIMETRE = 1e-6  # in km
# Compiled once per machine where there is room for what comes out, else once per process.
KEPT = "NUMBA_CACHE_DIR" in os.environ or os.access(Path(__file__).parent, os.W_OK)

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Other threads run meanwhile; no check for a zero divisor, which would be a branch."""
    return cast("Function", njit(cache=KEPT, nogil=True, error_model="numpy")(function))


@compiled
def _sees(viewer: Record, shown: Record, named: Integers) -> bool:
    """May the owner of the one see the other? In the loop, since nearly all rows are for everybody."""
    if shown.visibility == NAMED:
        return bool((named[shown.named_from : shown.named_to] == viewer.owner).any())
    if shown.visibility == STATE:
        return bool(viewer.state == shown.state)
    return bool(shown.visibility == ALL or viewer.district == shown.district)


@compiled
def _may_meet(pair: Pair, a_named: Integers, g_named: Integers) -> bool:
    """All gates but the radius, the cheapest first; sale and what has no reach at all is `mode` 0."""
    a, g = pair
    if a.mode & g.mode == 0 or a.acting == g.acting or a.first > g.last or a.last < g.first:
        return False
    return _sees(a, g, g_named) and _sees(g, a, a_named)


@compiled
def km_of(pair: Pair) -> float:
    """Great circle from the chord: differences of float64 unit vectors are exact to a micrometre. NaN if unknown."""
    a, g = pair
    square = (a.x - g.x) ** 2 + (a.y - g.y) ** 2 + (a.z - g.z) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(square) / 2)) if square >= 0 else math.nan


@compiled
def _within(pair: Pair, km: float) -> bool:
    """Each goes as far as the other one is; NaN, an unknown place, only passes where neither has a limit."""
    reach = min(pair[0].radius, pair[1].radius)
    return math.isinf(reach) or km <= reach


@compiled
def is_open(pair: Pair, a_named: Integers, g_named: Integers, spare_km: float) -> bool:
    return _may_meet(pair, a_named, g_named) and _within(pair, km_of(pair) - spare_km)


@compiled
def admitted(asked: Columns, given: Columns, rows: Integers) -> int:
    """How many of `rows` every gate leaves open to one listing; their numbers move to the front.

    A millimetre in the pair's favour: `gates.within_reach`, which measures in another way, has the last word.
    """
    count = 0
    for row in rows:
        pair = asked[0][0], given[0][row]
        if is_open(pair, asked[2], given[2], MILLIMETRE):
            rows[count] = row
            count += 1
    return count


@compiled
def reachable(rows: Records, alive: NDArray[np.bool_], tiles: Records, circle: Record, found: Integers) -> int:
    """How many rows of these tiles could meet anybody in a circle; `found` gets their numbers, tile by tile.

    A superset: the chord is never longer than the way over ground. In a loop, since it ends at the first "no".
    """
    count = 0
    for t in range(len(tiles)):
        for row in range(tiles[t].start, tiles[t].stop):
            g = rows[row]
            if alive[row] and g.mode & circle.mode:
                reach = min(g.radius, circle.reach)
                chord = math.sqrt((g.x - circle.x) ** 2 + (g.y - circle.y) ** 2 + (g.z - circle.z) ** 2)
                if math.isinf(reach) or EARTH_RADIUS_KM * chord <= circle.spread + reach + 1e-6:
                    found[count] = row
                    count += 1
    return count
