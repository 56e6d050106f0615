"""Why a pair was suggested, and what it lacks: data, so that each door words it in its own language."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sharing.matching.engine.components import STRONG_WINDOW, Terms
from sharing.matching.engine.facts import LEVELS, MEASURES, Fact
from sharing.matching.engine.text import shared_words
from sharing.taxonomy.thesaurus import Meaning

Reason = dict[str, Any]
DIGITS = 4
MOST_CONCEPTS = 2
TELLING = 7  # letters: shorter words that both happen to use explain nothing


def reasons_of(request: Fact, offer: Fact, terms: Terms, place: int, *, concepts: Sequence[Meaning]) -> list[Reason]:
    """The reasons of pair `place`, ready for JSON: one for the subject, the quantity, the time and the way, in this
    order, and after them what else is missing.

    Subject: `concept` (both name it), else `shared_words`, else `same_category`, else `similar_text`. Then `quantity`,
    `quantity_partial` or `quantity_unknown`; `window` or `window_partial`; `distance`, `remote` or `distance_unknown`.
    Missing: `level_below` (less knowledge than asked for), `other_language`.
    """
    found = [_subject(request, offer, concepts), _quantity(request, terms, place), _window(terms, place)]
    return [*found, _distance(request, offer, terms, place), *_missing(request, offer)]


def _subject(request: Fact, offer: Fact, concepts: Sequence[Meaning]) -> Reason:
    above = {meaning.broader for meaning in concepts}
    narrow = [meaning for meaning in concepts if meaning.key not in above][:MOST_CONCEPTS]
    if narrow:
        names = {language: [meaning.name(language) for meaning in narrow] for language in ("de", "en")}
        return {"code": "concept", "resource": str(request.resource), "concepts": [m.key for m in narrow], **names}
    words = [word for word in shared_words(request.text, offer.text) if len(word) >= TELLING]
    if words:
        return {"code": "shared_words", "words": words}
    if request.category == offer.category:
        return {"code": "same_category", "category": request.category}
    return {"code": "similar_text"}


def _quantity(request: Fact, terms: Terms, place: int) -> Reason:
    if np.isnan(share := terms.quantity[place]) or request.unit is None or request.quantity is None:
        return {"code": "quantity_unknown"}
    return {
        "code": "quantity" if share >= 1 else "quantity_partial",
        "offered": _number(terms.offered[place] / MEASURES[request.unit][1]),
        "requested": _number(request.quantity),
        "unit": str(request.unit),
        "share": _number(share),
    }


def _window(terms: Terms, place: int) -> Reason:
    share = terms.window[place]
    return {
        "code": "window" if share >= STRONG_WINDOW else "window_partial",
        "days": int(terms.days[place]),
        "requested_days": int(terms.requested_days[place]),
        "share": _number(share),
    }


def _distance(request: Fact, offer: Fact, terms: Terms, place: int) -> Reason:
    if request.mode == offer.mode == "remote":
        return {"code": "remote"}
    km = terms.km[place]
    return {"code": "distance_unknown"} if np.isnan(km) else {"code": "distance", "km": round(float(km), 1)}


def _missing(request: Fact, offer: Fact) -> list[Reason]:
    found: list[Reason] = []
    if request.level and offer.level and LEVELS.index(offer.level) < LEVELS.index(request.level):
        found.append({"code": "level_below", "offered": str(offer.level), "requested": str(request.level)})
    if request.language != offer.language:
        found.append({"code": "other_language", "language": offer.language})
    return found


def _number(value: float) -> float:
    return round(float(value), DIGITS)
