"""Which pairs are kept: plain bookkeeping over ids, so that matching what changed comes to what matching all would."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sharing.matching.engine.match import MOST_OF_ONE_OWNER, Pairs, best_of_both, first, uncrowded
from sharing.matching.engine.score import Weights, probabilities


@dataclass(frozen=True, slots=True)
class Row:
    """One pair with what decides whether it is kept."""

    request: str
    offer: str
    own: float
    asker: str  # owner of the request
    giver: str  # owner of the offer

    @property
    def pair(self) -> tuple[str, str]:
        return self.request, self.offer


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """What a matching came to. `touched` are the listings whose pairs may differ from before."""

    rows: tuple[Row, ...]  # all kept pairs of the touched listings
    chances: NDArray[np.float64]  # (rows,)
    shown: NDArray[np.bool_]  # (rows,): likely enough, and no crowd of one owner
    touched: frozenset[str]
    again: frozenset[str]  # listings that must be matched anew before this can be stored


def settle(before: Sequence[Row], found: Sequence[Row], weights: Weights, *, changed: Collection[str]) -> Settled:
    """Puts what was found for the `changed` listings in the place of what was kept for them.

    `before` holds every kept pair of the changed listings, of their old and new partners, and of the partners of those:
    the circle within which somebody's best can change. `changed` are the listings that really did.

    1. All pairs of changed listings are replaced by those found.
    2. Of each listing the best are kept, as in `match.best_of_both`.
    3. Who lost a pair with a changed listing, or saw it worsen, and had as many as are kept, may have room for a pair
       that was not stored: `again` names them.
    4. Probabilities of the kept pairs of everybody touched.
    """
    changed = frozenset(changed)
    old = [row for row in before if changed.isdisjoint(row.pair)]
    now = {row.pair: row.own for row in (*old, *found)}
    gone = {row.pair for row in before if now.get(row.pair, -np.inf) < row.own}
    rows = sorted((*old, *found), key=lambda row: row.pair)
    kept = [rows[place] for place in _best(rows, weights.most_per_listing)]
    touched = changed.union(*(row.pair for row in (*before, *found) if not changed.isdisjoint(row.pair)))
    pairs, asker, giver = _owned(kept)
    chances = probabilities(pairs.own, pairs.r, pairs.o, weights)
    shown = (chances >= weights.suggest) & uncrowded(pairs, asker, giver)
    mine = [place for place, row in enumerate(kept) if not touched.isdisjoint(row.pair)]
    again = _short_of(before, gone, weights.most_per_listing) - changed
    return Settled(tuple(kept[place] for place in mine), chances[mine], shown[mine], touched, frozenset(again))


def entering(
    found: Sequence[Row], bars: Mapping[str, float], weights: Weights, *, changed: Collection[str]
) -> list[Row]:
    """What of that found for the `changed` listings may be kept: nothing else needs to be settled.

    `bars` say how good a pair must be to be among the best of an unchanged listing; who is not there has room.
    """
    pairs, asker, giver = _owned(found)
    enters = np.zeros(len(found), bool)
    for names, mine, theirs, owner in (
        ([row.request for row in found], pairs.r, pairs.o, giver),
        ([row.offer for row in found], pairs.o, pairs.r, asker),
    ):
        here = np.array([name in changed for name in names], bool)
        best = first(pairs.pick(here), mine[here], theirs[here], owner[theirs[here]], weights.most_per_listing)
        enters[best.km.astype(int)] = True
        enters |= ~here & (pairs.own >= np.array([bars.get(name, -np.inf) for name in names]))
    return [row for row, kept in zip(found, enters.tolist(), strict=True) if kept]


def _best(rows: Sequence[Row], most: int) -> list[int]:
    pairs, asker, giver = _owned(rows)
    return sorted(best_of_both([pairs], asker, giver, most).km.astype(int).tolist())


def _owned(rows: Sequence[Row]) -> tuple[Pairs, NDArray[np.int64], NDArray[np.int64]]:
    """Rows as pairs, whose `km` carries their place through, and the owners of their requests and offers."""
    own, r, o = _columns(rows)
    owners = {name: code for code, name in enumerate(sorted({n for row in rows for n in (row.asker, row.giver)}))}
    asker, giver = np.zeros(_size(r), np.int64), np.zeros(_size(o), np.int64)
    for place, row in enumerate(rows):
        asker[r[place]], giver[o[place]] = owners[row.asker], owners[row.giver]
    return Pairs(r, o, np.arange(len(rows), dtype=float), own), asker, giver


def _columns(rows: Sequence[Row]) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp]]:
    """own, place of the request, place of the offer; places by id."""
    requests = {name: place for place, name in enumerate(sorted({row.request for row in rows}))}
    offers = {name: place for place, name in enumerate(sorted({row.offer for row in rows}))}
    return (
        np.array([row.own for row in rows], float),
        np.array([requests[row.request] for row in rows], np.intp),
        np.array([offers[row.offer] for row in rows], np.intp),
    )


def _short_of(before: Sequence[Row], gone: Collection[tuple[str, str]], most: int) -> set[str]:
    """Listings that lost a pair and whose list was full, as a whole or with one owner."""
    losers = {name for pair in gone for name in pair}
    partners: dict[str, list[str]] = {name: [] for name in losers}
    for row in before:
        if row.request in losers:
            partners[row.request].append(row.giver)
        if row.offer in losers:
            partners[row.offer].append(row.asker)
    return {
        name
        for name, owners in partners.items()
        if len(owners) >= most or any(owners.count(owner) >= MOST_OF_ONE_OWNER for owner in set(owners))
    }


def _size(places: NDArray[np.intp]) -> int:
    return int(places.max()) + 1 if len(places) else 0
