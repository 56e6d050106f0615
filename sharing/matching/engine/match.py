"""The engine's one door: which offers to suggest for which requests, and why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from sharing.matching.engine.facts import Codes, Fact, Side, side_of
from sharing.matching.engine.gates import open_pairs
from sharing.matching.engine.reasons import DIGITS, Reason, reasons_of
from sharing.matching.engine.score import DEFAULT, Terms, Weights, contributions, partial, terms_of
from sharing.matching.engine.text import matrix, similarities

Flags = NDArray[np.bool_]

CELLS = 1_280_000  # pairs in one block: 256 x 5,000, which is 10 MB an array


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A pair worth showing. `notify`: worth an e-mail. `partial`: helps, but covers less than was asked for."""

    request: str
    offer: str
    score: float
    notify: bool
    partial: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Scored pairs: places of request and offer, and what was measured; every array has the shape (pairs,)."""

    r: NDArray[np.intp]
    o: NDArray[np.intp]
    km: NDArray[np.float64]
    cosine: NDArray[np.float64]
    score: NDArray[np.float64]  # rounded

    def pick(self, kept: NDArray[np.bool_] | NDArray[np.intp]) -> "_Pairs":
        return _Pairs(**{column.name: getattr(self, column.name)[kept] for column in fields(self)})

    @staticmethod
    def join(parts: Sequence["_Pairs"]) -> "_Pairs":
        return _Pairs(**{c.name: np.concatenate([getattr(p, c.name) for p in parts]) for c in fields(_Pairs)})


_NONE = _Pairs(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0), np.empty(0), np.empty(0))


def suggest(
    requests: Sequence[Fact],
    offers: Sequence[Fact],
    *,
    weights: Weights = DEFAULT,
    best_for: Collection[str] | None = None,
    also: Collection[tuple[str, str]] = (),
) -> list[Suggestion]:
    """All suggestions between two sets of listings, by request id, the best first.

    1. Gates: only pairs that pass all of `gates.open_pairs` go on.
    2. Score: S = .50 text + .20 category + .10 resource + .10 quantity + .05 window + .05 distance (`Weights`), where
       text     = sqrt(cosine of the hashed n-grams), see `text.vector`
       category = 1 if the same, else 0; resource likewise
       quantity = min(1, offered / requested) in one measure (39 h = 1 fte, 7.8 h = 1 day), .75 if not comparable
       window   = common days / requested days
       distance = exp(-km / 30), at least .5 where both work remotely
       S is a pure function of the two listings: no statistics of the batch go in, so matching only what changed
       gives what matching everything gives. Rounded to 1e-4 before anything is compared.
    3. Kept are scores from `weights.suggest` on, and of those the 10 best of each request and the 10 best of each
       offer (either is enough), ties by id: a thousand alike listings make 20,000 pairs and not a million.
       `best_for` asks for the best of these listings only (ids of either side), for when the others have not
       changed; pairs (request id, offer id) in `also` are kept whatever their rank, for when they are known already.
    4. `notify` from `weights.notify` on; `partial` as in `score.partial`.

    Time O(requests x offers), memory O(block + 10 (requests + offers)). Order of the input does not matter;
    ids must be unique on each side.
    """
    if not requests or not offers:
        return []
    codes = Codes()
    asked = side_of(sorted(requests, key=lambda fact: fact.id), codes)
    given = side_of(sorted(offers, key=lambda fact: fact.id), codes)
    pairs = _best_pairs(
        asked, given, weights, (_among(asked, best_for), _among(given, best_for)), _places(asked, given, also)
    )
    return _explained(asked, given, pairs, weights)


def _best_pairs(
    asked: Side, given: Side, weights: Weights, wanted: tuple[Flags, Flags], also: NDArray[np.intp]
) -> _Pairs:
    """Block by block; what an offer has found so far is carried along and bounded."""
    words = matrix([fact.text for fact in given.facts]).T.tocsr()
    most, least = weights.most_per_listing, np.zeros(len(given))
    kept, by_offer = [_NONE], _NONE
    rows = max(1, CELLS // len(given))
    for start in range(0, len(asked), rows):
        found = _scored(asked, given, words, slice(start, start + rows), weights)
        of_requests = found.pick(wanted[0][found.r])
        kept.append(found.pick(np.isin(found.r * len(given) + found.o, also)))
        kept.append(_first(of_requests, of_requests.r, of_requests.o, most))
        # Requests come by id, so a later one loses every tie: only what is strictly better can push in.
        better = found.pick(wanted[1][found.o] & (found.score > least[found.o]))
        merged = _Pairs.join([by_offer, better])
        by_offer = _first(merged, merged.o, merged.r, most)
        least = _worst_of_full(by_offer, len(given), most)
    return _union(_Pairs.join([*kept, by_offer]), len(given))


def _among(side: Side, ids: Collection[str] | None) -> Flags:
    """(n,): whose best are wanted."""
    return np.array([ids is None or fact.id in ids for fact in side.facts])


def _places(asked: Side, given: Side, pairs: Collection[tuple[str, str]]) -> NDArray[np.intp]:
    """Each pair as one number: place of the request x offers + place of the offer."""
    r = {fact.id: place for place, fact in enumerate(asked.facts)}
    o = {fact.id: place for place, fact in enumerate(given.facts)}
    return np.array([r[a] * len(given) + o[b] for a, b in pairs if a in r and b in o], dtype=np.intp)


def _scored(asked: Side, given: Side, words: csr_matrix, rows: slice, weights: Weights) -> _Pairs:
    """The pairs of one block that are good enough to be suggested."""
    block = asked.cut(rows)
    r, o, km = open_pairs(block, given)
    cosine = similarities(matrix([fact.text for fact in block.facts]), words)[r, o]
    score = _score(terms_of(block, given, r, o, km=km, cosine=cosine, weights=weights), weights)
    pairs = _Pairs(r=r + rows.start, o=o, km=km, cosine=cosine, score=score)
    return pairs.pick(score >= weights.suggest)


def _score(terms: Terms, weights: Weights) -> NDArray[np.float64]:
    return np.asarray(np.round(sum(contributions(terms, weights)), DIGITS))


def _first(pairs: _Pairs, group: NDArray[np.intp], tie: NDArray[np.intp], most: int) -> _Pairs:
    """The best pairs of each group: by score, then by place (which is by id)."""
    order = np.lexsort((tie, -pairs.score, group))
    ordered = group[order]
    place_in_group = np.arange(len(ordered)) - np.searchsorted(ordered, ordered)
    return pairs.pick(order[place_in_group < most])


def _worst_of_full(best: _Pairs, offers: int, most: int) -> NDArray[np.float64]:
    """(offers,): the lowest score an offer has kept; zero while it still has room."""
    counts = np.bincount(best.o, minlength=offers)
    worst = np.full(offers, np.inf)
    np.minimum.at(worst, best.o, best.score)
    return np.where(counts < most, 0.0, worst)


def _union(pairs: _Pairs, offers: int) -> _Pairs:
    """Each pair once, by request, the best first."""
    once = pairs.pick(np.unique(pairs.r * offers + pairs.o, return_index=True)[1])
    return once.pick(np.lexsort((once.o, -once.score, once.r)))


def _explained(asked: Side, given: Side, pairs: _Pairs, weights: Weights) -> list[Suggestion]:
    terms = terms_of(asked, given, pairs.r, pairs.o, km=pairs.km, cosine=pairs.cosine, weights=weights)
    points, parts = contributions(terms, weights), partial(terms, weights)
    suggestions = []
    for place, (r, o, score) in enumerate(zip(pairs.r, pairs.o, pairs.score, strict=True)):
        request, offer = asked.facts[r], given.facts[o]
        reasons = tuple(reasons_of(request, offer, terms, place, points=points[:, place], weights=weights))
        notify = bool(score >= weights.notify)
        suggestions.append(Suggestion(request.id, offer.id, float(score), notify, bool(parts[place]), reasons))
    return suggestions
