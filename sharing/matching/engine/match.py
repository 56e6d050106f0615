"""The engine's one door: which offers to suggest for which requests, and why."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from sharing.matching.engine.components import Noes, Terms, declined, fact_components, terms_of
from sharing.matching.engine.concepts import Concepts
from sharing.matching.engine.encoder import Encoder
from sharing.matching.engine.facts import Codes, Fact, Side, side_of
from sharing.matching.engine.gates import open_pairs
from sharing.matching.engine.pages import Pages, pages_of
from sharing.matching.engine.pairing import shared_concepts, text_components
from sharing.matching.engine.reading import Reading, readings
from sharing.matching.engine.reasons import Reason, reasons_of
from sharing.matching.engine.score import FLOOR, Column, Places, Weights, default_weights, own_logits, probabilities

Answers = Mapping[tuple[str, str, str], int]  # how many noes, by (one owner, other owner, category)
MOST_OF_ONE_OWNER = 3  # among the best of a listing: the same text in 500 listings crowds nobody out
MOST_ALIKE = 50  # requests that want the same, kept for each
CELLS = 1_280_000  # combinations looked at in one block: 10 MB an array


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A pair worth showing. `score`: probability that a coordinator calls it a match. `notify`: worth an e-mail.
    `partial`: helps, but covers less than was asked for."""

    request: str
    offer: str
    score: float
    notify: bool
    partial: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What matching knows beside the listings: the text model, the thesaurus, the weights, earlier answers."""

    encoder: Encoder
    concepts: Concepts
    weights: Weights = field(default_factory=default_weights)
    answers: Answers = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """Requests and offers, read and in columns, each side by id."""

    requests: Side
    offers: Side
    asked: Pages
    given: Pages
    noes: Noes

    @classmethod
    def of(
        cls,
        facts: Sequence[Fact],
        knowledge: Knowledge,
        read: Mapping[str, Reading] | None = None,
        codes: Codes | None = None,
    ) -> "Market":
        """`read` holds readings by id that are known already; the others are encoded now, in one batch."""
        codes, known = codes or Codes(), dict(read or {})
        unread = [fact for fact in facts if fact.id not in known]
        known |= {
            f.id: found
            for f, found in zip(unread, readings(unread, knowledge.encoder, knowledge.concepts), strict=True)
        }
        sides = [sorted((f for f in facts if f.direction == d), key=lambda fact: fact.id) for d in ("request", "offer")]
        asked, given = (pages_of([known[fact.id] for fact in side], len(knowledge.concepts)) for side in sides)
        noes = {
            (frozenset((codes.of(one), codes.of(other))), codes.of(category)): count
            for (one, other, category), count in knowledge.answers.items()
        }
        return cls(side_of(sides[0], codes), side_of(sides[1], codes), asked, given, noes)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Open pairs by place of request and offer; every array has the shape (pairs,). `own` is rounded."""

    r: NDArray[np.intp]
    o: NDArray[np.intp]
    km: NDArray[np.float64]
    own: NDArray[np.float64]

    def pick(self, kept: NDArray[np.bool_] | NDArray[np.intp]) -> "Pairs":
        return Pairs(**{column.name: getattr(self, column.name)[kept] for column in fields(self)})

    @staticmethod
    def join(parts: Sequence["Pairs"]) -> "Pairs":
        return Pairs(**{c.name: np.concatenate([getattr(p, c.name) for p in parts]) for c in fields(Pairs)})


_NONE = Pairs(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0), np.empty(0))


def suggest(market: Market, knowledge: Knowledge) -> list[Suggestion]:
    """All suggestions of a market, by request id, the best first.

    1. Gates: only pairs that pass all of `gates.open_pairs` go on.
    2. Own logit: each component of `pairing.text_components` and `components.fact_components` times its weight. A
       pure function of the two listings, rounded to 1e-4 before anything is compared.
    3. Kept are logits above `score.FLOOR`, and of those the best 20 of each request and of each offer (either is
       enough), ties by id, at most 3 of one owner among them.
    4. Probability: own logit and how far the pair leads over its request's and its offer's other pairs.
    5. Suggested from `weights.suggest` on, `notify` from `weights.notify` on; `partial` as in `Terms.partial`. At most
       3 of one owner for one listing: the same text in 500 listings crowds nobody out.

    Order of the input does not matter; ids must be unique on each side.
    """
    pairs = best_pairs(market, knowledge)
    chances = probabilities(pairs.own, pairs.r, pairs.o, knowledge.weights)
    shown = (chances >= knowledge.weights.suggest) & uncrowded(pairs, market.requests.owner, market.offers.owner)
    return explained(market, pairs.pick(shown), chances[shown], knowledge)


def best_pairs(market: Market, knowledge: Knowledge) -> Pairs:
    """Steps 1 to 3 of `suggest`, block by block of requests, by request and the best first."""
    return best_of_both(
        scored(market, knowledge), market.requests.owner, market.offers.owner, knowledge.weights.most_per_listing
    )


def best_of_both(blocks: Iterable[Pairs], askers: NDArray[np.int64], givers: NDArray[np.int64], most: int) -> Pairs:
    """The best pairs of each request and of each offer; `askers` and `givers` are their owners.

    Blocks hold whole requests; what an offer has found so far is carried along and bounded.
    """
    by_request, by_offer = [_NONE], _NONE
    for found in blocks:
        by_request.append(first(found, found.r, found.o, givers[found.o], most))
        merged = Pairs.join([by_offer, found])
        by_offer = first(merged, merged.o, merged.r, askers[merged.r], most)
    both = Pairs.join([*by_request, by_offer])
    once = both.pick(np.unique(both.r * max(1, len(givers)) + both.o, return_index=True)[1])
    return once.pick(np.lexsort((once.o, -once.own, once.r)))


def scored(market: Market, knowledge: Knowledge, only: Collection[str] | None = None) -> Iterator[Pairs]:
    """Steps 1 and 2, block by block; `only` pairs with one of these listings, if given."""
    if not len(market.requests) or not len(market.offers):
        return
    wanted = [np.array([only is None or f.id in only for f in side.facts]) for side in (market.requests, market.offers)]
    rows = max(1, CELLS // len(market.offers))
    for start in range(0, len(market.requests), rows):
        r, o, km = open_pairs(market.requests.cut(slice(start, start + rows)), market.offers)
        asked = wanted[0][r + start] | wanted[1][o]
        yield weighed(market, r[asked] + start, o[asked], km[asked], knowledge)


def weighed(market: Market, r: Places, o: Places, km: Column, knowledge: Knowledge) -> Pairs:
    """Step 2 for some open pairs, which must be ordered by request; those above `FLOOR`."""
    pairs = Pairs(r, o, km, np.zeros(len(r)))
    own = own_logits(components_of(market, pairs, knowledge), knowledge.weights)
    return Pairs(r, o, km, own).pick(own > FLOOR)


def alike(market: Market, knowledge: Knowledge) -> Pairs:
    """Pairs (r < o) of requests that want the same, each taken for an offer to the other: above `FLOOR`, and among the
    best `MOST_ALIKE` of one of them."""
    owner = market.requests.owner
    return best_of_both(_alike(market, knowledge), owner, owner, MOST_ALIKE)


def _alike(market: Market, knowledge: Knowledge) -> Iterator[Pairs]:
    requests, pages = market.requests, market.asked
    mirror = Market(requests, requests, pages, pages, market.noes)
    rows = max(1, CELLS // max(1, len(requests)))
    for start in range(0, len(requests), rows):
        r, o, km = open_pairs(requests.cut(slice(start, start + rows)), requests)
        later = r + start < o
        yield weighed(mirror, r[later] + start, o[later], km[later], knowledge)


def components_of(market: Market, pairs: Pairs, knowledge: Knowledge) -> dict[str, NDArray[np.float64]]:
    """Every component of some pairs, which must be ordered by request."""
    sides = market.requests, market.offers, pairs.r, pairs.o
    facts = fact_components(*sides, terms_of(*sides, km=pairs.km))
    texts = text_components(market.asked, market.given, pairs.r, pairs.o, knowledge.concepts)
    return texts | facts | {"declined": declined(*sides, market.noes)}


def first(pairs: Pairs, group: NDArray[np.intp], tie: NDArray[np.intp], owner: NDArray[np.int64], most: int) -> Pairs:
    """The best pairs of each group: by own logit, then by place (which is by id), at most three of one owner."""
    by_owner = np.lexsort((tie, -pairs.own, owner, group))
    allowed = np.sort(by_owner[_rank(group[by_owner], owner[by_owner]) < MOST_OF_ONE_OWNER])
    order = allowed[np.lexsort((tie[allowed], -pairs.own[allowed], group[allowed]))]
    return pairs.pick(order[_rank(group[order], np.zeros(len(order), np.int64)) < most])


def uncrowded(pairs: Pairs, askers: NDArray[np.int64], givers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(pairs,): among the three best of its request with that giver, and of its offer with that asker."""
    sides = ((pairs.r, givers[pairs.o], pairs.o), (pairs.o, askers[pairs.r], pairs.r))
    fine = np.ones(len(pairs.r), bool)
    for group, owner, tie in sides:
        order = np.lexsort((tie, -pairs.own, owner, group))
        fine[order[_rank(group[order], owner[order]) >= MOST_OF_ONE_OWNER]] = False
    return fine


def _rank(group: NDArray[np.intp], part: NDArray[np.int64]) -> NDArray[np.intp]:
    """The place of each row within its run of equal (group, part)."""
    changes = np.ones(len(group), bool)
    changes[1:] = (group[1:] != group[:-1]) | (part[1:] != part[:-1])
    starts = np.flatnonzero(changes)
    return np.arange(len(group)) - np.repeat(starts, np.diff(np.append(starts, len(group))))


def explained(market: Market, pairs: Pairs, chances: NDArray[np.float64], knowledge: Knowledge) -> list[Suggestion]:
    """Suggestions of some pairs with their probabilities, by request, the best first."""
    order = np.lexsort((pairs.o, -chances, pairs.r))
    pairs, chances = pairs.pick(order), chances[order]
    sides = market.requests, market.offers, pairs.r, pairs.o
    terms = terms_of(*sides, km=pairs.km)
    return [
        Suggestion(
            request=market.requests.facts[r].id,
            offer=market.offers.facts[o].id,
            score=float(chance),
            notify=bool(chance >= knowledge.weights.notify),
            partial=bool(terms.partial[place]),
            reasons=tuple(_reasons(market, terms, place, (int(r), int(o)), knowledge)),
        )
        for place, (r, o, chance) in enumerate(zip(pairs.r, pairs.o, chances, strict=True))
    ]


def _reasons(market: Market, terms: Terms, place: int, pair: tuple[int, int], knowledge: Knowledge) -> list[Reason]:
    r, o = pair
    request, offer = market.requests.facts[r], market.offers.facts[o]
    shared = [knowledge.concepts.meanings[m] for m in shared_concepts(market.asked, market.given, r, o)]
    return reasons_of(request, offer, terms, place, concepts=shared)
