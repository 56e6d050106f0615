"""Supply pools: several offers that only together cover one large request."""

import numpy as np

from sharing.matching.engine.components import STRONG_WINDOW
from sharing.networks.engine.candidates import Candidates, of
from sharing.networks.engine.capacity import ROUNDING
from sharing.networks.engine.pools import around, best_sets, most_sets, sets
from sharing.networks.engine.region import Region, fits
from sharing.networks.engine.terms import Kind, Rules


def candidates(region: Region, rules: Rules) -> list[Candidates]:
    """Two offers or more of which none is enough alone and none can be spared, for requests that no offer covers.

    Benefit: sum over the legs of probability (other offers being no rivals) x share covered, times the weight of who
    gets it.
    """
    legs, terms = region.legs, region.legs.terms
    covered = np.isin(legs.r, legs.r[fits(terms) & (legs.alone >= rules.answered)])
    part = (terms.quantity < 1) & (terms.window >= STRONG_WINDOW) & (legs.among_offers >= rules.leg)
    good, share = np.flatnonzero(part & ~covered), terms.offered / region.requests.measure[legs.r]
    givers, found, values = region.offers.acting[legs.o], [], []
    requests = np.unique(legs.r[good])
    for request in requests:
        offers = around(good[legs.r[good] == request], legs.among_offers)
        for some in sets(offers, rules.most_members, givers, share, np.inf):
            total, least = share[some].sum(axis=1), share[some].min(axis=1)
            needed = some[(total >= 1 - ROUNDING) & (total - least < 1 - ROUNDING)]
            needed = best_sets(needed, legs.among_offers, most_sets(len(requests)))
            parts = legs.among_offers[needed] * share[needed] / share[needed].sum(axis=1, keepdims=True)
            found.append(needed)
            values.append(parts.sum(axis=1) * region.weight[request])
    return [of(Kind.SUPPLY_POOL, found, np.concatenate(values))] if found else []
