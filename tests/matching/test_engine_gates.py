"""What rules a pair out: facts, in both directions."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.listings.terms import Consideration, Mode, Visibility
from sharing.matching.engine.facts import Codes, Fact, side_of
from sharing.matching.engine.gates import distances, open_pairs
from tests.matching.market import GIVE, NEED, markets, offer, owners, request


def are_open(asked: Fact, given: Fact) -> bool:
    codes = Codes()
    return len(open_pairs(side_of([asked], codes), side_of([given], codes))[0]) == 1


def test_a_pair_without_a_reason_against_it_is_open() -> None:
    assert are_open(request(), offer())


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        pytest.param({"owner": GIVE}, {}, id="own listing"),
        pytest.param({"owner": replace(NEED, administration="amt")}, {"owner": replace(GIVE, administration="amt")},
                     id="one administration acts for both"),
        pytest.param({"owner": replace(NEED, administration="give")}, {}, id="the owner administers the other"),
        pytest.param({}, {"considerations": frozenset({Consideration.SALE})}, id="offered for sale"),
        pytest.param({"considerations": frozenset({Consideration.SALE})}, {}, id="wants to buy"),
        pytest.param({"last_day": 739_999, "first_day": 739_000}, {"first_day": 740_000}, id="over the day before"),
        pytest.param({"first_day": 741_000, "last_day": 741_001}, {"last_day": 740_999}, id="begins the day after"),
        pytest.param({"mode": Mode.ON_SITE}, {"mode": Mode.REMOTE}, id="on site against remote"),
        pytest.param({"mode": Mode.REMOTE}, {"mode": Mode.ON_SITE}, id="remote against on site"),
        pytest.param({"radius_km": 7}, {"radius_km": 100}, id="beyond the request's radius"),
        pytest.param({"radius_km": 100}, {"radius_km": 7}, id="beyond the offer's radius"),
        pytest.param({"radius_km": 7, "mode": Mode.REMOTE}, {"mode": Mode.REMOTE}, id="radii bind remote work too"),
        pytest.param({"radius_km": 500, "owner": replace(NEED, latitude=None)}, {}, id="a radius without a place"),
    ],
)  # fmt: skip
def test_a_gate_closes(asked: dict[str, Any], given: dict[str, Any]) -> None:
    assert not are_open(request(**asked), offer(**given))


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        pytest.param({"radius_km": 8}, {"radius_km": 8}, id="7.4 km, both go 8"),
        pytest.param({"mode": Mode.HYBRID}, {"mode": Mode.REMOTE}, id="hybrid goes with remote"),
        pytest.param({"mode": Mode.HYBRID}, {"mode": Mode.ON_SITE}, id="hybrid goes with on site"),
        pytest.param({"first_day": 740_900, "last_day": 741_000}, {"last_day": 740_900, "first_day": 740_000},
                     id="one common day is enough"),
        pytest.param({"owner": replace(NEED, latitude=None)}, {}, id="without limits the place does not matter"),
        pytest.param({"category": "DSB", "resource": "project", "unit": None}, {}, id="what a clerk ticked is no gate"),
    ],
)  # fmt: skip
def test_a_gate_stays_open(asked: dict[str, Any], given: dict[str, Any]) -> None:
    assert are_open(request(**asked), offer(**given))


ELSEWHERE = {
    Visibility.ALL: None,
    Visibility.STATE: {"state": "NW"},
    Visibility.DISTRICT: {"district": "Börde"},
}


@pytest.mark.parametrize("shown", ["request", "offer"])
@pytest.mark.parametrize("visibility", ELSEWHERE)
def test_each_owner_must_be_allowed_to_see_the_other_listing(visibility: Visibility, shown: str) -> None:
    asked, given = request(), offer()
    if shown == "request":
        asked = replace(asked, visibility=visibility)
        viewer = given.owner
    else:
        given = replace(given, visibility=visibility)
        viewer = asked.owner
    assert are_open(asked, given)
    if changed := ELSEWHERE[visibility]:
        stranger = replace(viewer, **changed)
        pair = (
            (asked, replace(given, owner=stranger)) if shown == "request" else (replace(asked, owner=stranger), given)
        )
        assert not are_open(*pair)


def test_states_of_the_same_name_in_two_countries_are_two_states() -> None:
    abroad = replace(GIVE, country="AT")
    assert not are_open(request(visibility=Visibility.STATE), offer(owner=abroad))


@pytest.mark.parametrize(("audience", "sees"), [({"give"}, True), ({"somebody"}, False), (set(), False)])
def test_a_listing_for_named_organisations_meets_only_those(audience: set[str], sees: bool) -> None:
    shown = {"visibility": Visibility.NAMED, "audience": frozenset(audience)}
    assert are_open(request(**shown), offer()) is sees
    swapped = {**shown, "audience": frozenset("need" if name == "give" else name for name in audience)}
    assert are_open(request(), offer(**swapped)) is sees


@given(markets())
def test_gates_do_not_know_who_asks_and_who_gives(market: tuple[list[Fact], list[Fact]]) -> None:
    requests, offers = market
    for asked in requests:
        for given_ in offers:
            assert are_open(asked, given_) == are_open(given_, asked)


@given(markets())
def test_a_block_says_the_same_as_each_pair_alone(market: tuple[list[Fact], list[Fact]]) -> None:
    requests, offers = market
    codes = Codes()
    r, o, _ = open_pairs(side_of(requests, codes), side_of(offers, codes))
    together = set(zip(r.tolist(), o.tolist(), strict=True))
    alone = {(i, j) for i, asked in enumerate(requests) for j, given_ in enumerate(offers) if are_open(asked, given_)}
    assert together == alone


def km(asked: Fact, given: Fact) -> float:
    codes, first = Codes(), np.zeros(1, np.intp)
    return float(distances(side_of([asked], codes), side_of([given], codes), first, first)[0])


def test_distances_are_those_of_the_globe() -> None:
    assert km(request(), offer()) == pytest.approx(7.44, abs=0.01)
    berlin, munich = replace(NEED, latitude=52.52, longitude=13.405), replace(GIVE, latitude=48.137, longitude=11.575)
    assert km(request(owner=berlin), offer(owner=munich)) == pytest.approx(504.4, abs=0.5)
    assert km(request(owner=replace(NEED, longitude=179.9)), offer(owner=replace(NEED, longitude=-179.9))) < 15


@given(owners, owners, st.integers(1, 200))
def test_the_radius_gate_is_the_distance(here: Any, there: Any, radius: int) -> None:
    asked = request(owner=replace(here, id="1"), radius_km=radius)
    given_ = offer(owner=replace(there, id="2"))
    assert are_open(asked, given_) == (km(asked, given_) <= radius)
