"""Categories of cooperation, and the concepts whose synonyms let different words mean the same."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sharing.actors import Actor
from sharing.ids import new_id


class CategoryQuerySet(models.QuerySet["Category"]):
    def visible_to(self, actor: Actor) -> "CategoryQuerySet":
        """The same list for every member and token."""
        return self if actor.is_system or actor.seats else self.none()


class ConceptQuerySet(models.QuerySet["Concept"]):
    def visible_to(self, actor: Actor) -> "ConceptQuerySet":
        """The same table for every member and token."""
        return self if actor.is_system or actor.seats else self.none()


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
    """One meaning with its words in one language: bDSB, Datenschutzbeauftragter, DPO …"""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    category = models.ForeignKey(Category, models.SET_NULL, null=True, blank=True, related_name="concepts")
    language = models.CharField(max_length=2, default="de")
    term = models.CharField(max_length=120)
    synonyms = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    broader = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="narrower")

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
