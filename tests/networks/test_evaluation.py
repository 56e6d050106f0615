"""Labelled regions: the structures somebody marked are proposed, and next to nothing else."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from sharing.errors import RuleBroken
from sharing.matching.evaluation import facts_of
from sharing.networks.engine.propose import Proposal
from sharing.networks.engine.terms import Kind
from sharing.networks.evaluation import as_json, compared, owners_of, proposals_of, read_structures
from sharing.regions.bundle import read_bundle
from tests.matching.market import knowledge, market

ELVERLAND = Path(__file__).parents[2] / "config/demo/elverland"


@pytest.fixture(scope="module")
def proposals() -> list[Proposal]:
    bundle = read_bundle(ELVERLAND, today=date.min)
    return proposals_of(market(facts_of(bundle)), knowledge())


def test_all_that_is_marked_is_proposed_and_nothing_else(proposals: list[Proposal]) -> None:
    expected = read_structures(ELVERLAND)
    assert expected is not None
    assert Counter(kind for kind, _ in expected) == {
        Kind.SWAP: 3,
        Kind.RING: 3,
        Kind.CAPACITY_POOL: 3,
        Kind.SUPPLY_POOL: 2,
        Kind.DEMAND_POOL: 3,
        Kind.CONSORTIUM: 2,
    }
    figures = compared(proposals, expected)
    assert (figures["structures_missed"], figures["proposals_not_marked"]) == ([], [])
    assert figures["structures_found"] == figures["structures"] == 16


def test_where_one_wants_money_a_circle_is_only_a_hint(proposals: list[Proposal]) -> None:
    labels = json.loads((ELVERLAND / "expected.json").read_text("utf-8"))
    soft = {frozenset(ref for leg in entry["legs"] for ref in leg[1::2]) for entry in labels["swaps_soft"]}
    assert {frozenset(p.listings) for p in proposals if p.soft} <= soft
    assert not soft & {frozenset(p.listings) for p in proposals if not p.soft}


def test_the_report_has_the_agreed_shape(proposals: list[Proposal]) -> None:
    there = market(facts_of(read_bundle(ELVERLAND, today=date.min)))
    ring = next(p for p in proposals if p.kind == Kind.RING)
    told = json.loads(json.dumps(as_json(ring, owners_of(there))))
    assert list(told) == ["kind", "id", "listings", "legs", "benefit", "gap", "soft"]
    givers, takers = [leg[0] for leg in told["legs"]], [leg[2] for leg in told["legs"]]
    assert takers == [*givers[1:], givers[0]]
    assert {ref for leg in told["legs"] for ref in leg[1::2]} == set(told["listings"])


@pytest.mark.parametrize("content", ['{"swaps": 5}', '{"swaps": [{}]}', '{"rings": [{"legs": [["a"]]}]}', "[]"])
def test_structures_that_cannot_be_read_are_said_to_be_so(tmp_path: Path, content: str) -> None:
    (tmp_path / "expected.json").write_text(content, "utf-8")
    with pytest.raises(RuleBroken, match="cannot be read"):
        read_structures(tmp_path)


def test_without_labels_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    assert read_structures(tmp_path) is None
