"""What somebody has marked as true pairs in a labelled bundle."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sharing.errors import RuleBroken, say

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a labelled bundle says: (request, offer) by ref. Every list may be empty."""

    strong: frozenset[Pair] = frozenset()
    partial: frozenset[Pair] = frozenset()
    hard_negatives: frozenset[Pair] = frozenset()
    debatable: frozenset[Pair] = frozenset()

    @property
    def good(self) -> frozenset[Pair]:
        return self.strong | self.partial


def labels_of(bundle: Path) -> Mapping[str, Any] | None:
    """What `expected.json` holds, in the bundle's folder (or beside its spreadsheet); None if there is none.

    Raises `RuleBroken` if it is no JSON object.
    """
    path = bundle / "expected.json" if bundle.is_dir() else bundle.with_name("expected.json")
    if not path.is_file():
        return None
    try:
        labels = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise unreadable() from error
    if not isinstance(labels, dict):
        raise unreadable()
    return labels


def read_expected(bundle: Path) -> Expected | None:
    """The marked pairs; None if there are no labels.

    Raises `RuleBroken` if the file is not what REGION_FORMAT.md describes.
    """
    labels = labels_of(bundle)
    if labels is None:
        return None
    try:
        return Expected(
            strong=_pairs(labels.get("pairs_strong", ())),
            partial=_pairs(labels.get("pairs_partial", ())),
            hard_negatives=_pairs(labels.get("hard_negatives", ())),
            debatable=_pairs(labels.get("debatable", ())),
        )
    except (TypeError, IndexError) as error:
        raise unreadable() from error


def unreadable() -> RuleBroken:
    message = say(
        "“expected.json” cannot be read: its pairs or its networks are not as the region format describes them."
    )
    return RuleBroken("expected_unreadable", message)


def _pairs(entries: Iterable[Sequence[str]]) -> frozenset[Pair]:
    """What follows in an entry is a remark for people."""
    return frozenset((str(entry[0]), str(entry[1])) for entry in entries)
