"""How good an open pair is: a weighted sum of six terms, each between 0 and 1."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sharing.matching.engine.facts import AMOUNT, NO_MEASURE, RATE, Side

Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """All that can be tuned, in one place. The six weights add up to 1, so a score is between 0 and 1.

    Chosen by hand on both labelled regions, not fitted: two regions are too few for that. Texts without anything in
    common never reach `notify`, however well the rest fits.
    """

    text: float = 0.50
    category: float = 0.20
    resource: float = 0.10
    quantity: float = 0.10
    window: float = 0.05
    distance: float = 0.05
    halfway_km: float = 30.0  # where nearness has fallen to 1/e
    remote_nearness: float = 0.5  # at least, where both work remotely
    unknown_nearness: float = 0.5
    unknown_quantity: float = 0.75
    suggest: float = 0.35
    notify: float = 0.55
    strong_window: float = 0.75  # share of the requested time that a strong pair covers
    most_per_listing: int = 10


DEFAULT = Weights()


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What is known of some pairs; every array has the shape (pairs,). Shares and terms lie in [0, 1]."""

    text: Column  # square root of the cosine: it spreads the low values where true pairs in other words lie
    category: Column
    resource: Column
    quantity: Column  # share of the requested quantity; NaN where the two cannot be compared
    offered: Column  # in the request's measure (hours a week, hours, pieces …); NaN likewise
    days: NDArray[np.int64]  # common days
    requested_days: NDArray[np.int64]
    window: Column  # share of the requested days
    km: Column
    nearness: Column


def terms_of(
    requests: Side,
    offers: Side,
    r: NDArray[np.intp],
    o: NDArray[np.intp],
    *,
    km: Column,
    cosine: Column,
    weights: Weights,
) -> Terms:
    """The terms of the pairs (r[i], o[i]), whose distances and cosines are given."""
    days = (
        np.minimum(requests.last_day[r], offers.last_day[o])
        - np.maximum(requests.first_day[r], offers.first_day[o])
        + 1
    )
    requested_days = requests.last_day[r] - requests.first_day[r] + 1
    offered = _offered(requests.kind[r], offers.kind[o], offers.measure[o], days / 7)
    return Terms(
        text=np.sqrt(cosine),
        category=(requests.category[r] == offers.category[o]).astype(float),
        resource=(requests.resource[r] == offers.resource[o]).astype(float),
        quantity=_share(offered, requests.measure[r]),
        offered=offered,
        days=days,
        requested_days=requested_days,
        window=days / requested_days,
        km=km,
        nearness=_nearness(km, requests.remote[r] & offers.remote[o], weights),
    )


def contributions(terms: Terms, weights: Weights) -> NDArray[np.float64]:
    """(6, pairs): what text, category, resource, quantity, window and distance add to the score, in that order."""
    quantity = np.where(np.isnan(terms.quantity), weights.unknown_quantity, terms.quantity)
    return np.stack(
        [
            weights.text * terms.text,
            weights.category * terms.category,
            weights.resource * terms.resource,
            weights.quantity * quantity,
            weights.window * terms.window,
            weights.distance * terms.nearness,
        ]
    )


def partial(terms: Terms, weights: Weights) -> NDArray[np.bool_]:
    """Covers less than the whole requested quantity, or less than three quarters of the requested time."""
    return np.asarray((terms.quantity < 1) | (terms.window < weights.strong_window))


def _offered(wanted: NDArray[np.int64], kind: NDArray[np.int64], measure: Column, weeks: Column) -> Column:
    """The offered quantity in the request's measure: hours a week times common weeks are hours, and back."""
    offered = np.where((wanted == kind) & (kind != NO_MEASURE), measure, np.nan)
    offered = np.where((wanted == AMOUNT) & (kind == RATE), measure * weeks, offered)
    return np.where((wanted == RATE) & (kind == AMOUNT), measure / weeks, offered)


def _share(offered: Column, requested: Column) -> Column:
    """At most 1; rounded, so that half a post is exactly 19.5 hours whatever floats make of it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.round(np.minimum(1.0, offered / requested), 6))


def _nearness(km: Column, both_remote: NDArray[np.bool_], weights: Weights) -> Column:
    near = np.where(np.isnan(km), weights.unknown_nearness, np.exp(-km / weights.halfway_km))
    return np.where(both_remote, np.maximum(near, weights.remote_nearness), near)
