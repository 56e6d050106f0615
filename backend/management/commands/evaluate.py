"""`manage.py evaluate BUNDLE [--json]`: the matcher on a labelled region, in memory; `--terms` on a list of terms."""

import json
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sharing.errors import RuleBroken
from sharing.matching.engine.encoder import missing
from sharing.matching.engine.match import Suggestion
from sharing.matching.evaluation import Evaluation, evaluate
from sharing.matching.labels import read_expected
from sharing.matching.shipped import shipped_knowledge
from sharing.matching.term_lists import rank_terms, read_terms
from sharing.matching.wording import sentences
from sharing.networks.engine.propose import Proposal
from sharing.networks.evaluation import as_json, compared, owners_of, proposals_of, read_structures
from sharing.regions.bundle import Bundle, read_bundle


class Command(BaseCommand):
    help = "Runs the matcher over a region bundle in memory and compares with its expected.json, if it has one."
    requires_system_checks = ()  # no server, no database, no broker

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("bundle", type=Path, help="A folder with municipalities.csv and listings.csv, or an XLSX.")
        parser.add_argument(
            "--json", action="store_true", help="One JSON object, and nothing else, on standard output."
        )
        parser.add_argument(
            "--terms", action="store_true", help="BUNDLE is a JSON file with “queries”, “docs” and “gold” instead."
        )

    def handle(self, *, bundle: Path, **options: Any) -> None:
        if reason := missing():
            self.stderr.write(f"Matching by n-grams and concepts only. {reason}")
        try:
            if options["terms"]:
                self._tell(rank_terms(read_terms(bundle)), as_json=options["json"])
                return
            region = read_bundle(bundle, today=date.min)  # old regions are evaluated too
            evaluation = evaluate(region, read_expected(bundle))
            structures = read_structures(bundle)
        except RuleBroken as problem:
            raise CommandError(str(problem)) from problem
        self._report_refused(region)
        proposals = proposals_of(evaluation.market, shipped_knowledge())
        metrics = {**evaluation.metrics, **(compared(proposals, structures) if structures is not None else {})}
        if options["json"]:
            owners = owners_of(evaluation.market)
            found = [as_json(proposal, owners) for proposal in proposals]
            self._tell({"pairs": evaluation.pairs_as_json(), "proposals": found, "metrics": metrics}, as_json=True)
        else:
            titles = {row.ref: row.draft.title for row in region.listings}
            self._show(evaluation, titles)
            self._show_proposals(proposals, titles)
            self._tell(metrics, as_json=False)

    def _tell(self, figures: Mapping[str, Any], *, as_json: bool) -> None:
        if as_json:
            # ASCII, because a terminal's encoding must not decide whether the report comes out.
            self.stdout.write(json.dumps(figures, indent=1))
            return
        for name, value in figures.items():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                self.stdout.write(f"{name}:")
                for row in value:
                    self.stdout.write("    " + "  ".join(f"{key} {cell}" for key, cell in row.items()))
            else:
                self.stdout.write(f"{name:28} {value}")

    def _report_refused(self, region: Bundle) -> None:
        for note in (*region.notes, *region.refusals):
            self.stderr.write(str(note))

    def _show(self, evaluation: Evaluation, titles: dict[str, str]) -> None:
        for request, suggestions in groupby(evaluation.suggestions, key=lambda s: s.request):
            self.stdout.write(f"{request}  {titles.get(request, '')}")
            for suggestion in suggestions:
                self.stdout.write(_line(suggestion, titles.get(suggestion.offer, "")))
        self.stdout.write("")

    def _show_proposals(self, proposals: Sequence[Proposal], titles: Mapping[str, str]) -> None:
        for proposal in proposals:
            self.stdout.write(f"{proposal.kind} {proposal.benefit:.3f}{' (a hint)' if proposal.soft else ''}")
            for listing in proposal.listings:
                self.stdout.write(f"    {listing}  {titles.get(listing, '')}")
        self.stdout.write("")


def _line(suggestion: Suggestion, title: str) -> str:
    flags = ("notify" if suggestion.notify else "") + (" partial" if suggestion.partial else "")
    reasons = "; ".join(sentences(suggestion.reasons))
    return f"  {suggestion.score:.4f} {flags:14} {suggestion.offer}  {title}\n{'':26}{reasons}"
