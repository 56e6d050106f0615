"""Bringing the category list that ships with the project into the database."""

from django.db import transaction

from sharing.taxonomy import shipped
from sharing.taxonomy.models import Category


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
