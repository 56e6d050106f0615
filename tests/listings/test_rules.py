"""The rules of a listing, without a database: which way its state goes, and what must be said by when."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from uuid import UUID

import pytest

from sharing.errors import Conflict, DomainError
from sharing.listings import rules
from sharing.listings.terms import Direction, Resource, State, Unit, Visibility
from tests.factories import SWEEPER

TODAY = date(2026, 11, 23)
LEGAL = {
    ("draft", "published"),
    ("published", "paused"), ("published", "fulfilled"), ("published", "withdrawn"), ("published", "expired"),
    ("paused", "published"), ("paused", "fulfilled"), ("paused", "withdrawn"), ("paused", "expired"),
}  # fmt: skip


def problems(check, *args, **more):
    """What a check finds, as {(field, code)}."""
    try:
        check(*args, **more)
    except DomainError as error:
        return {(one.field, one.code) for one in error.problems}
    return set()


@pytest.mark.parametrize(("old", "new"), list(product(State, State)))
def test_of_all_pairs_of_states_only_these_are_ways(old, new):
    if (old.value, new.value) in LEGAL:
        rules.check_transition(old, new)
    else:
        with pytest.raises(Conflict) as refused:
            rules.check_transition(old, new)
        assert refused.value.code == "illegal_transition"


def test_nothing_leaves_an_end():
    assert all(not rules.TRANSITIONS[state] for state in State if state not in rules.EDITABLE)


def test_a_complete_listing_can_be_published():
    assert problems(rules.check_publishable, SWEEPER, today=TODAY) == set()


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"starts_on": None}, {"starts_on"}),
        ({"starts_on": None, "ends_on": None}, {"starts_on", "ends_on"}),
        ({"resource": Resource.PROJECT}, {"benefit"}),
        ({"resource": Resource.PROJECT, "benefit": "\u200b"}, {"benefit"}),
        ({"visibility": Visibility.NAMED}, {"audience"}),
        ({"title": ""}, {"title"}),
    ],
)
def test_a_gap_is_fine_in_a_draft_and_told_at_publication(changes, missing):
    draft = replace(SWEEPER, **changes)
    assert {
        field for field, code in problems(rules.check_publishable, draft, today=TODAY) if code == "missing"
    } == missing
    if "\u200b" not in draft.benefit:
        assert problems(rules.check_draft, draft) == set()


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"title": "\u200b"}, ("title", "blank")),
        ({"title": "a\u202eb"}, ("title", "bidi_override")),
        ({"title": "a\nb"}, ("title", "control_character")),
        ({"title": "x" * 161}, ("title", "too_long")),
        ({"description": "a\u0007b"}, ("description", "control_character")),
        ({"keywords": ("x",) * 21}, ("keywords", "too_many")),
        ({"quantity": Decimal(0)}, ("quantity", "quantity_out_of_range")),
        ({"quantity": Decimal(10_000_001)}, ("quantity", "quantity_out_of_range")),
        ({"unit": None}, ("unit", "unit_missing")),
        ({"radius_km": 0}, ("radius_km", "radius_out_of_range")),
        ({"radius_km": 2_001}, ("radius_km", "radius_out_of_range")),
        ({"ends_on": date(2031, 2, 28)}, ("ends_on", "ends_before_start")),
        ({"expires_on": date(1999, 12, 31)}, ("expires_on", "year_out_of_range")),
        ({"partner_kinds": ("science",)}, ("partner_kinds", "only_for_projects")),
        ({"participation": "inform"}, ("participation", "only_for_projects")),
        ({"level": "expert"}, ("level", "level_of_equipment")),
        ({"audience": (UUID(int=1),)}, ("audience", "audience_unused")),
    ],
)
def test_what_contradicts_itself_is_refused_even_in_a_draft(changes, found):
    assert found in problems(rules.check_draft, replace(SWEEPER, **changes))


@pytest.mark.parametrize("field", ["ends_on", "expires_on"])
def test_a_day_counts_until_it_is_over(field):
    draft = replace(SWEEPER, starts_on=date(2026, 1, 1), ends_on=date(2030, 1, 1))
    assert problems(rules.check_publishable, replace(draft, **{field: TODAY}), today=TODAY) == set()
    late = TODAY + timedelta(days=1)
    assert problems(rules.check_publishable, replace(draft, **{field: TODAY}), today=late) == {(field, "already_over")}


def test_everything_wrong_is_told_at_once():
    worst = rules.Draft(
        direction=Direction.OFFER, resource=Resource.EQUIPMENT, category="BAU", title="", quantity=Decimal(-1),
        radius_km=0, level="expert", participation="inform", unit=Unit.DAYS,
    )  # fmt: skip
    found = {field for field, _code in problems(rules.check_publishable, worst, today=TODAY)}
    assert found == {"title", "quantity", "radius_km", "level", "participation", "starts_on", "ends_on"}
