"""What proposals are made of: listings in columns, the legs between them, and requests that want the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sharing.listings.terms import Consideration, Direction
from sharing.matching.engine.components import Terms, terms_of
from sharing.matching.engine.facts import TERMS, Codes, Fact, Side, side_of
from sharing.matching.engine.gates import distances
from sharing.matching.engine.score import Weights, probabilities, shared_probabilities

Row = NDArray[np.float64]
Places = NDArray[np.intp]
Mask = NDArray[np.bool_]
Scored = tuple[str, str, float]  # two ids and the own logit of the pair

SMALLEST, LARGEST = 0.8, 1.3  # weight of a place by its size
LONGEST_WAIT, WAITED = 365.0, 0.2  # who got nothing for a year counts a fifth more


@dataclass(frozen=True, slots=True, eq=False)
class Legs:
    """Pairs of one request and one offer, by their places; every array has the shape (legs,)."""

    r: Places
    o: Places
    own: Row
    alone: Row  # probability that a coordinator calls it a match
    among_requests: Row  # the same where the offer may serve others as well: these are no rivals then
    among_offers: Row  # the same where others may serve the request as well
    terms: Terms

    def __len__(self) -> int:
        return len(self.r)


@dataclass(frozen=True, slots=True, eq=False)
class Likes:
    """Two requests that want the same, a < b; every array has the shape (pairs,)."""

    a: Places
    b: Places
    chance: Row

    def table(self, requests: int, some: Places, kept: Mask) -> Row:
        """(some, some): chances of the `kept` pairs among some requests, 0 elsewhere."""
        place = np.full(requests, -1)
        place[some] = np.arange(len(some))
        a, b = place[self.a[kept]], place[self.b[kept]]
        inside = (a >= 0) & (b >= 0)
        table = np.zeros((len(some), len(some)))
        table[a[inside], b[inside]] = table[b[inside], a[inside]] = self.chance[kept][inside]
        return table


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Make it with `Region.of`. Listings, legs and likes stand in the order of their ids, however they came in."""

    requests: Side
    offers: Side
    legs: Legs
    likes: Likes
    weight: Row  # (requests,): how much its owner's benefit counts

    @classmethod
    def of(
        cls,
        facts: Iterable[Fact],
        pairs: Iterable[Scored],
        likes: Iterable[Scored] = (),
        *,
        weights: Weights,
        waiting: Mapping[str, float] | None = None,
    ) -> "Region":
        """`pairs`: request, offer and own logit of all that were kept; `likes`: two requests and the logit of their
        likeness; `waiting`: days since an owner last got something, by id."""
        codes, by_id = Codes(), sorted(facts, key=lambda fact: fact.id)
        sides = [[fact for fact in by_id if fact.direction == d] for d in (Direction.REQUEST, Direction.OFFER)]
        requests, offers = (side_of(side, codes) for side in sides)
        place = [{fact.id: number for number, fact in enumerate(side)} for side in sides]
        legs = _legs(requests, offers, _places(pairs, place[0], place[1]), weights)
        likes_ = _likes(_places((sorted_ids(*like) for like in likes), place[0], place[0]))
        return cls(requests, offers, legs, likes_, _weights(requests, waiting or {}))

    def ids(self, listings: Iterable[int]) -> list[str]:
        """Of listings by `node`."""
        both = (*self.requests.facts, *self.offers.facts)
        return [both[place].id for place in listings]

    def pair(self, leg: int) -> tuple[str, str]:
        """Ids of request and offer."""
        return self.requests.facts[self.legs.r[leg]].id, self.offers.facts[self.legs.o[leg]].id

    def node(self, offers: Places) -> Places:
        """Listings in one row: requests first, then offers."""
        return offers + len(self.requests)


def sorted_ids(one: str, other: str, own: float) -> Scored:
    return min(one, other), max(one, other), own


def accepts(side: Side, *wanted: Consideration) -> Mask:
    """(n,): names one of these considerations."""
    return np.asarray((side.terms & sum(1 << TERMS.index(c) for c in wanted)) != 0)


def _places(pairs: Iterable[Scored], one: Mapping[str, int], other: Mapping[str, int]) -> tuple[Places, Places, Row]:
    """Of those whose both listings are there, in order and each once."""
    found = sorted({(one[a], other[b]): own for a, b, own in pairs if a in one and b in other}.items())
    a, b = (np.array([pair[side] for pair, _ in found], np.intp) for side in (0, 1))
    return a, b, np.array([own for _, own in found], float)


def _legs(requests: Side, offers: Side, found: tuple[Places, Places, Row], weights: Weights) -> Legs:
    r, o, own = found
    return Legs(
        r=r,
        o=o,
        own=own,
        alone=probabilities(own, r, o, weights),
        among_requests=shared_probabilities(own, r, weights, shared="lead_of_offer"),
        among_offers=shared_probabilities(own, o, weights, shared="lead_of_request"),
        terms=terms_of(requests, offers, r, o, km=distances(requests, offers, r, o)),
    )


def _likes(found: tuple[Places, Places, Row]) -> Likes:
    a, b, own = found
    return Likes(a, b, 1 / (1 + np.exp(-own)))


def _weights(requests: Side, waiting: Mapping[str, float]) -> Row:
    """1.25 - .1 log10(population / 1000) within [.8, 1.3], and up to a fifth more for who has waited (MATCHING, 6)."""
    with np.errstate(divide="ignore"):
        size = np.clip(1.25 - 0.1 * np.log10(requests.population / 1000), SMALLEST, LARGEST)
    waited = np.array([waiting.get(fact.owner.id, 0.0) for fact in requests.facts], float)
    return np.asarray(np.nan_to_num(size, nan=1.0) * (1 + WAITED * np.clip(waited / LONGEST_WAIT, 0, 1)))


def shares(terms: Terms) -> Row:
    """Of the requested quantity, what a leg brings; what cannot be compared counts as whole."""
    return np.nan_to_num(terms.quantity, nan=1.0)


def fits(terms: Terms) -> Mask:
    """Covers quantity and time as a strong pair does."""
    return ~terms.partial
