"""A listing as the engine has read it: what it is about, in vectors, n-grams, concepts and topics."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sharing.listings.terms import Direction
from sharing.matching.engine.clauses import Clauses, clauses
from sharing.matching.engine.concepts import Activation, Concepts
from sharing.matching.engine.encoder import GRID, Encoder, Vectors
from sharing.matching.engine.facts import Fact
from sharing.matching.engine.text import Grams, stems, vector

# A course about something is not somebody who does it. General words of six languages.
_TRAINING = re.compile(
    r"""(?ix)\b(?:kurs(?!plan|aus)\w*|\w*kurse?\b|lehrg[aä]ng\w*|schulung\w*|\w+schulungen?\b|seminar\w*|fortbildung\w*
    |weiterbildung\w*|workshop\w*|unterweisung\w*|teilnehmende?\w*|teilnehmer\w*|trainings?\b|courses?\b|participants?
    |opleiding\w*|cursus\w*|formations?\b|szkoleni\w*|kursy?\b|cors[oi]\b|formazione)"""
)
TITLE_SHARE = 0.5  # of a listing's one vector; the clauses share the rest


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One listing, read. It depends on its texts, the encoder and the thesaurus alone, so it can be kept."""

    parts: Vectors  # (1 + clauses, size): unit vectors on the encoder's grid, or zeros; the title comes first
    centre: Vectors  # (size,): half title, half mean of the clauses, on the grid; what retrieval compares
    named: Activation  # concepts by name
    refused: Activation  # concepts named where the listing says what it is not about
    grams: Grams  # of the subject: buckets and weights, as `text.vector` gives them
    topics: NDArray[np.float32]  # (concepts,): see `Topics.distribution`
    training: float  # 1 if the title speaks of a course, half if the description does


def texts_of(fact: Fact) -> list[str]:
    """What is encoded of a listing: its title, and each clause of its subject.

    Not the whole text as well: half the title and half the mean of the clauses does as well and takes half the time.
    """
    found = clauses_of(fact)
    return [found.title, *found.subject]


def clauses_of(fact: Fact) -> Clauses:
    return clauses(fact.title, fact.description, asks=fact.direction == Direction.REQUEST)


def readings(facts: Sequence[Fact], encoder: Encoder, concepts: Concepts) -> list[Reading]:
    """Readings of some listings, encoded in one batch; equal texts once."""
    texts = [texts_of(fact) for fact in facts]
    vectors = encoder.encode([text for some in texts for text in some])
    starts = np.cumsum([0, *map(len, texts)])
    return [_reading(fact, vectors[starts[row] : starts[row + 1]], concepts) for row, fact in enumerate(facts)]


def _reading(fact: Fact, parts: Vectors, concepts: Concepts) -> Reading:
    found = clauses_of(fact)
    subject = "\n".join((found.title, *fact.keywords, *found.subject))
    grams = vector(subject)
    return Reading(
        parts=parts,
        centre=_centre(parts),
        named=concepts.spoken(found.title, (*found.subject, *fact.keywords)),
        refused=concepts.spoken("", found.refused),
        grams=grams,
        topics=concepts.topics.distribution(parts, grams, stems(subject), fact.category, fact.language),
        training=_training(found),
    )


def _centre(parts: Vectors) -> Vectors:
    """Back on the grid, so that products of centres are exact, too."""
    body = parts[1:].mean(axis=0) if len(parts) > 1 else parts[0]
    mixed = TITLE_SHARE * parts[0].astype(np.float64) + (1 - TITLE_SHARE) * body
    length = float(np.sqrt(np.sum(mixed**2)))
    return np.asarray(np.round(mixed / (length or 1.0) * GRID) / GRID, np.float32)


def _training(found: Clauses) -> float:
    return 1.0 if _TRAINING.search(found.title) else 0.5 if _TRAINING.search(" ".join(found.subject)) else 0.0
