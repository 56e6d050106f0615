"""Which listings of the other side are worth a closer look: for each one exactly the k best by a cheap score.

    S = .55 max(0, v_r v_o) + .15 same category + .05 same resource + .10 common days / requested days
      + .10 nearness + .05 quantity                                   for pairs that every gate of `gates` leaves open

`nearness` = exp(-km / 30), at least .5 where both only work remotely, .5 where a place is unknown; `quantity` =
min(1, offered / requested), .75 where the two cannot be compared; window and quantity are relative to the request,
whichever side asks. S is rounded to 1e-4 before it is compared, ties go by place. It depends on the two listings alone:
block sizes, the number of workers and the history of edits change no byte of the answer.

1. Tiles. Rows are ordered by tile: a cell of 50 km, where those without a limit and those that only work remotely have
   tiles of their own, so that a tile has one kind of reach. What can never match waits in a tile that reaches nobody.
2. Reach. A tile's rows lie in a circle; from the other side only tiles, then rows, whose reach touches it go on.
3. Product of their vectors, nearest tiles first: float32, 512 x 2,048 pairs at a time, which stay in the cache.
4. Bound. How much each pair can score at most, eight at a time: text, category, resource and window as they are,
   nearness a little more, the whole quantity, nothing across a gate. Below the k-th best so far a pair is dropped.
5. All gates, the score and the k best, see `kernel`. Where a float32 product could round wrongly it is done in float64.

Time: a product of the pairs in reach and about half as much again. Memory: 12 MB beside the index, which is mapped.
"""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from sharing.matching.engine.index import Flags, Floats, Index, Integers, Part, frozen, kilometres, tiles
from sharing.matching.engine.kernel import UNITS, Best, Six, scan, sift
from sharing.matching.engine.kernel_gates import Columns, admitted, reachable

__all__ = ["DEFAULT", "Index", "RetrievalWeights", "best", "best_of_one", "tiles"]

Found = tuple[Integers, Integers, Floats]
ROWS, OTHERS = 512, 2_048  # one block: 4 MB of products


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalWeights:
    """What each term adds at most; none may be negative, or the bound would not be one. The order is the kernel's."""

    text: float = 0.55
    category: float = 0.15
    resource: float = 0.05
    window: float = 0.10
    distance: float = 0.10
    quantity: float = 0.05

    def __post_init__(self) -> None:
        if min(astuple(self)) < 0:
            raise ValueError("A weight is negative.")


DEFAULT = RetrievalWeights()


def best(
    asked: Index, given: Index, k: int, *, weights: RetrievalWeights = DEFAULT, tiles: Sequence[int] | None = None
) -> Found:
    """The k best partners in `given` of every listing in `asked`: its place, the partner's place, the score.

    Three arrays of one length, by tile of the one that asks, then by its place, then the best first. Either side can
    ask. With `tiles` only theirs ask: the answers for all of `tiles(asked)`, one after the other, are the whole.
    """
    how = _six(weights), _swapped(asked, given, k)
    found = [
        _answers([_best_of_tile(part, given, tile, k, how) for part in asked.parts()])
        for tile in (_all_tiles(asked) if tiles is None else tiles)
    ]
    return _in_one(found)


def best_of_one(row: Index, index: Index, k: int, *, weights: RetrievalWeights = DEFAULT) -> tuple[Integers, Floats]:
    """The places of the k best partners of one listing (an index of its own), and their scores, the best first.

    Gates first, over the rows in reach; only survivors' vectors are read. Time O(rows in reach + survivors x d).
    """
    part = row.base if row.alive.all() and not len(row.delta.rows) else row.compact().base
    if len(part.rows) != 1:
        raise ValueError("One listing, not several or none.")
    how, found = (_six(weights), _swapped(row, index, k)), _nothing(1, k)
    for other, alive in index.parts():
        # Gates first, so that only survivors' vectors are read at all.
        scan(_columns(part), _columns(other), _open_rows(part, other, alive), how, found)
    _, places, scores = _answers([(part.rows["place"], found)])
    return places, scores


def _open_rows(one: Part, other: Part, alive: Flags) -> Integers:
    rows = _in_reach(one.tiles[0], other, alive)
    return rows[: admitted(_columns(one), _columns(other), rows)]


_all_tiles = tiles  # `best` has a parameter of that name


def _swapped(asked: Index, given: Index, k: int) -> bool:
    """Do offers ask?"""
    if asked.direction == given.direction != "":
        raise ValueError(f"Both sides are of direction “{asked.direction}”.")
    if k < 1:
        raise ValueError("k must be at least 1.")
    return asked.direction == "offer" or given.direction == "request"


def _best_of_tile(
    asked: tuple[Part, Flags], given: Index, tile: int, k: int, how: tuple[Six, bool]
) -> tuple[Integers, Best]:
    """(m,) places and their best, for the rows of one part of a tile."""
    part, alive = asked
    at = np.flatnonzero(part.tiles["id"] == tile)
    if not len(at):
        return np.empty(0, np.int64), _nothing(0, k)
    circle = part.tiles[at[0]]
    rows = circle["start"] + np.flatnonzero(alive[circle["start"] : circle["stop"]])
    found = _nothing(len(rows), k)
    for span, ours, theirs in blocks(part, rows, circle, given):
        dots = np.matmul(ours[1], theirs[1].T)
        sift(dots, ours, theirs, how, (found[0][span], found[1][span]))
    return part.rows["place"][rows], found


def blocks(part: Part, rows: Integers, circle: np.void, given: Index) -> Iterator[tuple[slice, Columns, Columns]]:
    """Which of `rows`, their columns, and those of some rows of the other side that could meet them."""
    for other, alive in given.parts():
        reached = _in_reach(circle, other, alive)
        for start in range(0, len(reached), OTHERS):
            others = _columns(other, reached[start : start + OTHERS])
            for first in range(0, len(rows), ROWS):
                span = slice(first, first + ROWS)
                yield span, _columns(part, rows[span]), others


def _in_reach(circle: np.void, other: Part, alive: Flags) -> Integers:
    """The rows of the other side that could meet somebody in the circle.

    The nearest tiles come first, since they raise the k-th best and with it the bound; among those without limits the
    order stays as it is, since a stretch of rows need not be copied.
    """
    table = other.tiles
    away = np.sqrt(sum((table[axis] - circle[axis]) ** 2 for axis in ("x", "y", "z")))
    km = kilometres(away) - circle["spread"] - table["spread"] - 1e-6
    limit = np.minimum(table["reach"], circle["reach"])
    meets = (table["mode"] & circle["mode"] != 0) & (np.isinf(limit) | (km <= limit))
    order = np.argsort(np.where(np.isinf(limit), np.inf, km), kind="stable")
    order = order[meets[order]]
    rows = np.empty((table["stop"] - table["start"])[order].sum(), np.int64)
    return rows[: reachable(other.rows, alive, table[order], circle, rows)]


def _columns(part: Part, rows: Integers | None = None) -> Columns:
    """Of some rows; a stretch of them is not copied."""
    if rows is None:
        return part.rows, part.vectors, part.named
    if (np.diff(rows) == 1).all():
        return part.rows[rows[0] : rows[-1] + 1], part.vectors[rows[0] : rows[-1] + 1], part.named
    return frozen(part.rows[rows]), frozen(part.vectors[rows]), part.named


def _nothing(rows: int, k: int) -> Best:
    return np.full((rows, k), -1, np.int32), np.full((rows, k), np.iinfo(np.int64).max)


def _answers(parts: Sequence[tuple[Integers, Best]]) -> Found:
    """What was found, by place, the best first."""
    places = np.concatenate([part[0] for part in parts])
    units = np.concatenate([part[1][0] for part in parts])
    others = np.concatenate([part[1][1] for part in parts])
    order = np.argsort(places)
    there = units[order] >= 0
    r = np.repeat(places[order], there.sum(axis=1))
    return r, others[order][there], units[order][there] / UNITS


def _in_one(found: Sequence[Found]) -> Found:
    none = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    r, o, score = zip(none, *found, strict=True)
    return np.concatenate(r), np.concatenate(o), np.concatenate(score)


def _six(weights: RetrievalWeights) -> Six:
    return (weights.text, weights.category, weights.resource, weights.window, weights.distance, weights.quantity)
