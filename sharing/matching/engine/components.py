"""What the facts of some pairs say: one small formula for each component, each between 0 and 1 but where said."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sharing.matching.engine.facts import AMOUNT, NO_MEASURE, RATE, Side

Column = NDArray[np.float64]
Places = NDArray[np.intp]
Noes = Mapping[tuple[frozenset[int], int], int]  # how many, by (both owners, category) in the codes of the sides

HALFWAY_KM = 30.0  # where nearness has fallen to 1/e
REMOTE_NEARNESS, UNKNOWN_NEARNESS = 0.5, 0.5
STRONG_WINDOW = 0.75  # share of the requested time that a strong pair covers
FRESH_DAYS = 180.0  # after half a year without a change, freshness has fallen to 1/e


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What can be measured of some pairs; every array has the shape (pairs,)."""

    quantity: Column  # share of the requested quantity, at most 1; NaN where the two cannot be compared
    offered: Column  # in the request's measure (hours a week, hours, pieces …); NaN likewise
    days: NDArray[np.int64]  # common days
    requested_days: NDArray[np.int64]
    window: Column  # share of the requested days
    km: Column  # NaN where unknown

    @property
    def partial(self) -> NDArray[np.bool_]:
        """Covers less than the whole requested quantity, or less than three quarters of the requested time."""
        return np.asarray((self.quantity < 1) | (self.window < STRONG_WINDOW))


def terms_of(requests: Side, offers: Side, r: Places, o: Places, *, km: Column) -> Terms:
    """The terms of the pairs (r[i], o[i]), whose distances are given."""
    first = np.maximum(requests.first_day[r], offers.first_day[o])
    days = np.minimum(requests.last_day[r], offers.last_day[o]) - first + 1
    requested_days = requests.last_day[r] - requests.first_day[r] + 1
    offered = _offered(requests.kind[r], offers.kind[o], offers.measure[o], days / 7)
    return Terms(
        quantity=_share(offered, requests.measure[r]),
        offered=offered,
        days=days,
        requested_days=requested_days,
        window=days / requested_days,
        km=km,
    )


def fact_components(requests: Side, offers: Side, r: Places, o: Places, terms: Terms) -> dict[str, Column]:
    """Each component in [0, 1].

    category      1 if the same, else 0: what a clerk ticked informs and does not gate; `resource` likewise
    measure       1 if the quantities are of one kind (hours a week, days, pieces …)
    quantity      min(1, offered / requested); 0 where it cannot be compared
    no_quantity   1 where it cannot be compared
    window        common days / requested days
    nearness      exp(-km / 30), at least .5 where both work remotely, .5 where a place is unknown
    language      1 if both write in one language
    size          1 - |log10 of the populations' ratio| / 2, at least 0; 1 where one is unknown: Augenhöhe
    level         1 if the offered knowledge is at least what is asked for, or nobody said
    terms         1 if both name a common consideration, .5 if one leaves it open, else 0
    freshness     exp(-days between the last changes of the two / 180), 1 where unknown: what is said at one time is
                  answered soonest. (Not the age on the day of matching: it would change every score every night.)
    declined      1 - .5 ** (earlier answers "something else" between the two organisations in this field)
    """
    both_remote = requests.remote[r] & offers.remote[o]
    return {
        "category": (requests.category[r] == offers.category[o]).astype(float),
        "resource": (requests.resource[r] == offers.resource[o]).astype(float),
        "measure": (requests.kind[r] == offers.kind[o]).astype(float),
        "quantity": np.nan_to_num(terms.quantity, nan=0.0),
        "no_quantity": np.isnan(terms.quantity).astype(float),
        "window": terms.window,
        "nearness": _nearness(terms.km, both_remote),
        "language": (requests.language[r] == offers.language[o]).astype(float),
        "size": _size(requests.population[r], offers.population[o]),
        "level": _level(requests.level[r], offers.level[o]),
        "terms": _considerations(requests.terms[r], offers.terms[o]),
        "freshness": _freshness(requests.changed[r], offers.changed[o]),
    }


def declined(requests: Side, offers: Side, r: Places, o: Places, noes: Noes) -> Column:
    """Earlier noes between two organisations in one field; `noes` says how many.

    Reasons that say “something else” weigh on like pairs only: the same two towns, the category of the request.
    """
    one, other, category = requests.owner[r], offers.owner[o], requests.category[r]
    owners = sorted({owner for both, _ in noes for owner in both})
    counts = np.zeros(len(r))
    for pair in np.flatnonzero(np.isin(one, owners) & np.isin(other, owners)):
        counts[pair] = noes.get((frozenset((int(one[pair]), int(other[pair]))), int(category[pair])), 0)
    return np.asarray(1 - 0.5**counts)


def _offered(wanted: NDArray[np.int64], kind: NDArray[np.int64], measure: Column, weeks: Column) -> Column:
    """The offered quantity in the request's measure: hours a week times common weeks are hours, and back."""
    offered = np.where((wanted == kind) & (kind != NO_MEASURE), measure, np.nan)
    offered = np.where((wanted == AMOUNT) & (kind == RATE), measure * weeks, offered)
    return np.where((wanted == RATE) & (kind == AMOUNT), measure / weeks, offered)


def _share(offered: Column, requested: Column) -> Column:
    """At most 1; rounded, so that half a post is exactly 19.5 hours whatever floats make of it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.round(np.minimum(1.0, offered / requested), 6))


def _nearness(km: Column, both_remote: NDArray[np.bool_]) -> Column:
    near = np.where(np.isnan(km), UNKNOWN_NEARNESS, np.exp(-km / HALFWAY_KM))
    return np.where(both_remote, np.maximum(near, REMOTE_NEARNESS), near)


def _freshness(one: Column, other: Column) -> Column:
    """Days; NaN where unknown."""
    return np.nan_to_num(np.exp(-np.abs(one - other) / FRESH_DAYS), nan=1.0)


def _size(one: Column, other: Column) -> Column:
    """NaN where a population is unknown."""
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.abs(np.log10(one / other))
    return np.where(np.isfinite(apart), np.maximum(0.0, 1 - apart / 2), 1.0)


def _level(asked: NDArray[np.int64], given: NDArray[np.int64]) -> Column:
    """Levels count up from 1; 0 where nobody said."""
    return np.asarray((asked == 0) | (given == 0) | (given >= asked), float)


def _considerations(one: NDArray[np.int64], other: NDArray[np.int64]) -> Column:
    """Each consideration is a bit."""
    return np.where((one & other) != 0, 1.0, np.where((one == 0) | (other == 0), 0.5, 0.0))
