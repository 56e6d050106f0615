"""manage.py compile_texts: makes the translations of the .po files ready for use."""

from typing import Any

from django.core.management.base import BaseCommand

from backend.catalogues import compile_all


class Command(BaseCommand):
    help = "Compiles the translations. Needs no gettext tools."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        for path in compile_all():
            if options["verbosity"]:
                self.stdout.write(f"compiled {path.parent.parent.name}")
