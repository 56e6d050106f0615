"""Consortia: a joint project with its lead, and what the others bring in."""

import numpy as np

from sharing.listings.terms import Consideration, Unit
from sharing.networks.engine.candidates import Candidates, of
from sharing.networks.engine.pools import around, sets
from sharing.networks.engine.region import Mask, Region, accepts
from sharing.networks.engine.terms import Kind, Rules

CLEARLY = 1.5  # logits by which another project must fit an offer better to have it to itself
LEAST = 2  # members beside the lead, where the request names no number


def candidates(region: Region, rules: Rules) -> list[Candidates]:
    """The lead's request and at least as many partners as it needs, each from another municipality.

    What complements a project is by its nature about something else than its text. So whoever wants to take part in
    some project is thought of where it fits best, or nearly so, if the lead would fall short otherwise.

    Benefit: sum over the legs of probability (other partners being no rivals), times the weight of the lead.
    """
    legs, best = region.legs, np.flatnonzero(_near_best_lead(region))
    givers, nothing, found, values = region.offers.acting[legs.o], np.zeros(len(legs)), [], []
    for lead in np.unique(legs.r[best]):
        least, partners = _least(region, int(lead)), around(best[legs.r[best] == lead], legs.own)
        likely = int((legs.among_offers[partners] >= rules.leg).sum())
        partners = partners[: max(least, likely)]
        for some in sets(partners, max(least, rules.most_members), givers, nothing, 0.0):
            if some.shape[1] >= least:
                found.append(some)
                values.append(legs.among_offers[some].sum(axis=1) * region.weight[lead])
    return [of(Kind.CONSORTIUM, found, np.concatenate(values))] if found else []


def _near_best_lead(region: Region) -> Mask:
    """(legs,): both look for partnership, and no other project fits this offer clearly better."""
    legs = region.legs
    asked, given = (accepts(side, Consideration.PARTNERSHIP) for side in (region.requests, region.offers))
    partners = asked[legs.r] & given[legs.o] & _of_projects(region)[legs.r]
    best = np.full(len(region.offers), -np.inf)
    np.maximum.at(best, legs.o[partners], legs.own[partners])
    return np.asarray(partners & (legs.own >= best[legs.o] - CLEARLY))


def _of_projects(region: Region) -> Mask:
    return np.array([fact.unit == Unit.PARTNERS or fact.resource == "project" for fact in region.requests.facts], bool)


def _least(region: Region, lead: int) -> int:
    fact = region.requests.facts[lead]
    return max(LEAST, int(fact.quantity or 0)) if fact.unit == Unit.PARTNERS else LEAST
