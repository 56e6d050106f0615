"""What a pair is worth, and the reasons that say so."""

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.listings.terms import Mode, Unit
from sharing.matching.engine.facts import Fact
from sharing.matching.engine.match import Suggestion, suggest
from sharing.matching.engine.score import DEFAULT, Weights
from tests.matching.market import GIVE, NEED, markets, offer, request

EVERYTHING = replace(DEFAULT, suggest=0.0)


def pair(asked: Fact, given_: Fact, weights: Weights = EVERYTHING) -> Suggestion:
    (found,) = suggest([asked], [given_], weights=weights)
    return found


def reason(found: Suggestion, *codes: str) -> dict[str, Any]:
    (told,) = [told for told in found.reasons if told["code"] in codes]
    return told


def test_the_weights_add_up_to_one() -> None:
    terms = ("text", "category", "resource", "quantity", "window", "distance")
    assert sum(getattr(DEFAULT, term) for term in terms) == pytest.approx(1)
    assert DEFAULT.suggest < DEFAULT.notify
    assert {field.name for field in fields(Weights)} >= set(terms)


def test_the_same_need_word_for_word_next_door_scores_one() -> None:
    next_door = replace(NEED, id="next door")
    found = pair(request(title="Kehrmaschine"), offer(title="Kehrmaschine", owner=next_door))
    assert (found.score, found.notify, found.partial) == (1.0, True, False)


def test_a_worked_case() -> None:
    found = pair(request(), offer())
    assert reason(found, "shared_words")["words"] == ["Kehrmaschine"]
    assert reason(found, "same_category") == {"code": "same_category", "category": "BAU", "points": 0.2}
    assert reason(found, "same_resource") == {"code": "same_resource", "resource": "equipment", "points": 0.1}
    assert reason(found, "quantity") == {
        "code": "quantity",
        "offered": 20.0,
        "requested": 5.0,
        "unit": "hours_per_week",
        "share": 1.0,
        "points": 0.1,
    }
    assert reason(found, "window") == {
        "code": "window",
        "days": 214,
        "requested_days": 214,
        "share": 1.0,
        "points": 0.05,
    }
    assert reason(found, "distance") == {"code": "distance", "km": 7.4, "points": 0.039}  # .05 exp(-7.44 / 30)
    assert [told["code"] for told in found.reasons] == [
        "shared_words", "same_category", "same_resource", "quantity", "window", "distance",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "given_", "offered", "share"),
    [
        ((0.5, Unit.FTE), (19.5, Unit.HOURS_PER_WEEK), 0.5, 1),
        ((19.5, Unit.HOURS_PER_WEEK), (0.5, Unit.FTE), 19.5, 1),
        ((1.0, Unit.FTE), (0.25, Unit.FTE), 0.25, 0.25),
        ((5.0, Unit.PIECES), (2.0, Unit.PIECES), 2, 0.4),
        ((10.0, Unit.DAYS), (4.0, Unit.DAYS), 4, 0.4),
        # 10 weeks in common: 3.9 hours a week are 39 hours, which is 5 days of 7.8 hours.
        ((10.0, Unit.DAYS), (3.9, Unit.HOURS_PER_WEEK), 5, 0.5),
        ((3.9, Unit.HOURS_PER_WEEK), (5.0, Unit.DAYS), 3.9, 1),
    ],
)
def test_quantities_are_compared_in_the_requests_unit(
    asked: tuple[float, Unit], given_: tuple[float, Unit], offered: float, share: float
) -> None:
    ten_weeks = {"first_day": 740_000, "last_day": 740_069}
    found = pair(
        request(quantity=asked[0], unit=asked[1], **ten_weeks), offer(quantity=given_[0], unit=given_[1], **ten_weeks)
    )
    told = reason(found, "quantity", "quantity_partial")
    assert (told["offered"], told["share"], told["unit"]) == (offered, share, asked[1])
    assert found.partial == (share < 1) == (told["code"] == "quantity_partial")


@pytest.mark.parametrize(
    "changes",
    [{"quantity": None, "unit": None}, {"unit": Unit.EURO}, {"unit": Unit.PARTNERS, "quantity": 3.0}],
)
def test_what_cannot_be_compared_is_unknown_and_not_partial(changes: dict[str, Any]) -> None:
    found = pair(request(**changes), offer())
    assert reason(found, "quantity_unknown") == {"code": "quantity_unknown", "points": 0.075}
    assert not found.partial


@pytest.mark.parametrize(("days", "partial"), [(75, False), (74, True), (1, True)])
def test_three_quarters_of_the_requested_time_are_enough(days: int, partial: bool) -> None:
    asked = request(first_day=740_000, last_day=740_099)
    found = pair(asked, offer(first_day=739_000, last_day=740_000 + days - 1))
    assert found.partial is partial
    told = reason(found, "window_partial" if partial else "window")
    assert (told["days"], told["requested_days"], told["share"]) == (days, 100, days / 100)


def test_without_a_common_word_nothing_is_notified() -> None:
    neighbour = replace(NEED, id="next door")
    found = pair(request(title="Winterdienst"), offer(title="Standesamt", owner=neighbour))
    assert found.score < DEFAULT.notify
    assert not found.notify


def test_an_unknown_place_is_said_to_be_unknown() -> None:
    assert reason(pair(request(), offer(owner=replace(GIVE, latitude=None))), "distance_unknown")["points"] == 0.025


def test_distance_matters_less_where_both_work_remotely() -> None:
    far = replace(GIVE, latitude=54.0)
    on_site = pair(request(), offer(owner=far))
    remote = pair(request(mode=Mode.REMOTE), offer(owner=far, mode=Mode.REMOTE))
    assert reason(on_site, "distance")["points"] < 0.001
    assert reason(remote, "distance")["points"] == 0.025


@given(st.floats(-1, 1), st.floats(0, 1))
def test_moving_closer_never_hurts(offset: float, nearer: float) -> None:
    far = replace(GIVE, latitude=NEED.latitude + offset, longitude=NEED.longitude)  # type: ignore[operator]
    near = replace(far, latitude=NEED.latitude + offset * nearer)  # type: ignore[operator]
    assert pair(request(), offer(owner=near)).score >= pair(request(), offer(owner=far)).score


@given(st.floats(0.1, 40), st.floats(0.1, 40))
def test_offering_more_never_hurts(one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert pair(request(), offer(quantity=more)).score >= pair(request(), offer(quantity=less)).score


@given(markets())
def test_the_reasons_are_the_score_and_travel_as_json(market: tuple[list[Fact], list[Fact]]) -> None:
    for found in suggest(*market, weights=EVERYTHING):
        assert 0 <= found.score <= 1
        assert sum(told["points"] for told in found.reasons) == pytest.approx(found.score, abs=4e-4)
        assert json.loads(json.dumps(found.reasons, allow_nan=False)) == list(found.reasons)
        assert found.notify == (found.score >= DEFAULT.notify)
        lacks = {"quantity_partial", "window_partial"} & {told["code"] for told in found.reasons}
        assert found.partial == bool(lacks)
