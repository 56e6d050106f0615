"""Two matchers at once: no pair is lost or stale, and nothing deadlocks. The twins run without the lock."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from threading import Event as Signal

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from sharing.actors import SYSTEM
from sharing.listings import actions as listings
from sharing.matching import actions
from sharing.models import Match
from tests import factories
from tests.factories import SWEEPER, SWEEPING

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def without_lock(monkeypatch):
    monkeypatch.setattr(actions, "_one_at_a_time", lambda: None)
    monkeypatch.setattr(actions, "_overtaken", lambda _seen: False)
    monkeypatch.setattr(actions, "_overtaken", lambda seen: False)


def in_thread(pool, listing_ids):
    def work():
        try:
            return actions.match_listings(listing_ids, now=timezone.now())
        finally:
            connection.close()

    return pool.submit(work)


def overtaken(monkeypatch):
    """A matcher that has read the market is overtaken by one that matches a later state of it."""
    offer, _ = factories.published(), factories.published(SWEEPING)
    actions.match_listings([offer.id], now=timezone.now())
    has_read, go_on = Signal(), Signal()
    find = actions.look

    def slowly(*arguments, **options):
        found = find(*arguments, **options)
        if not has_read.is_set():
            has_read.set()
            go_on.wait(1)  # with the lock nobody can come and say so
        return found

    monkeypatch.setattr(actions, "look", slowly)
    with ThreadPoolExecutor(2) as pool:
        Match.objects.update(score=0.5)  # something to store for the slow one
        slow = in_thread(pool, [offer.id])
        assert has_read.wait(10)
        listings.withdraw(offer.id, by=SYSTEM)
        quick = in_thread(pool, [offer.id])
        quick.add_done_callback(lambda _: go_on.set())
        slow.result(20)
        quick.result(20)
    return Match.objects.get()


def test_who_is_overtaken_does_not_bring_back_what_is_gone(monkeypatch):
    assert overtaken(monkeypatch).withdrawn_at


def test_without_the_lock_a_stale_pair_stays(monkeypatch, without_lock):
    assert overtaken(monkeypatch).withdrawn_at is None


def both_sides_at_once(monkeypatch, rounds):
    """An offer and its request are matched at the same moment, each by its own matcher."""
    errors = 0
    meet = Barrier(2)
    find = actions.look

    def together(*arguments, **options):
        found = find(*arguments, **options)
        try:
            meet.wait(0.3)
        except Exception:  # with the lock there is never a second one here
            meet.reset()
        return found

    monkeypatch.setattr(actions, "look", together)
    with ThreadPoolExecutor(2) as pool:
        for _ in range(rounds):
            offers = [factories.published(SWEEPER).id for _ in range(3)]
            requests = [factories.published(SWEEPING).id for _ in range(3)]
            for side in [in_thread(pool, offers), in_thread(pool, requests)]:
                errors += isinstance(side.exception(20), IntegrityError)
    return errors


def test_two_matchers_that_find_the_same_pairs_do_not_collide(monkeypatch):
    assert both_sides_at_once(monkeypatch, rounds=2) == 0
    assert Match.objects.standing().count() == 36


def test_without_the_lock_they_collide(monkeypatch, without_lock):
    assert both_sides_at_once(monkeypatch, rounds=2) > 0
