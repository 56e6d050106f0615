"""What follows when listings and organisations change, and when time passes."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from sharing.actors import SYSTEM
from sharing.listings import actions as listings
from sharing.listings.terms import Visibility
from sharing.models import Network, Organisation, Share
from sharing.networks import actions
from sharing.networks.follow import follow_organisations, keep_time, remind
from sharing.networks.rules import NOTICE, PATIENCE
from sharing.networks.story import story
from sharing.networks.terms import Answer, State
from tests.factories import SWEEPING
from tests.networks.markets import MONEY, Side, pool, propose
from tests.networks.members import NOW, accept, agreed, change, told


def test_an_offer_that_shrinks_below_what_is_promised_loses_a_member(db, drain):
    giver, _, offer, _ = pool(drain)
    network = Network.objects.get()
    accept(network, giver)
    listings.revise(offer.id, replace(offer.draft, quantity=Decimal(10)), by=SYSTEM, today=NOW.date())
    drain()
    network.refresh_from_db()
    assert network.legs.count() == 2
    assert network.shares.get(listing=offer).quantity == 10


def test_a_large_pool_that_waits_for_its_threshold_stays_whole_when_a_listing_changes(db, drain):
    """Seven in it, more than a proposal ever has: who joined later belongs to it all the same."""
    giver, takers, offer, _ = pool(drain, hours=(2, 2, 2, 2, 2, 2), offered=20)
    network = change(Network.objects.get(), giver, least_hours=Decimal(19), starts_by=NOW.date() + timedelta(days=30))
    for side in (giver, *takers):
        network = accept(network, side)
    late = Side("Hellwegen")
    request = late.posts(SWEEPING, quantity=Decimal(2), considerations=MONEY)
    drain()
    actions.join(network.id, listing_id=request.id, by=late.actor, now=NOW)
    listings.revise(offer.id, replace(offer.draft, title="Kehrmaschine mit Bediener"), by=SYSTEM, today=NOW.date())
    drain()
    network.refresh_from_db()
    assert (network.state, network.legs.count()) == (State.UNDER_DISCUSSION, 7)


def test_a_request_that_grows_takes_more(db, drain):
    giver, _, offer, requests = pool(drain)
    network = Network.objects.get()
    accept(network, giver)
    listings.revise(requests[0].id, replace(requests[0].draft, quantity=Decimal(7)), by=SYSTEM, today=NOW.date())
    drain()
    network.refresh_from_db()
    assert network.shares.get(listing=offer).quantity == 17
    assert network.participants.get(organisation=giver.id).answer == Answer.OPEN


def test_a_listing_that_is_not_for_everybody_is_shown_to_nobody_else(db, drain):
    giver, takers, _, requests = pool(drain)
    shy = replace(requests[0].draft, visibility=Visibility.NAMED, audience=(giver.id,))
    listings.revise(requests[0].id, shy, by=SYSTEM, today=NOW.date())
    propose(drain)
    for network in Network.objects.open():
        inside = set(network.shares.values_list("listing", flat=True))
        assert requests[0].id not in inside or network.participants.seated().count() == 2
    assert not Network.objects.visible_to(takers[0].actor).open().exists()


def test_a_lead_that_leaves_hands_over(db, drain):
    network, giver, takers, *_ = agreed(drain)
    Network.objects.filter(id=network.id).update(lead=takers[0].id)
    Organisation.objects.filter(id=takers[0].id).update(is_active=False)
    follow_organisations([takers[0].id], now=NOW)
    network.refresh_from_db()
    assert network.state == State.ACTIVE
    assert network.lead_id in {giver.id, takers[1].id, takers[2].id}


def test_a_listing_that_is_withdrawn_during_discussion_repairs_or_ends_it(db, drain):
    giver, _, offer, requests = pool(drain)
    network = Network.objects.get()
    accept(network, giver)
    listings.withdraw(requests[0].id, by=SYSTEM)
    drain()
    network.refresh_from_db()
    assert (network.state, network.legs.count()) == (State.UNDER_DISCUSSION, 2)
    listings.withdraw(offer.id, by=SYSTEM)
    drain()
    network.refresh_from_db()
    assert (network.state, network.reason) == (State.DISSOLVED, "listing_gone")


def test_a_listing_that_no_longer_fits_is_no_longer_in_it(db, drain):
    giver, _, _, requests = pool(drain)
    network = Network.objects.get()
    accept(network, giver)
    moved = replace(requests[0].draft, starts_on=date(2035, 1, 1), ends_on=date(2035, 12, 31))
    listings.revise(requests[0].id, moved, by=SYSTEM, today=NOW.date())
    drain()
    network.refresh_from_db()
    assert network.legs.count() == 2
    assert not network.shares.filter(listing=requests[0].id).exists()


def test_an_organisation_that_no_longer_takes_part_is_out(db, drain):
    network, _, takers, *_ = agreed(drain)
    Organisation.objects.filter(id=takers[0].id).update(is_active=False)
    follow_organisations([takers[0].id], now=NOW)
    network.refresh_from_db()
    assert (network.state, network.legs.count()) == (State.ACTIVE, 2)
    assert network.shares.get(listing__direction="offer").quantity == 10
    Organisation.objects.filter(id=takers[1].id).update(is_active=False)
    follow_organisations([takers[1].id], now=NOW)
    network.refresh_from_db()
    assert (network.state, network.reason) == (State.DISSOLVED, "too_few")


def test_it_ends_when_its_threshold_is_not_reached_in_time(db, drain):
    giver, takers, *_ = pool(drain, hours=(5, 5), offered=20)
    network = change(Network.objects.get(), giver, least_members=9, starts_by=NOW.date())
    for side in (giver, *takers):
        accept(network, side)
    assert keep_time(now=NOW) == 0
    keep_time(now=NOW + timedelta(days=1))
    network.refresh_from_db()
    assert (network.state, network.reason) == (State.DISSOLVED, "not_started")


def test_answers_that_do_not_come_set_the_listings_free(db, drain):
    giver, *_ = pool(drain)
    network = accept(Network.objects.get(), giver)
    assert keep_time(now=NOW + PATIENCE - timedelta(days=1)) == 0
    keep_time(now=NOW + PATIENCE + timedelta(days=1))
    network.refresh_from_db()
    assert (network.state, network.reason) == (State.DISSOLVED, "unanswered")
    assert not Share.objects.held().exists()


def test_who_leaves_stays_until_the_notice_is_over(db, drain):
    network, _, takers, offer, _ = agreed(drain)
    network = actions.leave(network.id, organisation_id=takers[0].id, by=takers[0].actor, now=NOW)
    again = actions.leave(network.id, organisation_id=takers[0].id, by=takers[0].actor, now=NOW)
    assert (again.version, told(network, "left")) == (network.version, 1)
    assert keep_time(now=NOW + NOTICE) == 0
    assert network.legs.count() == 3
    keep_time(now=NOW + NOTICE + timedelta(days=1))
    assert network.legs.count() == 2
    assert Share.objects.held().taken([offer.id]) == {offer.id: Decimal(10)}


def test_a_declaration_is_asked_for_once_a_month_before_it_ends(db, drain):
    network, *_ = agreed(drain)
    soon = NOW + timedelta(days=340)
    assert remind(now=NOW + timedelta(days=330)) == 0
    first = NOW + timedelta(days=335)
    assert (remind(now=first), remind(now=first), remind(now=soon)) == (4, 0, 0)
    assert told(network, "renewal_due") == 1


def test_who_gives_reads_whose_request_no_longer_fits(db, drain):
    giver, takers, _, requests = pool(drain, hours=(5, 5, 5), offered=12)
    network = Network.objects.whole().get()
    (left,) = [r for r in requests if not network.shares.filter(listing=r).exists()]
    (said,) = story(network, [giver.id], today=NOW.date()).left_out
    assert left.owner.name in said
    assert "5" in said
    assert story(network, [takers[0].id], today=NOW.date()).left_out == ()
