"""One pair under the magnifying glass, for operators who ask why."""

from dataclasses import dataclass

import numpy as np

from sharing.errors import RuleBroken, say
from sharing.listings.models import Listing
from sharing.matching.engine.gates import closed_by, distances
from sharing.matching.engine.match import Market, Pairs, components_of, explained
from sharing.matching.engine.reasons import Reason
from sharing.matching.engine.score import BIAS, own_logits
from sharing.matching.facts import facts_of
from sharing.matching.known import knowledge, read
from sharing.matching.models import Match


@dataclass(frozen=True, slots=True)
class Part:
    """A component of the pair: its value, and its weight in the table."""

    name: str
    value: float
    weight: float


@dataclass(frozen=True, slots=True)
class Examination:
    """`closed_by` names the gate that rules the pair out, if one does; `score` is what is stored, if anything is."""

    closed_by: str
    parts: tuple[Part, ...]
    own: float
    score: float | None
    notify: bool
    reasons: tuple[Reason, ...]


def examine(request: Listing, offer: Listing) -> Examination:
    """All components of one pair, whether it may match or not. Raises `RuleBroken` for a draft without a window."""
    if request.starts_on is None or offer.starts_on is None:
        raise RuleBroken("no_window", say("A draft without a window cannot be matched."))
    known, facts = knowledge(), facts_of([request, offer])
    market = Market.of(facts, known, read(facts, known))
    here = np.zeros(1, np.intp)
    pairs = Pairs(here, here, distances(market.requests, market.offers, here, here), np.zeros(1))
    components = components_of(market, pairs, known)
    own = own_logits(components, known.weights)
    weights = {name: weight for name, weight in known.weights.own.items() if name != BIAS}
    stored = Match.objects.standing().filter(request=request, offer=offer).first()
    return Examination(
        closed_by=closed_by(facts[0], facts[1]),
        parts=(
            *(Part(name, float(components[name][0]), weight) for name, weight in weights.items()),
            Part(BIAS, 1.0, known.weights.own[BIAS]),
        ),
        own=float(own[0]),
        score=stored.score if stored else None,
        notify=bool(stored and stored.notify),
        reasons=explained(market, pairs, np.ones(1), known)[0].reasons,
    )
