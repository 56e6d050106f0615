"""The engine as a whole: the same answer whatever the order and the batch, and never too many."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.matching.engine import match
from sharing.matching.engine.facts import Fact
from sharing.matching.engine.match import suggest
from sharing.matching.engine.score import DEFAULT
from tests.matching.market import GIVE, NEED, markets, offer, request

EVERYTHING = replace(DEFAULT, suggest=0.0)
Market = tuple[list[Fact], list[Fact]]


def alike(count: int) -> Market:
    """As many requests as offers, each pair as good as any other."""
    return (
        [request(id=f"R{n:03}", owner=replace(NEED, id=f"need{n}")) for n in range(count)],
        [offer(id=f"O{n:03}", owner=replace(GIVE, id=f"give{n}")) for n in range(count)],
    )


def test_the_engine_knows_no_django() -> None:
    program = (
        "import sys, sharing.matching.engine.match, sharing.matching.evaluation, sharing.regions.bundle\n"
        "sys.exit(any(name.partition('.')[0] in {'django', 'celery', 'psycopg'} for name in sys.modules))"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0


def test_nothing_on_one_side_is_no_error() -> None:
    assert suggest([], [offer()]) == suggest([request()], []) == suggest([], []) == []


def test_the_best_offer_comes_first_and_ties_go_by_id() -> None:
    offers = [offer(id="O3"), offer(id="O1"), offer(id="O2", title="Kehrmaschine mit Fahrer")]
    assert [found.offer for found in suggest([request()], offers)] == ["O2", "O1", "O3"]


def test_what_is_too_weak_is_not_suggested() -> None:
    weak = offer(title="Standesamt", category="ORD", resource="expertise")
    assert suggest([request()], [weak]) == []
    assert len(suggest([request()], [weak], weights=EVERYTHING)) == 1


@given(markets(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(market: Market, random: st.DataObject) -> None:
    requests, offers = market
    shuffled = [random.sample(side, len(side)) for side in market]  # type: ignore[attr-defined]
    assert suggest(*shuffled, weights=EVERYTHING) == suggest(requests, offers, weights=EVERYTHING)


@given(markets(), st.data())
def test_matching_only_what_changed_gives_what_matching_everything_gives(market: Market, data: st.DataObject) -> None:
    requests, offers = market
    full = suggest(requests, offers, weights=EVERYTHING)
    changed = data.draw(st.sets(st.sampled_from([fact.id for fact in requests])))
    some = suggest([fact for fact in requests if fact.id in changed], offers, weights=EVERYTHING)
    assert some == [found for found in full if found.request in changed]


@given(markets(), st.integers(1, 20))
def test_blocks_of_any_size_give_the_same(market: Market, cells: int) -> None:
    weights = replace(EVERYTHING, most_per_listing=2)
    whole = suggest(*market, weights=weights)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(match, "CELLS", cells)
        assert suggest(*market, weights=weights) == whole


@given(markets(), st.integers(1, 3))
def test_kept_are_the_best_of_each_request_and_of_each_offer(market: Market, most: int) -> None:
    full = suggest(*market, weights=EVERYTHING)
    kept = {
        (found.request, found.offer) for found in suggest(*market, weights=replace(EVERYTHING, most_per_listing=most))
    }
    expected = set()
    for side, other in (("request", "offer"), ("offer", "request")):
        for listing in {getattr(found, side) for found in full}:
            own = [found for found in full if getattr(found, side) == listing]
            own.sort(key=lambda found: (-found.score, getattr(found, other)))
            expected |= {(found.request, found.offer) for found in own[:most]}
    assert kept == expected


@given(markets(), st.data())
def test_one_sides_best_and_what_is_known_may_be_asked_for(market: Market, data: st.DataObject) -> None:
    full = [(found.request, found.offer) for found in suggest(*market, weights=EVERYTHING)]
    known = data.draw(st.sets(st.sampled_from(full))) if full else set()
    narrow = replace(EVERYTHING, most_per_listing=1)
    requests, offers = ({fact.id for fact in side} for side in market)
    of_requests = {(f.request, f.offer) for f in suggest(*market, weights=narrow, best_for=requests)}
    of_offers = {(f.request, f.offer) for f in suggest(*market, weights=narrow, best_for=offers)}
    both = {(f.request, f.offer) for f in suggest(*market, weights=narrow)}
    assert both == of_requests | of_offers
    assert len(of_requests) == len({request for request, _ in full})
    strangers = {("R0", "nobody"), ("nobody", "O0")}
    also = {(f.request, f.offer) for f in suggest(*market, weights=narrow, best_for=requests, also=known | strangers)}
    assert also == of_requests | known


def test_an_import_of_alike_listings_stays_bounded() -> None:
    weights = replace(DEFAULT, most_per_listing=5)
    found = suggest(*alike(60), weights=weights)
    assert len(found) <= 2 * 60 * 5
    one_more = request(id="R999", owner=replace(NEED, id="late"))
    assert len(suggest([one_more], alike(60)[1], weights=weights, best_for={"R999"})) == 5
