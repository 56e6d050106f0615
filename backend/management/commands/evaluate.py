"""`manage.py evaluate BUNDLE [--json]`: the matcher on a labelled region, in memory."""

import json
from argparse import ArgumentParser
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sharing.errors import RuleBroken
from sharing.matching.engine.match import Suggestion
from sharing.matching.engine.reasons import Reason
from sharing.matching.evaluation import Evaluation, evaluate, read_expected
from sharing.regions.bundle import Bundle, read_bundle


class Command(BaseCommand):
    help = "Runs the matcher over a region bundle in memory and compares with its expected.json, if it has one."
    requires_system_checks = ()  # no server, no database, no broker

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("bundle", type=Path, help="A folder with municipalities.csv and listings.csv, or an XLSX.")
        parser.add_argument(
            "--json", action="store_true", help="One JSON object, and nothing else, on standard output."
        )

    def handle(self, *, bundle: Path, **options: Any) -> None:
        try:
            region = read_bundle(bundle, today=date.min)  # old regions are evaluated too
            evaluation = evaluate(region, read_expected(bundle))
        except RuleBroken as problem:
            raise CommandError(str(problem)) from problem
        self._report_refused(region)
        if options["json"]:
            # ASCII, because a terminal's encoding must not decide whether the report comes out.
            self.stdout.write(json.dumps(evaluation.as_json(), indent=1))
        else:
            self._show(evaluation, {row.ref: row.draft.title for row in region.listings})

    def _report_refused(self, region: Bundle) -> None:
        for note in (*region.notes, *region.refusals):
            self.stderr.write(str(note))

    def _show(self, evaluation: Evaluation, titles: dict[str, str]) -> None:
        for request, suggestions in groupby(evaluation.suggestions, key=lambda s: s.request):
            self.stdout.write(f"{request}  {titles.get(request, '')}")
            for suggestion in suggestions:
                self.stdout.write(_line(suggestion, titles.get(suggestion.offer, "")))
        self.stdout.write("")
        for name, value in evaluation.metrics.items():
            self.stdout.write(f"{name:24} {value}")


def _line(suggestion: Suggestion, title: str) -> str:
    flags = ("notify" if suggestion.notify else "") + (" partial" if suggestion.partial else "")
    reasons = "; ".join(map(_reason, suggestion.reasons))
    return f"  {suggestion.score:.4f} {flags:14} {suggestion.offer}  {title}\n{'':26}{reasons}"


def _reason(reason: Reason) -> str:
    details = [value for name, value in reason.items() if name not in ("code", "points")]
    told = " ".join(" ".join(value) if isinstance(value, list) else str(value) for value in details)
    return f"{reason['code']} {told} +{reason['points']:.4f}".replace("  ", " ")
