"""Leg by leg: accept, decline, change, join, leave, end; and what follows when listings change meanwhile."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from sharing.actors import SYSTEM
from sharing.errors import Conflict, NotAllowed, NotThere, RuleBroken, RulesBroken
from sharing.listings import actions as listings
from sharing.models import Listing, Network, Share
from sharing.networks import actions
from sharing.networks.content import ContentChanged, keep
from sharing.networks.terms import Answer, Kind, State
from tests.factories import SWEEPER, SWEEPING
from tests.networks.markets import MONEY, Side, pool, propose, ring, swap
from tests.networks.members import NOW, accept, agreed, change, decline, told


def test_the_first_yes_reserves_and_the_last_one_makes_an_agreement(db, drain):
    giver, takers, *_ = pool(drain)
    network = Network.objects.get()
    assert accept(network, giver).state == State.UNDER_DISCUSSION
    assert Share.objects.held().count() == 4
    for taker in takers[:-1]:
        assert accept(network, taker).state == State.UNDER_DISCUSSION
    network = accept(network, takers[-1])
    assert (network.state, network.started_on) == (State.ACTIVE, NOW.date())
    assert (told(network, "agreed"), told(network, "started")) == (1, 1)
    assert set(network.participants.values_list("answer", flat=True)) == {Answer.ACCEPTED}


def test_only_who_acts_for_a_member_may_answer_for_it(db, drain):
    giver, takers, *_ = pool(drain)
    network, stranger = Network.objects.get(), Side("Fremdstadt")
    with pytest.raises(NotAllowed):
        actions.accept(
            network.id, organisation_id=giver.id, content_hash=network.content_hash, by=takers[0].actor, now=NOW
        )
    with pytest.raises(NotThere):
        accept(network, stranger)
    assert not Network.objects.visible_to(stranger.actor).exists()
    assert Network.objects.visible_to(giver.actor).get() == network


def test_an_old_content_is_refused_and_says_what_has_changed(db, drain):
    giver, takers, offer, _ = pool(drain)
    network = Network.objects.get()
    accept(network, giver)
    listings.revise(offer.id, replace(offer.draft, quantity=Decimal(18)), by=SYSTEM, today=NOW.date())
    with pytest.raises(ContentChanged) as refusal:  # whether or not a worker has seen the change yet
        accept(network, takers[0])
    assert refusal.value.changes == [
        {"code": "listing_changed", "listing": str(offer.id), "title": offer.title, "fields": ["quantity"]}
    ]
    drain()
    assert network.participants.get(organisation=giver.id).answer == Answer.OPEN
    assert told(network, "changed") == 1
    accept(network, takers[0])


def test_a_change_opens_every_acceptance_again(db, drain):
    giver, takers, *_ = pool(drain)
    network = Network.objects.get()
    accept(network, giver)
    accept(network, takers[0])
    old = network.content_hash
    network = change(network, takers[0], terms="Abgerechnet wird nach Stunden.", lead=takers[0].id)
    assert network.participants.filter(answer=Answer.OPEN).count() == 4
    assert network.content_hash != old
    with pytest.raises(ContentChanged) as refusal:
        accept(network, giver, content_hash=old)
    assert refusal.value.changes == [{"code": "agreement", "fields": ["lead", "terms"]}]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"least_members": 1, "starts_by": date(2031, 1, 1)}, "least_members"),
        ({"least_members": 3}, "starts_by"),
        ({"least_hours": Decimal(-1), "starts_by": date(2031, 1, 1)}, "least_hours"),
        ({"starts_by": date(2001, 1, 1)}, "starts_by"),
        ({"terms": "x" * 2_001}, "terms"),
        ({"terms": "\x00"}, "terms"),
    ],
)
def test_an_agreement_that_makes_no_sense_is_refused_with_its_field(db, drain, values, field):
    giver, *_ = pool(drain)
    with pytest.raises(RulesBroken) as refusal:
        change(Network.objects.get(), giver, **values)
    assert [problem.field for problem in refusal.value.problems] == [field]


def test_a_stranger_cannot_lead_and_nothing_changed_is_no_change(db, drain):
    giver, *_ = pool(drain)
    with pytest.raises(RulesBroken):
        change(Network.objects.get(), giver, lead=Side("Fremdstadt").id)
    with pytest.raises(RuleBroken, match="already"):
        change(Network.objects.get(), giver)


def test_when_a_taker_says_no_the_next_best_steps_in(db, drain):
    """14 hours for four who want 5 each: two fit; the third comes in for one who says no."""
    giver, takers, *_ = pool(drain, hours=(5, 5, 5), offered=14)
    network = Network.objects.get()
    inside = [t for t in takers if network.participants.filter(organisation=t.id).exists()]
    (outside,) = [t for t in takers if t not in inside]
    accept(network, giver)
    network = decline(network, inside[0])
    assert network.state == State.UNDER_DISCUSSION
    assert {p.organisation_id for p in network.participants.filter(answer=Answer.OPEN)} == {
        giver.id,
        inside[1].id,
        outside.id,
    }
    assert told(network, "repaired") == 1
    assert network.participants.get(organisation=inside[0].id).answer == Answer.DECLINED


def test_after_a_repair_the_rest_can_agree(db, drain):
    giver, takers, *_ = pool(drain)
    network = decline(Network.objects.get(), takers[0])
    for side in (giver, *takers[1:]):
        network = accept(network, side)
    assert network.state == State.ACTIVE
    assert network.participants.get(organisation=takers[0].id).answer == Answer.DECLINED


def test_who_has_declined_is_not_drawn_in_again_by_a_later_repair(db, drain):
    _, takers, *_ = pool(drain, hours=(5, 5, 5), offered=14)
    network = Network.objects.get()
    inside = [t for t in takers if network.participants.filter(organisation=t.id).exists()]
    (outside,) = [t for t in takers if t not in inside]
    decline(network, inside[0])
    network = decline(network, outside)
    seated = set(network.participants.seated().values_list("organisation", flat=True))
    assert seated & {inside[0].id, outside.id} == set()


def test_what_members_have_ended_is_not_proposed_again_until_something_changes(db, drain):
    network, giver, _, offer, _ = agreed(drain)
    actions.dissolve(network.id, by=giver.actor, now=timezone.now())
    propose(drain)
    assert not Network.objects.filter(state=State.PROPOSED).exists()
    listings.revise(offer.id, replace(offer.draft, quantity=Decimal(25)), by=SYSTEM, today=NOW.date())
    propose(drain)
    assert Network.objects.filter(state=State.PROPOSED).exists()


def test_nobody_agrees_to_a_network_that_somebody_has_just_left(db, drain):
    """The worker has not come yet: the last yes must not bind who has said no."""
    giver, takers, *_ = pool(drain)
    network = Network.objects.get()
    for side in (giver, *takers[1:-1]):
        accept(network, side)
    actions.decline(network.id, organisation_id=takers[0].id, reason="terms", by=takers[0].actor, now=NOW)
    with pytest.raises(Conflict, match="just declined"):
        accept(network, takers[-1])
    drain()
    assert accept(network, takers[-1]).state == State.UNDER_DISCUSSION


def test_when_nobody_steps_in_the_rest_goes_on(db, drain):
    giver, takers, *_ = pool(drain)
    network = decline(Network.objects.get(), takers[0])
    assert (network.state, network.legs.count()) == (State.PROPOSED, 2)
    assert network.lead_id == giver.id


def test_when_the_giver_says_no_it_is_over_and_not_proposed_again(db, drain):
    giver, *_ = pool(drain)
    network = decline(Network.objects.get(), giver)
    assert (network.state, network.reason) == (State.DISSOLVED, "declined")
    propose(drain)
    assert Network.objects.count() == 1
    assert told(network, "dissolved") == 1


def test_when_one_in_a_ring_says_no_another_closes_it(db, drain):
    sides = ring(drain)
    network = Network.objects.get(state=State.PROPOSED)
    assert (network.kind, network.legs.count()) == (Kind.RING, 3)
    inside = [s for s in sides if network.participants.filter(organisation=s.id).exists()]
    (outside,) = [s for s in sides if s not in inside]
    leaver = next(s for s in sides[1::2] if s in inside)
    accept(network, sides[0])
    network = decline(network, leaver)
    assert (network.kind, network.state) == (Kind.RING, State.UNDER_DISCUSSION)
    assert network.participants.get(organisation=outside.id).answer == Answer.OPEN
    givers, takers = ([getattr(leg, end).owner_id for leg in network.legs.all()] for end in ("offer", "request"))
    assert takers == [*givers[1:], givers[0]]


def test_it_starts_when_its_threshold_is_reached_and_not_before(db, drain):
    giver, takers, *_ = pool(drain, hours=(5, 5), offered=20)
    network = Network.objects.get()
    network = change(network, giver, least_hours=Decimal(15), starts_by=NOW.date() + timedelta(days=30))
    for side in (giver, *takers):
        network = accept(network, side)
    assert network.state == State.AGREED
    late = Side("Hellwegen")
    request = late.posts(SWEEPING, considerations=MONEY)
    drain()
    network = actions.join(network.id, listing_id=request.id, by=late.actor, now=NOW)
    assert network.state == State.ACTIVE
    assert network.shares.get(listing__direction="offer").quantity == 15


def test_who_joins_needs_a_match_and_room(db, drain):
    network, *_, offer, _ = agreed(drain, hours=(5, 5), offered=14)
    late = Side("Hellwegen")
    strange = late.posts(SWEEPER)
    small, large = (late.posts(SWEEPING, quantity=Decimal(q), considerations=MONEY) for q in (4, 5))
    with pytest.raises(RuleBroken, match="not been matched"):
        actions.join(network.id, listing_id=small.id, by=late.actor, now=NOW)
    drain()
    with pytest.raises(RuleBroken, match="takes nobody in"):
        actions.join(network.id, listing_id=strange.id, by=late.actor, now=NOW)
    with pytest.raises(Conflict, match="is not enough"):
        actions.join(network.id, listing_id=large.id, by=late.actor, now=NOW)
    actions.join(network.id, listing_id=small.id, by=late.actor, now=NOW)
    assert Share.objects.held().taken([offer.id]) == {offer.id: Decimal(14)}
    with pytest.raises(Conflict, match="takes part already"):
        actions.join(network.id, listing_id=large.id, by=late.actor, now=NOW)


def test_the_lead_sets_up_groups_and_ends_it_and_everyone_renews_their_declaration(db, drain):
    network, giver, takers, *_ = agreed(drain)
    both = frozenset({giver.id, takers[0].id})
    with pytest.raises(NotAllowed):
        actions.set_group(network.id, name="Technik", organisation_ids=both, by=takers[0].actor, now=NOW)
    group = actions.set_group(network.id, name="Technik", organisation_ids=both, by=giver.actor, now=NOW)
    assert {o.id for o in group.organisations.all()} == both
    with pytest.raises(RuleBroken, match="consists of members"):
        actions.set_group(
            network.id, name="Technik", organisation_ids=frozenset({Side("Fremdstadt").id}), by=giver.actor, now=NOW
        )
    assert actions.set_group(network.id, name="Technik", organisation_ids=frozenset(), by=giver.actor, now=NOW) is None
    later = NOW + timedelta(days=300)
    actions.declare(network.id, organisation_id=takers[0].id, by=takers[0].actor, now=later)
    assert network.participants.get(organisation=takers[0].id).declared_until == later.date() + timedelta(days=365)
    assert actions.conclude(network.id, by=giver.actor, now=NOW).state == State.CONCLUDED
    with pytest.raises(Conflict, match="cannot become"):
        actions.dissolve(network.id, by=giver.actor, now=NOW)


def test_two_networks_never_hold_the_same_listing(db, drain):
    """A hint and a proposal may share listings; the first to be accepted takes them."""
    one, other = swap(drain)
    network = Network.objects.get()
    twin = Network.objects.create(
        kind=Kind.SWAP, hint=True, lead_id=one.id, benefit=1, gap=0, proposed_at=NOW, changed_at=NOW, content_hash="?"
    )
    for side in (one, other):
        twin.participants.create(organisation_id=side.id)
    for share in network.shares.all():
        twin.shares.create(listing=share.listing)
    accept(network, one)
    keep(twin, now=NOW)
    twin.save()
    with pytest.raises(Conflict, match="given away"):
        accept(twin, other)
    assert Listing.objects.count() == 4
