"""Why a pair was suggested, and what it lacks: data, so that each door words it in its own language."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sharing.matching.engine.facts import MEASURES, Fact
from sharing.matching.engine.score import Terms, Weights
from sharing.matching.engine.text import shared_words

Reason = dict[str, Any]
DIGITS = 4


def reasons_of(
    request: Fact, offer: Fact, terms: Terms, place: int, *, points: NDArray[np.float64], weights: Weights
) -> list[Reason]:
    """The reasons of pair `place` in a fixed order, ready for JSON.

    `points` (6,) is what each term adds to the score; every reason carries its own, so they add up to the score. The
    codes: `shared_words` or `similar_text`; `same_category`; `same_resource`; `quantity`, `quantity_partial` or
    `quantity_unknown`; `window` or `window_partial`; `distance` or `distance_unknown`.
    """
    text, category, resource, quantity, window, distance = (round(float(value), DIGITS) for value in points)
    found: list[Reason] = []
    if text:
        found.append(_text(request, offer) | {"points": text})
    if category:
        found.append({"code": "same_category", "category": request.category, "points": category})
    if resource:
        found.append({"code": "same_resource", "resource": str(request.resource), "points": resource})
    found.append(_quantity(request, terms, place) | {"points": quantity})
    found.append(_window(terms, place, weights) | {"points": window})
    found.append(_distance(terms, place) | {"points": distance})
    return found


def _text(request: Fact, offer: Fact) -> Reason:
    words = shared_words(request.text, offer.text)
    return {"code": "shared_words", "words": words} if words else {"code": "similar_text"}


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


def _window(terms: Terms, place: int, weights: Weights) -> Reason:
    share = terms.window[place]
    return {
        "code": "window" if share >= weights.strong_window else "window_partial",
        "days": int(terms.days[place]),
        "requested_days": int(terms.requested_days[place]),
        "share": _number(share),
    }


def _distance(terms: Terms, place: int) -> Reason:
    km = terms.km[place]
    return {"code": "distance_unknown"} if np.isnan(km) else {"code": "distance", "km": round(float(km), 1)}


def _number(value: float) -> float:
    return round(float(value), DIGITS)
