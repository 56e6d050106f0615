"""How well the engine does on a bundle whose true pairs somebody has marked. In memory, without a database."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sharing.errors import RuleBroken, say
from sharing.listings.terms import Direction
from sharing.matching.engine.facts import Fact, Owner, fact_of
from sharing.matching.engine.match import Suggestion, suggest
from sharing.matching.engine.score import DEFAULT, Weights
from sharing.regions.bundle import Bundle

Pair = tuple[str, str]
TOP = 3


@dataclass(frozen=True, slots=True)
class Expected:
    """What a labelled bundle says: (request, offer) by ref. Every list may be empty."""

    strong: frozenset[Pair] = frozenset()
    partial: frozenset[Pair] = frozenset()
    hard_negatives: frozenset[Pair] = frozenset()
    debatable: frozenset[Pair] = frozenset()

    @property
    def good(self) -> frozenset[Pair]:
        return self.strong | self.partial


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The suggestions, by request and the best first, and the figures."""

    suggestions: tuple[Suggestion, ...]
    metrics: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """`proposals` stays empty until there are networks."""
        return {"pairs": [_as_json(s) for s in self.suggestions], "proposals": [], "metrics": dict(self.metrics)}


def evaluate(bundle: Bundle, expected: Expected | None = None, *, weights: Weights = DEFAULT) -> Evaluation:
    """Match a bundle with itself and compare with what is expected; without labels the figures are counts only."""
    facts = facts_of(bundle)
    requests = [fact for fact in facts if fact.direction == Direction.REQUEST]
    offers = [fact for fact in facts if fact.direction == Direction.OFFER]
    suggestions = tuple(suggest(requests, offers, weights=weights))
    metrics = {
        "requests": len(requests),
        "offers": len(offers),
        "refused_rows": bundle.refused_rows,
        "suggested": len(suggestions),
        "notified": sum(s.notify for s in suggestions),
    }
    if expected is not None:
        metrics |= _compared(suggestions, expected)
    return Evaluation(suggestions, metrics)


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
        )
        for place in bundle.municipalities
    }
    uses = Counter(row.ref for row in bundle.listings)
    return [
        fact_of(row.draft, id=row.ref if uses[row.ref] == 1 else f"{row.owner}/{row.ref}", owner=owners[row.owner])
        for row in bundle.listings
    ]


def read_expected(bundle: Path) -> Expected | None:
    """The labels in `expected.json` in the bundle's folder (or beside its spreadsheet); None if there are none.

    Raises `RuleBroken` if the file is not what REGION_FORMAT.md describes.
    """
    path = bundle / "expected.json" if bundle.is_dir() else bundle.with_name("expected.json")
    if not path.is_file():
        return None
    try:
        labels = json.loads(path.read_text(encoding="utf-8-sig"))
        return Expected(
            strong=_pairs(labels.get("pairs_strong", ())),
            partial=_pairs(labels.get("pairs_partial", ())),
            hard_negatives=_pairs(labels.get("hard_negatives", ())),
            debatable=_pairs(labels.get("debatable", ())),
        )
    except (ValueError, AttributeError, TypeError, IndexError) as error:
        message = say("“expected.json” cannot be read: it must hold lists of pairs [request, offer].")
        raise RuleBroken("expected_unreadable", message) from error


def _pairs(entries: Iterable[Sequence[str]]) -> frozenset[Pair]:
    """What follows in an entry is a remark for people."""
    return frozenset((str(entry[0]), str(entry[1])) for entry in entries)


def _compared(suggestions: Sequence[Suggestion], expected: Expected) -> dict[str, Any]:
    ranked: dict[str, list[Pair]] = defaultdict(list)
    for suggestion in suggestions:
        ranked[suggestion.request].append(_pair(suggestion))
    top = {pair for pairs in ranked.values() for pair in pairs[:TOP]}
    firsts = {pairs[0] for pairs in ranked.values()}
    wanting = {request for request, _ in expected.good}
    notified = {_pair(s) for s in suggestions if s.notify} - expected.debatable
    return {
        "strong": len(expected.strong),
        "partial": len(expected.partial),
        "recall_at_3": _share(len(expected.strong & top), len(expected.strong)),
        "missing_from_top_3": sorted(map(list, expected.strong - top)),
        "top_1": _share(len(expected.good & firsts), len(wanting)),
        "notify_precision": _share(len(expected.good & notified), len(notified)),
        "notify_recall": _share(len(expected.good & notified), len(expected.good)),
        "partial_suggested": sum(_pair(s) in expected.partial for s in suggestions),
        "partial_marked": sum(_pair(s) in expected.partial and s.partial for s in suggestions),
        "strong_marked_partial": sorted(
            list(_pair(s)) for s in suggestions if _pair(s) in expected.strong and s.partial
        ),
        "hard_negatives": len(expected.hard_negatives),
        "hard_negatives_notified": sorted(map(list, expected.hard_negatives & notified)),
    }


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
