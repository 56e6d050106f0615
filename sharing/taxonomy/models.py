"""Categories of cooperation, and the concepts whose synonyms let different words mean the same."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sharing.actors import Actor
from sharing.ids import new_id
from sharing.taxonomy.thesaurus import Meaning


class CategoryQuerySet(models.QuerySet["Category"]):
    def visible_to(self, actor: Actor) -> "CategoryQuerySet":
        """The same list for every member and token."""
        return self if actor.is_system or actor.seats else self.none()


class ConceptQuerySet(models.QuerySet["Concept"]):
    def visible_to(self, actor: Actor) -> "ConceptQuerySet":
        """The same table for every member and token."""
        return self if actor.is_system or actor.seats else self.none()

    def meanings(self) -> tuple[Meaning, ...]:
        """The whole table as matching takes it, by key."""
        rows = self.select_related("broader").prefetch_related("not_same_as")
        return tuple(sorted((concept.meaning for concept in rows), key=lambda meaning: meaning.key))

    def keyed(self, keys: Collection[str]) -> "ConceptQuerySet":
        """By the keys that `meanings` gives them."""
        own = [key for key in keys if len(key) == len(str(UUID(int=0)))]
        return self.filter(models.Q(key__in=keys) | models.Q(key=None, id__in=own))

    def stamp(self) -> tuple[int, datetime | None]:
        """Differs whenever the table does."""
        found = self.aggregate(rows=models.Count("id"), last=models.Max("changed_at"))
        return found["rows"], found["last"]

    def other_names(self, words: str) -> list[str]:
        """All names of the concepts that these words name, in whatever case."""
        word = words.strip().lower()
        named = self.annotate(
            said=models.Func("synonyms", function="array_to_string", template=_LOWERED, output_field=models.TextField())
        )
        same = models.Q(term__iexact=word) | models.Q(term_en__iexact=word) | models.Q(said__contains=f"\n{word}\n")
        rows = named.filter(same).order_by("term").values_list("term", "term_en", "synonyms") if word else ()
        return list(dict.fromkeys(name for one, other, more in rows for name in (one, other, *more) if name))


_LOWERED = "lower(E'\\n' || %(function)s(%(expressions)s, E'\\n') || E'\\n')"


class Category(models.Model):
    """A field of municipal work, such as BAU: Bauhof, Straßen, Winterdienst."""

    code = models.CharField(primary_key=True, max_length=3)
    name_de = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    budget_areas = models.CharField(max_length=20, blank=True, help_text=_("Product areas of municipal budgets."))
    examples_de = ArrayField(models.CharField(max_length=80), default=list)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_de if (get_language() or "de").startswith("de") else self.name_en


class Concept(models.Model):
    """One meaning with its words: bDSB, Datenschutzbeauftragter, DPO … Matching and search take them for the same."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.SlugField(max_length=60, null=True, blank=True, unique=True, help_text=_("Of the shipped ones."))
    category = models.ForeignKey(Category, models.SET_NULL, null=True, blank=True, related_name="concepts")
    language = models.CharField(max_length=2, default="de")
    term = models.CharField(max_length=120)
    term_en = models.CharField(max_length=120, blank=True, help_text=_("The term in English."))
    synonyms = ArrayField(
        models.CharField(max_length=120), default=list, blank=True, help_text=_("Other names, in German or English.")
    )
    foreign_names = ArrayField(
        models.CharField(max_length=120), default=list, blank=True, help_text=_("Names in other languages.")
    )
    needs = ArrayField(
        models.CharField(max_length=160),
        default=list,
        blank=True,
        help_text=_("How people describe it without naming it."),
    )
    foreign_needs = ArrayField(
        models.CharField(max_length=160), default=list, blank=True, help_text=_("The same in other languages.")
    )
    broader = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="narrower")
    not_same_as = models.ManyToManyField(
        "self", blank=True, help_text=_("Look-alikes that are something else: a course on it, a smaller machine …")
    )

    changed_at = models.DateTimeField(auto_now=True)

    objects = ConceptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["language", "term"],
                name="concept_once",
                violation_error_message=_("This term is already in the table."),
            )
        ]

    def __str__(self) -> str:
        return self.term

    @property
    def meaning(self) -> Meaning:
        """As matching takes it. Reads `not_same_as`, so fetch that before."""
        return Meaning(
            key=_key(self),
            term=self.term,
            term_en=self.term_en,
            category=self.category_id or "",
            words=tuple(self.synonyms),
            foreign=tuple(self.foreign_names),
            needs=tuple(self.needs),
            foreign_needs=tuple(self.foreign_needs),
            broader=_key(self.broader) if self.broader else "",
            apart=frozenset(_key(other) for other in self.not_same_as.all()),
        )


def _key(concept: Concept) -> str:
    return concept.key or str(concept.id)
