"""Capacity pools: one offer serves several requests within its quantity."""

import numpy as np
from numpy.typing import NDArray

from sharing.networks.engine.candidates import Candidates, Members, of
from sharing.networks.engine.pools import around, best_sets, most_sets, sets
from sharing.networks.engine.region import Region, Row, fits
from sharing.networks.engine.terms import Kind, Rules

ROUNDING = 1e-6  # half a post and 19.5 hours are the same, whatever floats make of them


def candidates(region: Region, rules: Rules) -> list[Candidates]:
    """Two requests or more, each served whole and in time, which sum to no more than is offered. Where a pair by itself
    is not sure, another request in the pool that wants the same must speak for it.

    Benefit: sum over the legs of probability (other requests being no rivals) x weight of who gets it x (1 + share of
    the offer that it uses): of two that fit, the one that leaves less idle. No discount for acceptance: if one says no,
    the others still go on.
    """
    legs, needed = region.legs, demands(region)
    used = np.nan_to_num(needed / region.offers.measure[legs.o])
    benefit = legs.among_requests * region.weight[legs.r] * (1 + used)
    takers = region.requests.acting[legs.r]
    good = np.flatnonzero(fits(legs.terms) & (legs.among_requests >= rules.leg) & ~np.isnan(needed))
    found, values, offers = [], [], np.unique(legs.o[good])
    for offer in offers:
        limit, most = region.offers.measure[offer] * (1 + ROUNDING), most_sets(len(offers))
        for some in sets(around(good[legs.o[good] == offer], benefit), rules.most_members, takers, needed, limit):
            spoken = best_sets(some[_spoken_for(region, rules, some)], benefit, most)
            found.append(spoken)
            values.append(benefit[spoken].sum(axis=1))
    return [of(Kind.CAPACITY_POOL, found, np.concatenate(values))] if found else []


def _spoken_for(region: Region, rules: Rules, some: Members) -> NDArray[np.bool_]:
    """(sets,): every leg is sure, or there is another request in the set that wants the same."""
    legs, requests = region.legs, np.unique(region.legs.r[some])
    near = region.likes.table(len(region.requests), requests, region.likes.chance >= rules.near) > 0
    place = np.searchsorted(requests, legs.r[some])
    vouched = near[place[:, :, None], place[:, None, :]].any(axis=2)
    return np.asarray(((legs.among_requests[some] >= rules.sure) | vouched).all(axis=1))


def demands(region: Region) -> Row:
    """(legs,): what the request takes of the offer, in the offer's measure; NaN where the two cannot be compared."""
    legs = region.legs
    with np.errstate(divide="ignore", invalid="ignore"):
        in_measure = region.requests.measure[legs.r] * region.offers.measure[legs.o] / legs.terms.offered
    return np.asarray(in_measure)
