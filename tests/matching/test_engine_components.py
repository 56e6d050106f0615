"""What the facts of a pair say: one small formula each."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.listings.terms import Consideration, KnowledgeLevel, Mode, Unit
from sharing.matching.engine.components import Terms, declined, fact_components, terms_of
from sharing.matching.engine.facts import Codes, Fact, side_of
from sharing.matching.engine.gates import distances
from sharing.matching.engine.match import Pairs, components_of
from tests.matching.market import GIVE, NEED, knowledge, market, markets, offer, request

BETWEEN_0_AND_1 = (
    "category", "resource", "measure", "quantity", "no_quantity", "window", "nearness", "language", "size", "level",
    "terms", "freshness",
)  # fmt: skip
HERE = np.zeros(1, np.intp)


def terms(asked: Fact, given_: Fact) -> Terms:
    codes = Codes()
    sides = side_of([asked], codes), side_of([given_], codes)
    return terms_of(*sides, HERE, HERE, km=distances(*sides, HERE, HERE))


def components(asked: Fact, given_: Fact) -> dict[str, float]:
    codes = Codes()
    sides = side_of([asked], codes), side_of([given_], codes)
    measured = terms_of(*sides, HERE, HERE, km=distances(*sides, HERE, HERE))
    return {name: float(column[0]) for name, column in fact_components(*sides, HERE, HERE, measured).items()}


def one(name: str, asked: Mapping[str, Any] | None = None, given_: Mapping[str, Any] | None = None) -> float:
    return components(request(**asked or {}), offer(**given_ or {}))[name]


def test_a_worked_case() -> None:
    found = components(request(), offer())
    assert found.pop("nearness") == pytest.approx(math.exp(-7.44 / 30), abs=1e-3)
    assert found == {
        "category": 1, "resource": 1, "measure": 1, "quantity": 1, "no_quantity": 0, "window": 1, "language": 1,
        "size": 1, "level": 1, "terms": 0.5, "freshness": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "other"), [("category", {"category": "DSB"}), ("resource", {"resource": "project"}),
                        ("language", {"language": "en"}), ("measure", {"unit": Unit.PIECES})],
)  # fmt: skip
def test_what_is_the_same_or_not(name: str, other: dict[str, Any]) -> None:
    assert (one(name), one(name, other), one(name, {}, other), one(name, other, other)) == (1, 0, 0, 1)


TEN_WEEKS = {"first_day": 740_000, "last_day": 740_069}


@pytest.mark.parametrize(
    ("asked", "given_", "offered", "share"),
    [
        ((0.5, Unit.FTE), (19.5, Unit.HOURS_PER_WEEK), 19.5, 1),
        ((39.0, Unit.HOURS_PER_WEEK), (0.5, Unit.FTE), 19.5, 0.5),
        ((1.0, Unit.FTE), (0.25, Unit.FTE), 9.75, 0.25),
        ((5.0, Unit.PIECES), (2.0, Unit.PIECES), 2, 0.4),
        ((5.0, Unit.PIECES), (20.0, Unit.PIECES), 20, 1),
        ((10.0, Unit.DAYS), (4.0, Unit.DAYS), 31.2, 0.4),
        ((0.01, Unit.EURO), (1e7, Unit.EURO), 1e7, 1),
        ((1e7, Unit.EURO), (0.01, Unit.EURO), 0.01, 0),  # rounded to six places
        # 10 weeks in common: 3.9 hours a week are 39 hours, which is 5 days of 7.8 hours.
        ((10.0, Unit.DAYS), (3.9, Unit.HOURS_PER_WEEK), 39, 0.5),
        ((3.9, Unit.HOURS_PER_WEEK), (5.0, Unit.DAYS), 3.9, 1),
    ],
)
def test_quantities_are_compared_in_the_requests_measure(
    asked: tuple[float, Unit], given_: tuple[float, Unit], offered: float, share: float
) -> None:
    pair = (
        request(quantity=asked[0], unit=asked[1], **TEN_WEEKS),
        offer(quantity=given_[0], unit=given_[1], **TEN_WEEKS),
    )
    measured, found = terms(*pair), components(*pair)
    assert (measured.offered[0], measured.quantity[0]) == (pytest.approx(offered), share)
    assert (found["quantity"], found["no_quantity"]) == (share, 0)
    assert bool(measured.partial[0]) == (share < 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": None, "unit": None},
        {"quantity": None},
        {"unit": Unit.EURO},
        {"unit": Unit.PARTNERS, "quantity": 3.0},
    ],
)
def test_what_cannot_be_compared_counts_as_that_and_not_as_partial(changes: dict[str, Any]) -> None:
    for pair in ((request(**changes), offer()), (request(), offer(**changes))):
        assert (components(*pair)["quantity"], components(*pair)["no_quantity"]) == (0, 1)
        assert not terms(*pair).partial[0]


@pytest.mark.parametrize(("days", "partial"), [(100, False), (75, False), (74, True), (1, True)])
def test_the_window_is_the_share_of_the_requested_days(days: int, partial: bool) -> None:
    asked = request(first_day=740_000, last_day=740_099)
    for given_ in (
        offer(first_day=739_000, last_day=740_000 + days - 1),
        offer(first_day=740_100 - days, last_day=750_000),
    ):
        measured = terms(asked, given_)
        assert (measured.days[0], measured.requested_days[0], measured.window[0]) == (days, 100, days / 100)
        assert bool(measured.partial[0]) is partial


def test_ninety_years_are_a_window_like_any_other() -> None:
    century = {"first_day": 740_000, "last_day": 740_000 + 90 * 365}
    assert one("window", century, century) == 1
    assert one("window", century, {"first_day": 740_000, "last_day": 740_000}) == 1 / (90 * 365 + 1)
    assert one("window", {"first_day": 740_000, "last_day": 740_000}, century) == 1


@pytest.mark.parametrize(
    ("degrees", "mode", "nearness"),
    [
        (0.0, Mode.ON_SITE, 1),
        (30 / 111.195, Mode.ON_SITE, math.exp(-1)),
        (30 / 111.195, Mode.HYBRID, math.exp(-1)),
        (30 / 111.195, Mode.REMOTE, 0.5),
        (5 / 111.195, Mode.REMOTE, math.exp(-5 / 30)),
        (40.0, Mode.REMOTE, 0.5),
        (None, Mode.REMOTE, 0.5),
        (None, Mode.ON_SITE, 0.5),
    ],
)
def test_nearness_falls_to_a_third_in_thirty_kilometres(degrees: float | None, mode: Mode, nearness: float) -> None:
    latitude = None if degrees is None else NEED.latitude + degrees  # type: ignore[operator]
    there = replace(NEED, id="there", latitude=latitude)
    assert one("nearness", {"mode": mode}, {"mode": mode, "owner": there}) == pytest.approx(nearness, abs=1e-5)


def test_only_where_both_are_remote_the_distance_matters_less() -> None:
    far = {"owner": replace(GIVE, latitude=54.0)}
    assert one("nearness", {"mode": Mode.REMOTE}, {"mode": Mode.HYBRID, **far}) < 1e-5


@pytest.mark.parametrize(
    ("asks", "gives", "size"),
    [
        (10_000, 10_000, 1), (10_000, 1_000, 0.5), (1_000, 10_000, 0.5), (100, 10_000, 0), (1, 4_000_000, 0),
        (None, 10_000, 1), (10_000, None, 1), (None, None, 1), (0, 10_000, 1), (0, 0, 1),
    ],
)  # fmt: skip
def test_towns_of_one_size_meet_as_equals(asks: int | None, gives: int | None, size: float) -> None:
    pair = {"owner": replace(NEED, population=asks)}, {"owner": replace(GIVE, population=gives)}
    assert one("size", *pair) == pytest.approx(size)


@pytest.mark.parametrize("asked", [None, *KnowledgeLevel])
@pytest.mark.parametrize("given_", [None, *KnowledgeLevel])
def test_less_knowledge_than_asked_for_is_the_only_wrong_level(
    asked: KnowledgeLevel | None, given_: KnowledgeLevel | None
) -> None:
    order = list(KnowledgeLevel)
    right = asked is None or given_ is None or order.index(given_) >= order.index(asked)
    assert one("level", {"level": asked}, {"level": given_}) == right


@pytest.mark.parametrize(
    ("asked", "given_", "fits"),
    [
        ({Consideration.FEE}, {Consideration.FEE, Consideration.FREE}, 1),
        ({Consideration.FEE}, {Consideration.EXCHANGE}, 0),
        ({Consideration.FEE}, set(), 0.5),
        (set(), {Consideration.FEE}, 0.5),
        (set(), set(), 0.5),
    ],
)
def test_terms_fit_where_both_name_one_in_common(asked: set[Any], given_: set[Any], fits: float) -> None:
    pair = {"considerations": frozenset(asked)}, {"considerations": frozenset(given_)}
    assert one("terms", *pair) == fits


@pytest.mark.parametrize(("days", "fresh"), [(0, 1), (180, math.exp(-1)), (-180, math.exp(-1)), (None, 1)])
def test_freshness_falls_with_the_days_between_the_last_changes(days: int | None, fresh: float) -> None:
    changed = None if days is None else 740_000 + days
    assert one("freshness", {"changed": 740_000}, {"changed": changed}) == pytest.approx(fresh)
    assert one("freshness", {"changed": changed}, {"changed": 740_000}) == pytest.approx(fresh)


@pytest.mark.parametrize(("noes", "weight"), [(0, 0), (1, 0.5), (2, 0.75), (3, 0.875)])
def test_each_no_halves_what_is_left_for_these_two_in_this_field(noes: int, weight: float) -> None:
    codes = Codes()
    sides = side_of([request()], codes), side_of([offer()], codes)
    us, others = (frozenset((codes.of("give"), codes.of(name))) for name in ("need", "x"))
    assert declined(*sides, HERE, HERE, {(us, codes.of("BAU")): noes}).tolist() == [weight]
    assert declined(*sides, HERE, HERE, {(us, codes.of("DSB")): 5, (others, codes.of("BAU")): 5}).tolist() == [0]
    assert declined(*sides, HERE, HERE, {}).tolist() == [0]


@given(st.floats(-1, 1), st.floats(0, 1))
def test_moving_closer_never_hurts(offset: float, nearer: float) -> None:
    far = replace(GIVE, latitude=NEED.latitude + offset, longitude=NEED.longitude)  # type: ignore[operator]
    near = replace(far, latitude=NEED.latitude + offset * nearer)  # type: ignore[operator]
    assert one("nearness", {}, {"owner": near}) >= one("nearness", {}, {"owner": far}) - 1e-12


@given(st.floats(0.01, 1e7), st.floats(0.01, 1e7), st.floats(0.01, 1e7))
def test_offering_more_never_hurts_and_asking_for_more_never_helps(wanted: float, one_: float, other: float) -> None:
    less, more = sorted((one_, other))
    assert one("quantity", {"quantity": wanted}, {"quantity": more}) >= one(
        "quantity", {"quantity": wanted}, {"quantity": less}
    )
    assert one("quantity", {"quantity": more}, {"quantity": wanted}) <= one(
        "quantity", {"quantity": less}, {"quantity": wanted}
    )


@given(st.integers(0, 300), st.integers(0, 300))
def test_staying_longer_never_hurts(one_: int, other: int) -> None:
    shorter, longer = (
        one("window", {}, {"first_day": request().first_day, "last_day": request().first_day + days})
        for days in sorted((one_, other))
    )
    assert longer >= shorter


@settings(max_examples=40, deadline=None)
@given(markets())
def test_every_component_stays_in_its_bounds(sides: tuple[list[Fact], list[Fact]]) -> None:
    there = market([*sides[0], *sides[1]])
    r = np.repeat(np.arange(len(sides[0])), len(sides[1]))
    o = np.tile(np.arange(len(sides[1])), len(sides[0]))
    overlap = (there.requests.first_day[r] <= there.offers.last_day[o]) & (
        there.offers.first_day[o] <= there.requests.last_day[r]
    )
    r, o = r[overlap], o[overlap]  # others never get as far
    pairs = Pairs(r, o, distances(there.requests, there.offers, r, o), np.zeros(len(r)))
    found = components_of(there, pairs, knowledge())
    assert set(found) >= {*BETWEEN_0_AND_1, "meaning", "grams", "named", "topic", "apart", "refused", "training"}
    for name, column in found.items():
        low, high = (-7, 1.1e-3) if name == "topic" else (0, 1 + 1e-12)
        assert column.shape == r.shape
        assert ((low <= column) & (column <= high)).all(), name
