"""manage.py import_register FILE: the official German register of municipalities into the directory."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from sharing.actors import SYSTEM
from sharing.errors import DomainError
from sharing.municipalities.imports import Report, import_register
from sharing.municipalities.register import read_register
from sharing.municipalities.register_entries import Register


class Command(BaseCommand):
    help = "Imports the German register of municipalities (Destatis, quarterly extract “AuszugGV”, as CSV UTF-8)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--valid-from", type=_day, metavar="DATE", help="first day of new keys")
        parser.add_argument("--dry-run", action="store_true", help="check and count, but keep nothing")

    def handle(self, *args: Any, file: Path, valid_from: date | None, dry_run: bool, **options: Any) -> None:
        try:
            register = read_register(file.read_bytes())
        except OSError as error:
            raise CommandError(f"“{file.name}” cannot be read: {error.strerror}.") from error
        except DomainError as error:
            raise CommandError(f"“{file.name}” was not imported. {error}") from error
        self._say(f"{len(register.entries)} entries read, {len(register.refusals)} rows refused")
        with transaction.atomic():
            report = import_register(register, valid_from=valid_from, by=SYSTEM, progress=self._progress)
            transaction.set_rollback(dry_run)
        self._show(register, report, dry_run)

    def _progress(self, what: str, done: int, of: int) -> None:
        self._say(f"{what}: {done} of {of}")

    def _say(self, line: str) -> None:
        self.stderr.write(line, self.style.NOTICE)

    def _show(self, register: Register, report: Report, dry_run: bool) -> None:
        refusals = sorted([*register.refusals, *report.refusals], key=lambda refusal: refusal.line)
        for refusal in refusals:
            self.stdout.write(str(refusal))
        self.stdout.write(
            f"{len(register.counties)} counties, {len(register.associations)} associations, "
            f"{len(register.municipalities)} municipalities: {report.registered} new, {report.changed} changed, "
            f"{report.same} the same. Keys: {report.keys_added} added, {report.keys_ended} ended; "
            f"{report.elsewhere} known keys that this file does not hold. Left out: {register.uninhabited} "
            f"uninhabited areas, {register.bodiless} associations without a body of their own. "
            f"Refused rows: {len(refusals)}."
        )
        if dry_run:
            self.stdout.write("This was a dry run: nothing was kept.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("write the day as year-month-day, such as 2027-01-01") from None
