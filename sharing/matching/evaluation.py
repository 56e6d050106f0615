"""How well the engine does on a bundle whose true pairs somebody has marked. In memory, without a database."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sharing.matching.engine.facts import Fact, Owner, fact_of
from sharing.matching.engine.gates import closed_by
from sharing.matching.engine.match import Knowledge, Market, Suggestion, suggest
from sharing.matching.labels import Expected, Pair
from sharing.matching.shipped import shipped_knowledge
from sharing.regions.bundle import Bundle

TOP, TOP_PARTIAL, BINS = 3, 5, 5


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was matched, the suggestions, by request and the best first, and the figures."""

    market: Market
    suggestions: tuple[Suggestion, ...]
    metrics: Mapping[str, Any]

    def pairs_as_json(self) -> list[dict[str, Any]]:
        return [_as_json(suggestion) for suggestion in self.suggestions]


def evaluate(bundle: Bundle, expected: Expected | None = None, *, knowledge: Knowledge | None = None) -> Evaluation:
    """Match a bundle with itself and compare with what is expected; without labels the figures are counts only."""
    knowledge = knowledge or shipped_knowledge()
    facts = facts_of(bundle)
    market = Market.of(facts, knowledge)
    suggestions = tuple(suggest(market, knowledge))
    metrics: dict[str, Any] = {
        "requests": len(market.requests),
        "offers": len(market.offers),
        "refused_rows": bundle.refused_rows,
        "suggested": len(suggestions),
        "notified": sum(s.notify for s in suggestions),
    }
    if expected is not None:
        metrics |= _compared(suggestions, expected)
        metrics["calibration"] = calibration(suggestions, expected)
        metrics["misses"] = _misses(facts, suggestions, expected)
    return Evaluation(market, suggestions, metrics)


def facts_of(bundle: Bundle) -> list[Fact]:
    """The listings of a bundle for the engine. Their id is the ref, with the owner's key where two share a ref."""
    owners = {
        place.key: Owner(
            id=place.key,
            country=place.country,
            state=place.state,
            district=place.district,
            latitude=place.latitude,
            longitude=place.longitude,
            population=place.population,
        )
        for place in bundle.municipalities
    }
    uses = Counter(row.ref for row in bundle.listings)
    return [
        fact_of(row.draft, id=row.ref if uses[row.ref] == 1 else f"{row.owner}/{row.ref}", owner=owners[row.owner])
        for row in bundle.listings
    ]


def calibration(suggestions: Sequence[Suggestion], expected: Expected) -> list[dict[str, Any]]:
    """Per fifth of the scale: how many pairs were suggested with such a probability, and how many of them are true.

    A calibrated matcher is right in about `mean` of the cases. Debatable pairs count for neither side.
    """
    bins: dict[int, list[Suggestion]] = defaultdict(list)
    for suggestion in suggestions:
        if _pair(suggestion) not in expected.debatable:
            bins[min(BINS - 1, int(suggestion.score * BINS))].append(suggestion)
    return [
        {
            "from": number / BINS,
            "to": (number + 1) / BINS,
            "pairs": len(some),
            "mean": round(sum(s.score for s in some) / len(some), 4),
            "true": _share(sum(_pair(s) in expected.good for s in some), len(some)),
        }
        for number, some in sorted(bins.items())
    ]


def _compared(suggestions: Sequence[Suggestion], expected: Expected) -> dict[str, Any]:
    ranked: dict[str, list[Pair]] = defaultdict(list)
    for suggestion in suggestions:
        ranked[suggestion.request].append(_pair(suggestion))
    top = {pair for pairs in ranked.values() for pair in pairs[:TOP]}
    top_partial = {pair for pairs in ranked.values() for pair in pairs[:TOP_PARTIAL]}
    firsts = {pairs[0] for pairs in ranked.values()}
    wanting = {request for request, _ in expected.good}
    marked = {_pair(s) for s in suggestions if s.partial}
    notified = {_pair(s) for s in suggestions if s.notify} - expected.debatable
    return {
        "strong": len(expected.strong),
        "partial": len(expected.partial),
        "recall_at_3": _share(len(expected.strong & top), len(expected.strong)),
        "missing_from_top_3": sorted(map(list, expected.strong - top)),
        "top_1": _share(len(expected.good & firsts), len(wanting)),
        "notify_precision": _share(len(expected.good & notified), len(notified)),
        "notify_recall": _share(len(expected.good & notified), len(expected.good)),
        "precision_at_recall_0.9": _precision_at(suggestions, expected, 0.9),
        "partial_in_top_5_and_marked": _share(len(expected.partial & top_partial & marked), len(expected.partial)),
        "strong_marked_partial": sorted(map(list, expected.strong & marked)),
        "hard_negatives": len(expected.hard_negatives),
        "hard_negatives_notified": sorted(map(list, expected.hard_negatives & notified)),
    }


def _precision_at(suggestions: Sequence[Suggestion], expected: Expected, recall: float) -> float | None:
    """Precision among the best suggestions that hold this share of the true pairs; None where they never do."""
    judged = [s for s in suggestions if _pair(s) not in expected.debatable]
    found = 0
    for count, suggestion in enumerate(sorted(judged, key=lambda s: (-s.score, s.request, s.offer)), start=1):
        found += _pair(suggestion) in expected.good
        if found >= recall * len(expected.good):
            return _share(found, count)
    return None


def _misses(facts: Sequence[Fact], suggestions: Sequence[Suggestion], expected: Expected) -> list[dict[str, Any]]:
    """True pairs that would not be notified, each with the reason in a word and its score."""
    known = {fact.id: fact for fact in facts}
    scores = {_pair(s): s for s in suggestions}
    missed = sorted(pair for pair in expected.good if pair not in scores or not scores[pair].notify)
    found = []
    for request, offer in missed:
        suggestion = scores.get((request, offer))
        reason = "below_the_threshold" if suggestion else _why_not(known, request, offer)
        score = suggestion.score if suggestion else None
        found.append({"request": request, "offer": offer, "reason": reason, "score": score})
    return found


def _why_not(known: Mapping[str, Fact], request: str, offer: str) -> str:
    if request not in known or offer not in known:
        return "not_in_the_bundle"
    return closed_by(known[request], known[offer]) or "not_suggested"


def _pair(suggestion: Suggestion) -> Pair:
    return suggestion.request, suggestion.offer


def _share(part: int, whole: int) -> float | None:
    """None where there is nothing to have a share of."""
    return round(part / whole, 4) if whole else None


def _as_json(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "request": suggestion.request,
        "offer": suggestion.offer,
        "score": suggestion.score,
        "notify": suggestion.notify,
        "partial": suggestion.partial,
        "reasons": list(suggestion.reasons),
    }
