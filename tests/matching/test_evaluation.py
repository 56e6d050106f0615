"""The figures about a labelled bundle."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sharing.errors import RuleBroken
from sharing.matching.engine.match import Suggestion
from sharing.matching.evaluation import Evaluation, calibration, evaluate
from sharing.matching.labels import Expected, read_expected
from sharing.regions.bundle import read_bundle
from tests.matching.market import knowledge
from tests.regions.bundles import listing, municipality, write_csv

PLACES = [
    municipality(),
    municipality(key="99001002", name="Gemeinde Haingrund", latitude="50.6", longitude="8.33"),
]
OFFER = {"direction": "offer", "municipality": "99001002"}
PRIVACY = {"resource": "expertise", "category": "DSB", "keywords": "", "description": ""}
LISTINGS = [
    listing(ref="R1", title="Kehrmaschine mit Fahrer"),
    listing(ref="R2", title="Datenschutzbeauftragter", quantity="0.5", unit="fte", **PRIVACY),
    listing(ref="O1", title="Kompaktkehrmaschine mit Bediener", quantity="20", **OFFER),
    listing(ref="O2", title="Datenschutzbeauftragte", quantity="10", **OFFER, **PRIVACY),
    listing(ref="O3", title="Kehrmaschine zu verkaufen", **OFFER | {"considerations": "sale"}),
]
LABELS = {
    "pairs_strong": [["R1", "O1"]],
    "pairs_partial": [["R2", "O2", "covers 10 of 19.5 hours"]],
    "hard_negatives": [["R1", "O3", "sale"]],
}


@pytest.fixture
def region(tmp_path: Path) -> Path:
    return write_csv(tmp_path, LISTINGS, PLACES)


def evaluated(region: Path, labels: Any = None) -> Evaluation:
    if labels is not None:
        (region / "expected.json").write_text(json.dumps(labels), "utf-8")
    return evaluate(read_bundle(region, today=date.min), read_expected(region), knowledge=knowledge())


def test_a_region_that_is_matched_well_has_good_figures(region: Path) -> None:
    metrics = evaluated(region, LABELS).metrics
    assert metrics["recall_at_3"] == metrics["top_1"] == metrics["notify_precision"] == metrics["notify_recall"] == 1
    assert metrics["hard_negatives_notified"] == metrics["missing_from_top_3"] == []
    assert (metrics["partial_in_top_5_and_marked"], metrics["strong_marked_partial"]) == (1, [])
    assert metrics["precision_at_recall_0.9"] == 1
    assert metrics["misses"] == []
    assert (metrics["strong"], metrics["partial"], metrics["hard_negatives"]) == (1, 1, 1)
    assert (metrics["requests"], metrics["offers"], metrics["notified"]) == (2, 3, 2)


def test_what_goes_wrong_is_named(region: Path) -> None:
    labels = {"pairs_strong": [["R1", "O3"], ["R2", "O2"]], "hard_negatives": [["R1", "O1", "pretend"]]}
    metrics = evaluated(region, labels).metrics
    assert metrics["recall_at_3"] == 0.5
    assert metrics["missing_from_top_3"] == [["R1", "O3"]]
    assert metrics["hard_negatives_notified"] == [["R1", "O1"]]
    assert metrics["notify_precision"] == 0.5
    assert metrics["strong_marked_partial"] == [["R2", "O2"]]
    assert metrics["precision_at_recall_0.9"] is None
    assert metrics["misses"] == [{"request": "R1", "offer": "O3", "reason": "sale", "score": None}]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"starts_on": "2040-01-01", "ends_on": "2040-02-01"}, "no_common_day"),
        ({"mode": "remote"}, "mode"),
        ({"radius_km": "1"}, "too_far"),
        ({"municipality": "99001001"}, "same_administration"),
        ({"title": "Eheschließung", "category": "ORD", "resource": "expertise", "keywords": "", "description": ""}, ""),
    ],
)
def test_a_miss_says_what_stood_in_the_way(tmp_path: Path, changes: dict[str, str], reason: str) -> None:
    pair = [listing(ref="R1"), listing(ref="O1", direction="offer", municipality="99001002") | changes]
    labels = {"pairs_strong": [["R1", "O1"], ["R1", "O9"]]}
    one, other = evaluated(write_csv(tmp_path, pair, PLACES), labels).metrics["misses"]
    assert one["reason"] == reason or (not reason and one["reason"] in {"below_the_threshold", "not_suggested"})
    assert other["reason"] == "not_in_the_bundle"


def test_calibration_counts_each_suggestion_once_and_the_debatable_not_at_all() -> None:
    chances = {"O1": 0.05, "O2": 0.19, "O3": 0.2, "O4": 0.95, "O5": 1.0, "O6": 0.9}
    some = [Suggestion("R", offer, chance, False, False, ()) for offer, chance in chances.items()]
    labels = Expected(strong=frozenset({("R", "O4"), ("R", "O5")}), debatable=frozenset({("R", "O6")}))
    assert calibration(some, labels) == [
        {"from": 0.0, "to": 0.2, "pairs": 2, "mean": 0.12, "true": 0},
        {"from": 0.2, "to": 0.4, "pairs": 1, "mean": 0.2, "true": 0},
        {"from": 0.8, "to": 1.0, "pairs": 2, "mean": 0.975, "true": 1},
    ]


def test_what_is_debatable_counts_for_neither_side(region: Path) -> None:
    metrics = evaluated(region, {**LABELS, "pairs_strong": [], "debatable": [["R1", "O1", "well"]]}).metrics
    assert (metrics["notify_precision"], metrics["recall_at_3"]) == (1, None)


def test_without_labels_there_are_counts_only(region: Path) -> None:
    evaluation = evaluated(region)
    assert set(evaluation.metrics) == {"requests", "offers", "refused_rows", "suggested", "notified"}
    assert evaluation.metrics["suggested"] == len(evaluation.suggestions) >= 2


def test_labels_without_any_list_are_labels_all_the_same(region: Path) -> None:
    assert evaluated(region, {"region": "test"}).metrics["recall_at_3"] is None
    assert read_expected(region) == Expected()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"pairs_strong": 5}', '{"pairs_strong": [["R1"]]}'])
def test_labels_that_cannot_be_read_are_said_to_be_so(region: Path, content: str) -> None:
    (region / "expected.json").write_text(content, "utf-8")
    with pytest.raises(RuleBroken, match="its pairs or its networks"):
        read_expected(region)


def test_pairs_are_reported_in_the_agreed_shape(region: Path) -> None:
    pairs = json.loads(json.dumps(evaluated(region, LABELS).pairs_as_json()))
    assert [(pair["request"], pair["offer"]) for pair in pairs if pair["notify"]] == [("R1", "O1"), ("R2", "O2")]
    assert list(pairs[0]) == ["request", "offer", "score", "notify", "partial", "reasons"]


def test_one_ref_in_two_municipalities_is_two_listings(tmp_path: Path) -> None:
    twins = [
        listing(ref="1", title="Kehrmaschine"),
        listing(ref="1", direction="offer", municipality="99001002", title="Kehrmaschine"),
    ]
    (found,) = evaluated(write_csv(tmp_path, twins, PLACES)).suggestions
    assert (found.request, found.offer) == ("99001001/1", "99001002/1")
