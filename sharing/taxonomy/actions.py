"""Keeping the taxonomy: the categories that ship, and the concepts that coordinators collect."""

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

from sharing.actors import Actor, Role
from sharing.errors import Conflict, NotAllowed, RuleBroken, raise_all
from sharing.events import emit
from sharing.taxonomy import shipped
from sharing.taxonomy.models import Category, Concept
from sharing.texts import is_blank, line_problems

LONGEST_TERM, MOST_SYNONYMS = 120, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One meaning: its term in one language, other words for it, and where it belongs."""

    term: str
    language: str = "de"
    synonyms: tuple[str, ...] = ()
    category: str | None = None
    broader: UUID | None = None


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
def add_concept(wording: Wording, *, by: Actor) -> Concept:
    """Add a meaning with its words; matching and search will know that they are the same."""
    return _keep(Concept(), wording, "concept.added", by=by)


@transaction.atomic
def change_concept(concept_id: UUID, wording: Wording, *, by: Actor) -> Concept:
    """Replace the words of a meaning."""
    concept = Concept.objects.select_for_update(no_key=True).get(id=concept_id)
    return _keep(concept, wording, "concept.changed", by=by)


def _keep(concept: Concept, wording: Wording, kind: str, *, by: Actor) -> Concept:
    _require_editor(by)
    raise_all(_problems(concept, wording))
    concept.term, concept.language, concept.synonyms = wording.term, wording.language, list(wording.synonyms)
    concept.category_id, concept.broader_id = wording.category, wording.broader
    try:
        with transaction.atomic():
            concept.save()
    except IntegrityError as error:
        raise Conflict("exists", "This term is already in the table.", field="term") from error
    emit(kind, concept.id, by=by, data={"term": concept.term})
    return concept


def _require_editor(by: Actor) -> None:
    """The table is everybody's: whoever edits for any organisation may improve it, and the event says who did."""
    if not by.is_system and all(seat.role < Role.EDITOR for seat in by.seats):
        raise NotAllowed("role_too_low", "Only editors may change the concepts.")


def _problems(concept: Concept, wording: Wording) -> "list[RuleBroken]":
    problems = [*line_problems(wording.term, field="term", longest=LONGEST_TERM)]
    for synonym in wording.synonyms:
        problems += line_problems(synonym, field="synonyms", longest=LONGEST_TERM)
    if is_blank(wording.term):
        problems.append(RuleBroken("missing", "Write the term.", field="term"))
    if len(wording.synonyms) > MOST_SYNONYMS:
        most = MOST_SYNONYMS
        problems.append(RuleBroken("too_many", "Use at most %(most)s synonyms.", field="synonyms", most=most))
    if wording.category and not Category.objects.filter(code=wording.category).exists():
        problems.append(RuleBroken("unknown", "This category does not exist.", field="category"))
    if wording.broader and not Concept.objects.exclude(id=concept.id).filter(id=wording.broader).exists():
        problems.append(RuleBroken("unknown", "This broader concept does not exist.", field="broader"))
    return problems
