"""manage.py collect_texts [--check]: brings the .po files up to date with the source."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.catalogues import missing, update_all


class Command(BaseCommand):
    help = "Collects the texts of the source into the .po files."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail where a translation is missing")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if not check:
            update_all()
        if lines := missing():
            raise CommandError("Not translated:\n" + "\n".join(lines))
