"""Demand pools: several requests that no offer answers and that together justify one post, machine or purchase."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sharing.matching.engine.gates import distances
from sharing.networks.engine.candidates import Candidates, Members, of
from sharing.networks.engine.region import Region, Row, fits
from sharing.networks.engine.terms import Band, Kind, Rules

Table = NDArray[np.float64]  # (open, open)
MOST_GROWN = 300_000  # sets of one size that are looked at; more only where thousands want the same
CELLS = 20_000_000  # combinations of a set's members with requests that are looked at in one block: 20 MB


def candidates(region: Region, rules: Rules) -> list[Candidates]:
    """Two requests or more of different owners that want the same, within `diameter_km` of each other and for at least
    `common_days`, whose sum lies in the band of their measure.

    Benefit: mean likeness of all pairs x the sum of the members' weights x acceptance ** members.
    """
    found = []
    for kind, band in rules.bands.items():
        open_ = np.flatnonzero(_unanswered(region, rules) & (region.requests.kind == kind))
        for some, kin in _sets(region, rules, open_, band):
            members = open_[some]
            weight = region.weight[members].sum(axis=1)
            found.append(of(Kind.DEMAND_POOL, [members], kin * weight * rules.acceptance ** members.shape[1]))
    return found


def _unanswered(region: Region, rules: Rules) -> NDArray[np.bool_]:
    legs = region.legs
    answered = np.zeros(len(region.requests), bool)
    answered[legs.r[fits(legs.terms) & (legs.alone >= rules.answered)]] = True
    return ~answered


def _sets(region: Region, rules: Rules, open_: NDArray[np.intp], band: Band) -> Iterator[tuple[Members, Row]]:
    """Sets of places in `open_` with their mean likeness, one number of members after the other."""
    like, size = _table(region, rules, open_), region.requests.measure[open_]
    first, last = region.requests.first_day[open_], region.requests.last_day[open_]
    some = np.arange(len(open_), dtype=np.intp)[:, None]
    for _ in range(2, rules.most_members + 1):
        some = _grown(some, like > 0, size, band.most)
        days = last[some].min(axis=1) - first[some].max(axis=1) + 1
        some = some[days >= rules.common_days]
        kin = _mean(like, some)
        total = size[some].sum(axis=1)
        good = (total >= band.least) & (kin >= np.where(band.exact(total), rules.kin_whole, rules.kin))
        yield some[good], kin[good]


def _grown(some: Members, near: NDArray[np.bool_], size: Row, most: float) -> Members:
    """Each set with every later request that is like all of its members and does not make it too large."""
    later, found, count = np.arange(len(near)), [np.empty((0, some.shape[1] + 1), np.intp)], 0
    for part in np.array_split(some, 1 + some.size * len(near) // CELLS):
        fits_all = near[part].all(axis=1) & (later > part[:, -1:])
        fits_all &= size[part].sum(axis=1)[:, None] + size <= most
        rows, added = np.nonzero(fits_all)
        found.append(np.column_stack([part[rows], added]))
        if (count := count + len(rows)) >= MOST_GROWN:
            break
    return np.concatenate(found)[:MOST_GROWN]


def _mean(like: Table, some: Members) -> Row:
    one, other = np.triu_indices(some.shape[1], 1)
    return np.asarray(like[some[:, one], some[:, other]].mean(axis=1)) if len(some) else np.empty(0)


def _table(region: Region, rules: Rules, open_: NDArray[np.intp]) -> Table:
    """Likeness of any two of these requests, 0 where it is too little or they lie too far apart."""
    likes = region.likes
    km = distances(region.requests, region.requests, likes.a, likes.b)
    return likes.table(len(region.requests), open_, (likes.chance >= rules.like) & ~(km > rules.diameter_km))
