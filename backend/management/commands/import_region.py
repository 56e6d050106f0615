"""manage.py import_region FOLDER_OR_XLSX: a region's spreadsheets into the marketplace."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from sharing.actors import SYSTEM
from sharing.errors import DomainError
from sharing.municipalities.models import OfficialKey
from sharing.regions.actions import Report, import_bundle
from sharing.regions.bundle import Bundle, read_bundle


class Command(BaseCommand):
    help = "Imports a region bundle (a folder with municipalities.csv and listings.csv, or one XLSX file)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("bundle", type=Path, metavar="FOLDER_OR_XLSX")
        parser.add_argument("--dry-run", action="store_true", help="check and count, but keep nothing")

    def handle(self, *args: Any, bundle: Path, dry_run: bool, **options: Any) -> None:
        keys = OfficialKey.objects.filter(valid_until=None).values_list("value", flat=True)
        try:
            read = read_bundle(bundle, today=timezone.localdate(), known_keys=frozenset(keys))
        except DomainError as error:
            raise CommandError(str(error)) from error
        self._say(f"{len(read.listings)} listings read, {read.refused_rows} rows refused")
        with transaction.atomic():
            report = import_bundle(read, by=SYSTEM, now=timezone.now(), progress=self._progress)
            transaction.set_rollback(dry_run)
        self._show(read, report, dry_run)

    def _progress(self, what: str, done: int, of: int) -> None:
        self._say(f"{what}: {done} of {of} listings")

    def _say(self, line: str) -> None:
        self.stderr.write(line, self.style.NOTICE)

    def _show(self, read: Bundle, report: Report, dry_run: bool) -> None:
        for note in [*read.notes, *read.refusals]:
            self.stdout.write(str(note))
        self.stdout.write(
            f"Municipalities: {report.municipalities_new} new, {report.municipalities_changed} changed. "
            f"Listings: {report.listings_new} new, {report.listings_changed} changed, {report.listings_same} the same, "
            f"{report.listings_ended} closed and left alone. Refused rows: {read.refused_rows}."
        )
        if dry_run:
            self.stdout.write("This was a dry run: nothing was kept.")
