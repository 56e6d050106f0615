"""`manage.py calibrate FOLDER… [--write]`: fits the table of weights to labelled regions, each held out in turn."""

import csv
from argparse import ArgumentParser
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sharing.errors import RuleBroken
from sharing.matching.engine.encoder import encoder, missing
from sharing.matching.engine.match import Knowledge, Market
from sharing.matching.engine.score import TABLE, Weights, default_weights
from sharing.matching.evaluation import evaluate, facts_of
from sharing.matching.fitting import SET, Lesson, fit, lesson
from sharing.matching.labels import Expected, read_expected
from sharing.matching.shipped import keep_classifier, shipped_knowledge
from sharing.regions.bundle import Bundle, read_bundle
from sharing.taxonomy.thesaurus import shipped

SHOWN = ("recall_at_3", "top_1", "precision_at_recall_0.9", "notify_precision", "notify_recall")


class Command(BaseCommand):
    help = (
        "Fits the weights of matching to labelled region bundles and shows how each is matched by the others' weights."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("bundles", type=Path, nargs="+", help="Folders with an expected.json.")
        parser.add_argument("--write", action="store_true", help="Keep the weights fitted to all of them.")
        parser.add_argument("--learn", action="store_true", help="First learn the shipped thesaurus's classifier anew.")

    def handle(self, *, bundles: list[Path], **options: Any) -> None:
        if reason := missing():
            raise CommandError(reason)
        if options["learn"]:
            keep_classifier(shipped(), encoder())
        regions = [_labelled(path) for path in bundles]
        knowledge, start = shipped_knowledge(), default_weights()
        lessons = [
            lesson(path.name, Market.of(facts_of(bundle), knowledge), knowledge, expected)
            for path, (bundle, expected) in zip(bundles, regions, strict=True)
        ]
        if len(lessons) > 1:
            self._hold_out(lessons, regions, knowledge, start)
        weights = fit(lessons, start)
        self._show(weights)
        if options["write"]:
            _write(weights)

    def _hold_out(
        self, lessons: list[Lesson], regions: list[tuple[Bundle, Expected]], knowledge: Knowledge, start: Weights
    ) -> None:
        for held, (one, (bundle, expected)) in enumerate(zip(lessons, regions, strict=True)):
            weights = fit([other for place, other in enumerate(lessons) if place != held], start)
            figures = evaluate(bundle, expected, knowledge=replace(knowledge, weights=weights)).metrics
            told = "  ".join(f"{name} {figures[name]}" for name in SHOWN)
            hard = f"{len(figures['hard_negatives_notified'])} of {figures['hard_negatives']} hard negatives notified"
            self.stdout.write(f"{one.name:14} {told}  {hard}")

    def _show(self, weights: Weights) -> None:
        for row in _rows(weights):
            self.stdout.write(f"{row[0]:10} {row[1]:18} {row[2]:>9}  {row[3]}")


def _labelled(path: Path) -> tuple[Bundle, Expected]:
    try:
        bundle, expected = read_bundle(path, today=date.min), read_expected(path)
    except RuleBroken as problem:
        raise CommandError(str(problem)) from problem
    if expected is None:
        raise CommandError(f"“{path}” has no expected.json: there is nothing to learn from.")
    return bundle, expected


def _rows(weights: Weights) -> list[tuple[str, str, float, str]]:
    own = [("own", name, value, "set" if name in SET else "fitted") for name, value in weights.own.items()]
    rivals = [("rivals", name, value, "fitted") for name, value in weights.rivals.items()]
    rivals += [("lone", name, value, "fitted") for name, value in weights.lone.items()]
    thresholds = {"suggest": weights.suggest, "notify": weights.notify}
    return [*own, *rivals, *(("thresholds", name, value, "set") for name, value in thresholds.items())]


def _write(weights: Weights) -> None:
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("stage", "component", "weight", "how"))
        table.writerows(_rows(weights))
