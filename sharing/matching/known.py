"""What a process knows of text and thesaurus, and what it has read already; all of it can be made again from rows."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.db.models import Count

from sharing.matching.engine.concepts import Concepts
from sharing.matching.engine.encoder import encoder
from sharing.matching.engine.facts import Fact
from sharing.matching.engine.match import Answers, Knowledge
from sharing.matching.engine.reading import Reading, readings
from sharing.matching.models import Dismissal
from sharing.matching.shipped import classifier
from sharing.matching.vectors import KeptVectors
from sharing.taxonomy.models import Concept

MOST_READ = 20_000  # readings a process keeps at hand: about 20 kB each


@dataclass(slots=True)
class _AtHand:
    concepts: Concepts
    read: dict[tuple[str, ...], Reading]


@cache
def _vectors() -> KeptVectors:
    return KeptVectors(encoder(settings.TEXT_MODEL))


_at_hand: dict[object, _AtHand] = {}  # by the stamp of the concept table; one at a time


def keep_vectors() -> None:
    """See `KeptVectors.keep`."""
    _vectors().keep()


def knowledge() -> Knowledge:
    """The model, the thesaurus as it is in the table now, the weights, and what coordinators answered."""
    model, now = _vectors(), Concept.objects.stamp()
    if now not in _at_hand:
        meanings = Concept.objects.meanings()
        fresh = _AtHand(Concepts.of(meanings, classifier(meanings, model)), {})
        _at_hand.clear()
        _at_hand[now] = fresh
    return Knowledge(encoder=model, concepts=_at_hand[now].concepts, answers=_answers())


def stamp() -> str:
    """Of the program, the model and the thesaurus: readings that were made under others are out of date."""
    model = _vectors()
    return f"{settings.VERSION} {model.name} {model.version} {Concept.objects.stamp()}"


def read(facts: Iterable[Fact], known: Knowledge) -> dict[str, Reading]:
    """Readings by id; what this process has read before it does not read again."""
    at_hand = next(kept.read for kept in _at_hand.values() if kept.concepts is known.concepts)
    if len(at_hand) > MOST_READ:
        at_hand.clear()
    keys = {fact.id: key(fact) for fact in facts}
    new = [fact for fact in facts if keys[fact.id] not in at_hand]
    at_hand |= dict(zip([keys[f.id] for f in new], readings(new, known.encoder, known.concepts), strict=True))
    return {id_: at_hand[key] for id_, key in keys.items()}


def key(fact: Fact) -> tuple[str, ...]:
    """All of a listing that a reading depends on."""
    return fact.direction, fact.language, fact.category, fact.title, fact.description, *fact.keywords


def _answers() -> Answers:
    """How often two organisations were told “something else” of each other, by the field of the request."""
    said = Dismissal.objects.filter(reason__in=[Dismissal.Reason.OTHER_TASK, Dismissal.Reason.QUALIFICATION])
    rows = said.values_list("match__request__owner", "match__offer__owner", "match__request__category")
    counted: Counter[tuple[str, str, str]] = Counter()
    for one, other, category, times in rows.annotate(times=Count("id")).order_by():
        counted[min(str(one), str(other)), max(str(one), str(other)), category] += times
    return counted
