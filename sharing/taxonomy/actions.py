"""Keeping the taxonomy: the categories that ship, and the concepts that coordinators collect."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.timezone import now

from sharing.actors import Actor, Role
from sharing.errors import Conflict, NotAllowed, RuleBroken, raise_all
from sharing.events import Event, emit
from sharing.taxonomy import shipped, thesaurus
from sharing.taxonomy.models import Category, Concept
from sharing.texts import is_blank, line_problems

LONGEST_TERM, LONGEST_NEED, MOST = 120, 160, 50
LISTS = {  # with their longest entry
    "synonyms": LONGEST_TERM,
    "foreign_names": LONGEST_TERM,
    "needs": LONGEST_NEED,
    "foreign_needs": LONGEST_NEED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One meaning: its term in one language, other words for it, and where it belongs."""

    term: str
    language: str = "de"
    term_en: str = ""
    synonyms: tuple[str, ...] = ()
    foreign_names: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    foreign_needs: tuple[str, ...] = ()
    category: str | None = None
    broader: UUID | None = None
    not_same_as: tuple[UUID, ...] = ()


@transaction.atomic
def load_categories() -> int:
    """Insert or refresh the shipped categories; what operators added stays. Returns how many were loaded."""
    categories = [
        Category(
            code=row["code"],
            name_de=row["name_de"],
            name_en=row["name_en"],
            budget_areas=row["budget_product_areas"],
            examples_de=row["examples_de"].split(";"),
        )
        for row in shipped.rows()
    ]
    names = ["name_de", "name_en", "budget_areas", "examples_de"]
    Category.objects.bulk_create(categories, update_conflicts=True, unique_fields=["code"], update_fields=names)
    return len(categories)


@transaction.atomic
def load_concepts() -> int:
    """Insert shipped concepts that are new, and new words of the others; what editors changed stays. Returns how many
    are new."""
    _refresh()
    known = dict(Concept.objects.exclude(key=None).values_list("key", "id"))
    taken = {term.casefold() for term in Concept.objects.filter(language="de").values_list("term", flat=True)}
    new = [m for m in thesaurus.shipped() if m.key not in known and m.term.casefold() not in taken]
    rows = [
        Concept(
            key=meaning.key,
            term=meaning.term,
            term_en=meaning.term_en,
            category_id=meaning.category,
            **_shipped_lists(meaning),
        )
        for meaning in new
    ]
    known |= {str(row.key): row.id for row in rows}
    for row, meaning in zip(rows, new, strict=True):
        row.broader_id = known.get(meaning.broader)
    Concept.objects.bulk_create(rows)
    through = Concept.not_same_as.through
    pairs = {(known[m.key], known[other]) for m in new for other in m.apart if other in known}
    both = sorted(pairs | {(b, a) for a, b in pairs})
    through._default_manager.bulk_create(
        [through(from_concept_id=a, to_concept_id=b) for a, b in both], ignore_conflicts=True
    )
    return len(rows)


def _refresh() -> None:
    """Give concepts whose words nobody has edited the words that ship now."""
    edited = Event.objects.filter(kind="concept.changed").exclude(data__has_key="not_same_as").values("subject_id")
    shipped_now = {meaning.key: meaning for meaning in thesaurus.shipped()}
    outdated = []
    for concept in Concept.objects.filter(key__in=shipped_now).exclude(id__in=edited).select_for_update(no_key=True):
        words = _shipped_lists(shipped_now[str(concept.key)])
        if any(getattr(concept, name) != value for name, value in words.items()):
            for name, value in (words | {"changed_at": now()}).items():
                setattr(concept, name, value)
            outdated.append(concept)
    Concept.objects.bulk_update(outdated, [*LISTS, "changed_at"], batch_size=500)


def _shipped_lists(meaning: thesaurus.Meaning) -> dict[str, list[str]]:
    return {
        "synonyms": list(meaning.words),
        "foreign_names": list(meaning.foreign),
        "needs": list(meaning.needs),
        "foreign_needs": list(meaning.foreign_needs),
    }


@transaction.atomic
def add_concept(wording: Wording, *, by: Actor) -> Concept:
    """Add a meaning with its words; matching and search will know that they are the same."""
    return _keep(Concept(), wording, "concept.added", by=by)


@transaction.atomic
def change_concept(concept_id: UUID, wording: Wording, *, by: Actor) -> Concept:
    """Replace the words of a meaning."""
    concept = Concept.objects.select_for_update(no_key=True).get(id=concept_id)
    return _keep(concept, wording, "concept.changed", by=by)


@transaction.atomic
def keep_apart(one_id: UUID, other_id: UUID, *, by: Actor) -> None:
    """Two concepts are look-alikes and not the same: matching will tell them apart."""
    _require_editor(by)
    one = Concept.objects.select_for_update(no_key=True).get(id=one_id)
    one.not_same_as.add(Concept.objects.get(id=other_id))
    one.save(update_fields=["changed_at"])
    emit("concept.changed", one.id, by=by, data={"term": one.term, "not_same_as": str(other_id)})


def _keep(concept: Concept, wording: Wording, kind: str, *, by: Actor) -> Concept:
    _require_editor(by)
    raise_all(_problems(concept, wording))
    concept.term, concept.language, concept.term_en = wording.term, wording.language, wording.term_en
    for name in LISTS:
        setattr(concept, name, list(getattr(wording, name)))
    concept.category_id, concept.broader_id = wording.category, wording.broader
    try:
        with transaction.atomic():
            concept.save()
            concept.not_same_as.set(Concept.objects.filter(id__in=wording.not_same_as))
    except IntegrityError as error:
        raise Conflict("exists", "This term is already in the table.", field="term") from error
    emit(kind, concept.id, by=by, data={"term": concept.term})
    return concept


def _require_editor(by: Actor) -> None:
    """The table is everybody's: whoever edits for any organisation may improve it, and the event says who did."""
    if not by.is_system and all(seat.role < Role.EDITOR for seat in by.seats):
        raise NotAllowed("role_too_low", "Only editors may change the concepts.")


def _problems(concept: Concept, wording: Wording) -> "list[RuleBroken]":
    return [*_word_problems(wording), *_reference_problems(concept, wording)]


def _word_problems(wording: Wording) -> "Iterator[RuleBroken]":
    yield from line_problems(wording.term, field="term", longest=LONGEST_TERM)
    yield from line_problems(wording.term_en, field="term_en", longest=LONGEST_TERM)
    if is_blank(wording.term):
        yield RuleBroken("missing", "Write the term.", field="term")
    for field, longest in LISTS.items():
        if len(getattr(wording, field)) > MOST:
            yield RuleBroken("too_many", "Give at most %(most)s of them.", field=field, most=MOST)
        for line in getattr(wording, field):
            yield from line_problems(line, field=field, longest=longest)


def _reference_problems(concept: Concept, wording: Wording) -> "Iterator[RuleBroken]":
    others = Concept.objects.exclude(id=concept.id)
    if wording.category and not Category.objects.filter(code=wording.category).exists():
        yield RuleBroken("unknown", "This category does not exist.", field="category")
    if wording.broader and not others.filter(id=wording.broader).exists():
        yield RuleBroken("unknown", "This broader concept does not exist.", field="broader")
    if others.filter(id__in=wording.not_same_as).count() < len(set(wording.not_same_as)):
        yield RuleBroken("unknown", "One of these concepts does not exist.", field="not_same_as")
