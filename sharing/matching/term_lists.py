"""How well the text model finds a term again under another name: for held-out lists of terms."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sharing.errors import RuleBroken, say
from sharing.matching.engine.encoder import Encoder, encoder
from sharing.matching.engine.text import vector
from sharing.matching.engine.topics import Lexicon

TOP = 10
BLOCK = 500


@dataclass(frozen=True, slots=True)
class TermList:
    """`gold[i]` are the places in `docs` that are right for `queries[i]`; `exclude[i]`, if given, never counts."""

    queries: tuple[str, ...]
    docs: tuple[str, ...]
    gold: tuple[frozenset[int], ...]
    exclude: tuple[int, ...] = ()


def read_terms(path: Path) -> TermList:
    """Raises `RuleBroken` where the file is not such a list."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
        gold = tuple(frozenset(map(int, places)) for places in found["gold"])
        terms = TermList(tuple(found["queries"]), tuple(found["docs"]), gold, tuple(found.get("exclude", ())))
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = say("A list of terms is a JSON object with “queries”, “docs” and “gold”.")
        raise RuleBroken("terms_unreadable", message) from error
    if not terms.queries or not terms.docs or len(terms.gold) != len(terms.queries):
        raise RuleBroken("terms_unreadable", say("“gold” must have one entry for each of “queries”."))
    if not all(isinstance(term, str) for term in (*terms.queries, *terms.docs)) or not _places_exist(terms):
        raise RuleBroken("terms_unreadable", say("A list of terms is a JSON object with “queries”, “docs” and “gold”."))
    return terms


def _places_exist(terms: TermList) -> bool:
    there = range(len(terms.docs))
    places = [*terms.exclude, *(place for right in terms.gold for place in right)]
    return len(terms.exclude) in (0, len(terms.queries)) and all(place in there for place in places)


def rank_terms(terms: TermList, *, model: Encoder | None = None) -> dict[str, Any]:
    """Recall at 1 and at 10 of the text model: half the encoder's cosine, half that of the n-grams.

    The n-grams are weighted by how rare they are among `docs`. Of a term in two forms (“Prüfer/Prüferin”) the better
    one counts.
    """
    model = model or encoder()
    scores = np.concatenate([np.empty((0, len(terms.docs))), *_scores(terms, model)])
    for row, place in enumerate(terms.exclude):
        scores[row, place] = -np.inf
    order = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
    hits = [[place in right for place in row] for row, right in zip(order.tolist(), terms.gold, strict=True)]
    return {
        "queries": len(terms.queries),
        "docs": len(terms.docs),
        "recall_at_1": round(float(np.mean([row[0] for row in hits])), 4),
        "recall_at_10": round(float(np.mean([any(row) for row in hits])), 4),
    }


def _scores(terms: TermList, model: Encoder) -> list[NDArray[np.float64]]:
    forms = [(form, place) for place, doc in enumerate(terms.docs) for form in _forms(doc)]
    begins = np.flatnonzero(np.diff([place for _, place in forms], prepend=-1))
    texts = [form for form, _ in forms]
    there, lexicon, share = model.encode(texts), Lexicon.of([[text] for text in texts]), 0.5 if model.size else 0.0
    found = []
    for start in range(0, len(terms.queries), BLOCK):
        asked = list(terms.queries[start : start + BLOCK])
        by_grams = np.stack([lexicon.by_grams(vector(term)) for term in asked])
        by_meaning = (model.encode(asked) @ there.T).astype(float)
        found.append(np.maximum.reduceat(share * by_meaning + (1 - share) * by_grams, begins, axis=1))
    return found


def _forms(term: str) -> list[str]:
    """Both halves of “Prüfer/Prüferin”; anything else as it is."""
    halves = [half.strip() for half in term.split("/")]
    return halves if len(halves) == 2 and all(len(half) > 3 for half in halves) else [term]
