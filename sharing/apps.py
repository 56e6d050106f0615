"""The domain as one Django app: one migration line, one label."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SharingConfig(AppConfig):
    name = "sharing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(_load_taxonomy, sender=self)


def _load_taxonomy(**_: Any) -> None:
    """Reference data comes with the schema, as Django does it for permissions: a flushed database has it again."""
    from sharing.taxonomy.actions import load_categories, load_concepts

    load_categories()
    load_concepts()
