"""Proposing in the background: found after matching, the same again, repaired, and safe from killed workers."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from sharing.actors import SYSTEM
from sharing.listings import actions as listings
from sharing.models import Event, Network, Part, Run, Share
from sharing.networks import runs
from sharing.networks.actions import accept
from sharing.networks.engine import packing
from sharing.networks.engine.propose import Choice
from sharing.networks.runs import ask_for_proposals, plan_next, solve_next
from sharing.networks.terms import Kind, State
from tests.factories import SWEEPING
from tests.networks.markets import MONEY, Side, pool, propose, swap

NOW = timezone.now()


def stored():
    return sorted(Network.objects.values_list("id", "kind", "state", "content_hash", "benefit"))


def test_what_was_posted_is_matched_and_then_proposed(db, drain):
    giver, takers, offer, requests = pool(drain)
    network = Network.objects.get()
    assert (network.kind, network.state, network.hint) == (Kind.CAPACITY_POOL, State.PROPOSED, False)
    assert {p.organisation_id for p in network.participants.all()} == {giver.id, *(t.id for t in takers)}
    assert network.lead_id == giver.id
    shares = dict(network.shares.values_list("listing", "quantity"))
    assert shares == {offer.id: 15, **dict.fromkeys([request.id for request in requests])}
    assert [leg.covered for leg in network.legs.all()] == [1, 1, 1]
    assert network.contents.get().content_hash == network.content_hash


def test_a_run_over_unchanged_data_changes_nothing_and_tells_nobody(db, drain):
    pool(drain)
    before, told = stored(), Event.objects.count()
    ask_for_proposals(None, now=NOW)
    propose(drain)
    assert stored() == before
    assert Event.objects.count() == told


def test_a_request_that_is_withdrawn_leaves_a_smaller_pool(db, drain):
    *_, requests = pool(drain)
    listings.withdraw(requests[0].id, by=SYSTEM)
    propose(drain)
    network = Network.objects.get()
    assert (network.state, network.legs.count(), network.participants.filter(answer="open").count()) == (
        "proposed",
        2,
        3,
    )


def test_a_better_proposal_takes_the_place_of_an_old_one(db, drain):
    pool(drain, hours=(5, 5))
    Side("Hellwegen").posts(SWEEPING, considerations=MONEY)
    propose(drain)
    assert sorted(Network.objects.values_list("state", "reason")) == [("dissolved", "replaced"), ("proposed", "")]
    assert Network.objects.get(state=State.PROPOSED).legs.count() == 3


def test_what_members_talk_about_is_never_torn_apart(db, drain):
    giver, *_ = pool(drain, hours=(5, 5))
    network = Network.objects.get()
    accept(network.id, organisation_id=giver.id, content_hash=network.content_hash, by=giver.actor, now=NOW)
    late = Side("Hellwegen").posts(SWEEPING, considerations=MONEY)
    propose(drain)
    network.refresh_from_db()
    assert (network.state, network.legs.count()) == (State.UNDER_DISCUSSION, 2)
    assert not Share.objects.filter(listing=late).exists()


def test_where_one_wants_money_the_circle_is_a_hint_that_nobody_is_told_of(db, drain):
    one, _ = swap(drain)
    listing = one.town.listings.get(direction="request")
    listings.revise(listing.id, replace(listing.draft, considerations=MONEY), by=SYSTEM, today=NOW.date())
    propose(drain)
    hint = Network.objects.get(hint=True)
    assert hint.state == State.PROPOSED
    assert not Event.objects.filter(subject_id=hint.id).exists()


def test_only_parts_with_a_changed_listing_are_solved_again(db, drain):
    pool(drain)
    swap(drain, latitude=48.0)
    before = Part.objects.count()
    request = Network.objects.get(kind=Kind.SWAP).legs.first().request
    ask_for_proposals([request.id], now=NOW)
    propose(drain)
    (part,) = Part.objects.order_by("id")[before:]
    assert request.id in part.listings
    assert len(part.listings) == 4


def test_a_run_about_everything_forgets_what_was_planned_or_given_up_before(db, drain):
    pool(drain)
    given_up = Run.objects.create(listings=[], asked_at=NOW - timedelta(days=1), tries=3)
    Part.objects.create(run=given_up, listings=[], tries=3)
    Run.objects.create(listings=[], asked_at=NOW - timedelta(days=1))  # waits: planned first, and then out of date
    assert runs.stuck() == 2
    ask_for_proposals(None, now=NOW + timedelta(days=1))
    while plan_next(now=NOW + timedelta(days=1)):
        pass
    assert [run.listings for run in Run.objects.all()] == [None]
    assert runs.stuck() == 0


def test_equal_data_has_an_equal_fingerprint_and_other_data_another(db, drain):
    pool(drain)
    seen = []
    for day in range(2):
        ask_for_proposals(None, now=NOW + timedelta(minutes=day))
        seen.append(plan_next(now=NOW + timedelta(minutes=day)).snapshot_hash)
    Side("Hellwegen").posts(SWEEPING, considerations=MONEY)
    drain()
    ask_for_proposals(None, now=NOW + timedelta(minutes=3))
    while run := plan_next(now=NOW + timedelta(minutes=3)):
        last = run.snapshot_hash if run.listings is None else ""
    assert seen[0] == seen[1] != last


def test_a_part_goes_to_one_worker_and_comes_back_when_its_lease_is_over(db, drain):
    pool(drain)
    ask_for_proposals(None, now=NOW)
    plan_next(now=NOW)
    lease = runs._lease()
    assert runs._lease() is None
    Part.objects.filter(pk=lease.part.pk).update(lease_until=NOW - timedelta(days=1))
    again = runs._lease()
    assert (again.part.pk, again.fence) == (lease.part.pk, lease.fence + 1)


def test_a_worker_that_was_overtaken_writes_nothing(db, drain):
    pool(drain)
    before = stored()
    ask_for_proposals(None, now=NOW)
    plan_next(now=NOW)
    slept = runs._lease()
    Part.objects.filter(pk=slept.part.pk).update(lease_until=NOW - timedelta(days=1))
    solve_next(now=NOW)
    assert not runs._finish(slept, Choice(()), now=NOW)
    assert stored() == before


def test_without_the_fence_it_would_destroy_what_the_other_wrote(db, drain):
    """The twin: with the token of the other worker the same write goes through."""
    pool(drain)
    before = stored()
    ask_for_proposals(None, now=NOW)
    plan_next(now=NOW)
    slept = runs._lease()
    assert runs._finish(slept, Choice(()), now=NOW)
    assert stored() != before


def test_a_solver_that_fails_leaves_the_best_so_far_and_a_mark(db, drain, monkeypatch):
    def fails(*_, **__):
        raise packing.SolverFailed("out of memory")

    monkeypatch.setattr(packing, "_branched", fails)
    pool(drain)
    part = Part.objects.get(benefit__gt=0)
    assert part.fault == "out of memory"
    assert Network.objects.get().state == State.PROPOSED


@pytest.mark.django_db(transaction=True)
def test_workers_share_the_parts(drain):
    """Two at once, each part solved once; proposals are those that one worker alone finds."""
    pool(drain)
    swap(drain, latitude=48.0)
    alone = sorted(Network.objects.values_list("kind", "content_hash"))
    Network.objects.all().delete()
    ask_for_proposals(None, now=NOW)
    plan_next(now=NOW)
    solved = []

    def work():
        while part := solve_next(now=NOW):
            solved.append(part.pk)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(solved) == len(set(solved)) == 2
    assert sorted(Network.objects.values_list("kind", "content_hash")) == alone


def test_while_events_wait_a_run_waits_too(db, drain):
    pool(drain)
    Side("Hellwegen").posts(SWEEPING, considerations=MONEY)
    ask_for_proposals(None, now=NOW)
    assert plan_next(now=NOW) is None
    assert plan_next(now=NOW + timedelta(minutes=10)) is not None
    assert Run.objects.filter(planned_at=None).count() == 0
