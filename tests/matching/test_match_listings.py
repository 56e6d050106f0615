"""match_listings: what is stored is what a matching from scratch would find, however it came about."""

from contextlib import suppress
from dataclasses import replace

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sharing.actors import SYSTEM
from sharing.errors import DomainError
from sharing.events import emit
from sharing.listings import actions as listings
from sharing.matching.actions import dismiss, match_listings
from sharing.matching.engine.match import Market, suggest
from sharing.matching.facts import facts_of
from sharing.matching.known import knowledge
from sharing.models import Event, Listing, Match, Organisation
from tests import factories
from tests.conftest import TODAY
from tests.factories import SWEEPER, SWEEPING

NOW = timezone.now()
ELSEWHERE = {"title": "Standesbeamtin", "description": "Beurkundungen", "keywords": ("Standesamt",), "category": "ORD"}


def suggested():
    """The matches that were said to be worth a notice, in the order in which that was said."""
    return list(Event.objects.filter(kind="match.suggested").order_by("id").values_list("subject_id", flat=True))


def stored():
    rows = Match.objects.shown().values_list("request_id", "offer_id", "score", "notify", "partial")
    return sorted((str(request), str(offer), *rest) for request, offer, *rest in rows)


def from_scratch():
    facts = facts_of(Listing.objects.live().for_matching())
    known = knowledge()
    return sorted((s.request, s.offer, s.score, s.notify, s.partial) for s in suggest(Market.of(facts, known), known))


def revised(listing, **changes):
    content = replace(Listing.objects.get(id=listing.id).draft, **changes)
    return listings.revise(listing.id, content, by=SYSTEM, today=TODAY)


@pytest.fixture
def pair(db, drain):
    """An offer and a request that fit, matched."""
    offer, request = factories.published(), factories.published(SWEEPING)
    drain()
    return offer, request


@pytest.mark.django_db
@pytest.mark.parametrize("order", [(SWEEPER, SWEEPING), (SWEEPING, SWEEPER)], ids=["offer first", "request first"])
@pytest.mark.parametrize("between", [True, False], ids=["one by one", "together"])
def test_it_does_not_matter_who_comes_first(order, between, drain):
    for draft in order:
        factories.published(draft)
        if between:
            drain()
    drain()
    match = Match.objects.get()
    assert (match.request.title, match.offer.title) == (SWEEPING.title, SWEEPER.title)
    assert suggested() == [match.id]
    assert stored() == from_scratch()


def test_a_match_carries_reasons_for_subject_quantity_time_and_way(pair):
    subject, *rest = Match.objects.get().reasons
    assert subject["code"] in {"concept", "shared_words"}
    assert [reason["code"] for reason in rest] == ["quantity", "window", "distance"]


@pytest.mark.parametrize("end", [listings.pause, listings.fulfil, listings.withdraw])
def test_what_leaves_the_market_takes_its_matches_along(pair, drain, end):
    end(pair[1].id, by=SYSTEM)
    drain()
    assert Match.objects.get().withdrawn_at
    assert Event.objects.filter(kind="match.withdrawn").count() == 1


def test_what_expires_takes_its_matches_along(pair, drain):
    listings.expire(today=SWEEPER.ends_on.replace(year=2032), by=SYSTEM)
    drain()
    assert Match.objects.get().withdrawn_at


def test_a_paused_listing_brings_its_match_back_and_that_is_news(pair, drain):
    match = Match.objects.get()
    listings.pause(pair[0].id, by=SYSTEM)
    drain()
    listings.publish(pair[0].id, by=SYSTEM, now=NOW, today=TODAY)
    drain()
    again = Match.objects.get()
    assert (again.id, again.withdrawn_at) == (match.id, None)
    assert suggested() == [match.id, match.id]


def test_a_change_updates_the_match_and_is_no_news(pair, drain):
    before = Match.objects.get()
    assert not before.partial
    revised(pair[0], quantity=2)
    drain()
    after = Match.objects.get()
    assert after.id == before.id
    assert after.partial
    assert after.own < before.own
    assert after.score <= before.score
    assert suggested() == [before.id]


def test_a_change_that_makes_a_fair_match_good_is_news(db, drain):
    factories.published()
    request = factories.published(SWEEPING, resource="expertise", **ELSEWHERE)
    drain()
    assert not Match.objects.filter(notify=True).exists()
    assert suggested() == []
    _first_words_again(request)
    revised(request, resource=SWEEPING.resource)
    drain()
    match = Match.objects.get()
    assert match.notify
    assert suggested() == [match.id]


def test_a_change_that_no_longer_fits_withdraws_the_match(pair, drain):
    revised(pair[1], starts_on=SWEEPING.starts_on.replace(year=2033), ends_on=SWEEPING.ends_on.replace(year=2033))
    drain()
    assert Match.objects.get().withdrawn_at


def test_an_event_of_a_listing_that_is_gone_does_no_harm(db, drain):
    draft = factories.drafted()
    listings.discard(draft.id, by=SYSTEM)
    emit("listing.published", draft.id, by=SYSTEM)
    drain()
    assert not Event.objects.pending().exists()


def test_a_municipality_that_moves_is_matched_anew(pair, drain):
    Organisation.objects.filter(id=pair[0].owner_id).update(latitude=40)
    emit("organisation.changed", pair[0].owner_id, by=SYSTEM)
    drain()
    assert Match.objects.get().withdrawn_at
    Organisation.objects.filter(id=pair[0].owner_id).update(latitude=50.6)
    emit("organisation.changed", pair[0].owner_id, by=SYSTEM)
    drain()
    assert stored() == from_scratch() != []


def test_two_municipalities_that_come_under_one_administration_share_already(pair, drain):
    Organisation.objects.filter(id=pair[0].owner_id).update(administered_by=pair[1].owner_id)
    emit("organisation.changed", pair[0].owner_id, by=SYSTEM)
    drain()
    assert Match.objects.get().withdrawn_at


def test_what_was_dismissed_stays_dismissed(alice, actor_of, drain):
    owner = alice.memberships.get().organisation
    offer, _ = factories.published(), factories.published(SWEEPING, owner=owner)
    drain()
    match, actor = Match.objects.get(), actor_of(alice)
    dismiss(match.id, reason="too_far", comment="", by=actor, now=NOW)
    listings.pause(offer.id, by=SYSTEM)
    drain()
    listings.publish(offer.id, by=SYSTEM, now=NOW, today=TODAY)
    revised(offer, quantity=3)
    drain()
    assert Match.objects.visible_to(actor).get() == match
    assert not Match.objects.visible_to(actor).not_dismissed_by(actor).exists()


def test_a_pair_once_found_stays_though_twenty_better_ones_came(db, drain):
    request = factories.published(SWEEPING)
    first = factories.published(SWEEPER, quantity=4)
    drain()
    for _ in range(22):
        factories.published()
    drain()
    assert Match.objects.standing().filter(request=request, offer=first).exists()
    revised(request, description=SWEEPING.description + " Bitte melden.")
    drain()
    assert Match.objects.standing().filter(request=request).count() == 23


@pytest.mark.django_db
def test_the_number_of_queries_does_not_depend_on_the_number_of_matches(drain, django_assert_max_num_queries):
    """Twice each: a first time to store, a second time to update."""
    for offers in (1, 9):
        for _ in range(offers):
            factories.published()
        drain()
        request = factories.published(SWEEPING)
        with django_assert_max_num_queries(22):
            match_listings([request.id], now=NOW)
        Listing.objects.filter(id=request.id).update(quantity=30)
        with django_assert_max_num_queries(22):
            match_listings([request.id], now=NOW)
        assert Match.objects.filter(request=request, partial=True).count() >= offers


def _moved(listing, latitude):
    Organisation.objects.filter(id=listing.owner_id).update(latitude=latitude)
    emit("organisation.changed", listing.owner_id, by=SYSTEM)


def _expired(listing):
    Listing.objects.filter(id=listing.id).update(expires_on=TODAY.replace(year=2020))
    listings.expire(today=TODAY, by=SYSTEM)


def _first_words_again(listing):
    original = SWEEPER if listing.direction == "offer" else SWEEPING
    revised(listing, **{name: getattr(original, name) for name in ELSEWHERE})


STEPS = {
    "publish": lambda listing: listings.publish(listing.id, by=SYSTEM, now=NOW, today=TODAY),
    "pause": lambda listing: listings.pause(listing.id, by=SYSTEM),
    "withdraw": lambda listing: listings.withdraw(listing.id, by=SYSTEM),
    "expire": _expired,
    "other words": lambda listing: revised(listing, **ELSEWHERE),
    "first words": _first_words_again,
    "more": lambda listing: revised(listing, quantity=35),
    "later": lambda listing: revised(listing, starts_on=SWEEPER.starts_on.replace(month=9)),
    "move away": lambda listing: _moved(listing, 40),
    "move back": lambda listing: _moved(listing, 50.6),
}
ways = st.lists(st.tuples(st.sampled_from(["drain", *STEPS]), st.integers(0, 5)), min_size=1, max_size=12)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(way=ways)
def test_step_by_step_comes_to_the_same_as_from_scratch(drain, way):
    with transaction.atomic():
        market = [factories.drafted(draft, owner=factories.town()) for draft in [SWEEPER, SWEEPING] * 3]
        for listing in market[:4]:
            listings.publish(listing.id, by=SYSTEM, now=NOW, today=TODAY)
        for step, place in way:
            with suppress(DomainError):  # not from this state
                drain() if step == "drain" else STEPS[step](market[place])
        drain()
        assert stored() == from_scratch()
        transaction.set_rollback(True)
