"""Owe and gather: one digest a member and period, each match told once, however the clock ticks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from sharing.actors import SYSTEM
from sharing.digests.actions import gather, owe_notices, subscribe
from sharing.digests.rules import Period, Wish
from sharing.models import Digest, Match, Member, Notice
from tests import factories
from tests.networks.markets import propose


def told():
    """For every digest: whose, when, and how many matches."""
    rows = Digest.objects.order_by("due_at", "member__name")
    return [(digest.member.name, digest.due_at, digest.notices.count()) for digest in rows]


def another_match(drain, request):
    factories.published(factories.SWEEPER, owner=factories.town())
    drain()


def test_who_acts_for_a_side_is_owed_a_notice(alice, bob, charlie, match):
    assert {notice.member for notice in Notice.objects.all()} == {alice, bob}


@pytest.mark.django_db
def test_an_administrations_members_are_told_for_its_municipalities(drain):
    union = factories.town("Verbandsgemeinde")
    clerk = factories.member("clerk", of=union)
    factories.published()
    factories.published(factories.SWEEPING, owner=factories.town("Ortsgemeinde", administered_by=union))
    drain()
    assert Notice.objects.get().member == clerk


@pytest.mark.django_db
def test_who_acts_for_both_sides_is_told_once(alice, drain):
    lender = factories.town("Weitental")
    alice.memberships.create(organisation=lender, role=2)
    factories.published(owner=lender)
    factories.published(factories.SWEEPING, owner=alice.memberships.first().organisation)
    drain()
    assert Notice.objects.count() == 1


def test_who_has_left_is_owed_nothing(match, alice):
    Notice.objects.all().delete()
    Member.objects.update(is_active=False)
    assert owe_notices([match.id], now=timezone.now()) == 0


def test_a_fair_match_is_shown_but_not_told(match):
    Notice.objects.all().delete()
    Match.objects.update(notify=False)
    assert owe_notices([match.id], now=timezone.now()) == 0


def test_where_nothing_is_new_nothing_is_written(alice, tuesday):
    assert gather(now=tuesday) == 0


def test_before_the_hour_nothing_is_written(match, tuesday):
    Notice.objects.update(owed_at=tuesday - timedelta(days=1))
    assert gather(now=tuesday - timedelta(seconds=1)) == 0
    assert gather(now=tuesday) == 1


def test_a_doubled_tick_writes_no_second(match, tuesday):
    assert [gather(now=tuesday), gather(now=tuesday), gather(now=tuesday + timedelta(hours=3))] == [1, 0, 0]
    assert told() == [("Alice", tuesday, 1)]


def test_a_late_tick_writes_what_the_missed_one_would_have(match, tuesday):
    gather(now=tuesday + timedelta(days=3))
    assert told() == [("Alice", tuesday, 1)]


def test_after_three_weeks_without_a_clock_there_is_one_digest(match, tuesday, drain):
    another_match(drain, match.request)
    gather(now=tuesday + timedelta(days=22))
    assert told() == [("Alice", tuesday + timedelta(days=21), 2)]


def test_what_comes_after_the_hour_waits_for_the_next(match, tuesday, drain):
    gather(now=tuesday)
    another_match(drain, match.request)
    Notice.objects.filter(digest=None).update(owed_at=tuesday + timedelta(seconds=1))
    assert gather(now=tuesday + timedelta(days=6)) == 0
    assert gather(now=tuesday + timedelta(days=7)) == 1
    assert [count for *_, count in told()] == [1, 1]


def test_what_was_owed_in_time_but_seen_late_is_not_lost(match, tuesday, drain):
    gather(now=tuesday)
    another_match(drain, match.request)
    Notice.objects.filter(digest=None).update(owed_at=tuesday - timedelta(seconds=1))
    assert gather(now=tuesday + timedelta(minutes=1)) == 0, "this week has had its mail"
    assert gather(now=tuesday + timedelta(days=7)) == 1


def test_everyone_has_their_own_day_hour_and_zone(alice, bob, match, tuesday):
    subscribe(bob, Wish(Period.DAILY, hour=6), by=SYSTEM)
    Member.objects.filter(id=bob.id).update(time_zone="America/St_Johns")
    Notice.objects.update(owed_at=tuesday - timedelta(hours=1))
    gather(now=tuesday)
    assert told() == [("Alice", tuesday, 1)]
    gather(now=tuesday + timedelta(hours=2, minutes=30))  # 6 o'clock in St John's
    assert told()[1:] == [("Bob", tuesday + timedelta(hours=2, minutes=30), 1)]


def test_who_wants_none_gets_none(match, alice, tuesday):
    subscribe(alice, Wish(Period.NEVER), by=SYSTEM)
    assert gather(now=tuesday) == 0


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_write_one_digest_each(alice, bob, match, tuesday):
    start = Barrier(4)

    def tick(_):
        try:
            start.wait(10)
            return gather(now=tuesday)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(tick, range(4)))
    assert sum(written) == 2
    assert told() == [("Alice", tuesday, 1), ("Bob", tuesday, 1)]


@pytest.mark.django_db
def test_the_demo_does_not_wait_for_the_hour_but_for_the_matching(match, alice, drain):
    factories.published()
    assert gather(now=timezone.now(), at_once=True) == 0, "an event waits to be handled"
    drain()
    assert gather(now=timezone.now(), at_once=True) == 0, "networks wait to be proposed"
    propose(drain)
    assert gather(now=timezone.now(), at_once=True) == 1
    assert [count for *_, count in told()] == [2]
