"""A real worker and a real beat: from a published listing to the mail, and through kill -9 and FLUSHALL."""

from contextlib import contextmanager
from email import message_from_bytes, policy

import pytest
from django.db import connection, transaction
from django.test import Client

from sharing.actors import SYSTEM
from sharing.events import emit
from sharing.models import Digest, Event, Match
from tasks import events
from tests import factories
from tests.operations.background import Background, address_of, children, is_alive, kill, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def background(tmp_path, monkeypatch, settings):
    """Around the test database; the tests' own bell rings there, too."""
    with Background(tmp_path, address_of(connection.settings_dict["NAME"])) as running:
        url = f"redis+socket://{running.redis_url.removeprefix('unix://').split('?')[0]}?virtual_host=0"
        monkeypatch.setattr(events.drain.app.conf, "broker_write_url", url)
        settings.REDIS_URL, settings.EVENT_DOORBELL = running.redis_url, "tasks.events.ring"
        yield running


def nothing_waits():
    return not Event.objects.pending().exists()


def test_a_published_listing_becomes_a_mail(background, alice):
    background.start_mailsink()
    worker = background.start_worker()
    background.start_beat()
    factories.published()
    factories.published(factories.SWEEPING, owner=alice.memberships.get().organisation)
    wait_until(lambda: len(background.received()) == 1, "the digest arrives", worker)
    mail = message_from_bytes(background.received()[0].read_bytes(), policy=policy.default)
    assert mail["To"] == alice.email
    assert factories.SWEEPER.title in mail.get_body(("plain",)).get_content()
    wait_until(lambda: Digest.objects.get().state == Digest.State.SENT, "it is ticked off", worker)
    # The first beat shows at once that clock, broker and worker are alive.
    wait_until(lambda: Client().get("/readyz").status_code == 200, "the site is well", worker)
    assert len(background.received()) == 1


def test_a_killed_worker_and_a_flushed_broker_lose_nothing(background):
    worker = background.start_worker()
    with matchers_held():  # so the worker is in the middle of its work when it dies
        requests = [factories.published(factories.SWEEPING, owner=factories.town()) for _ in range(30)]
        factories.published()
        wait_until(a_matcher_waits, "the worker begins to match", worker)
        pool = children(worker.process.pid)
        kill(worker)
        background.flush()
        wait_until(lambda: not any(map(is_alive, pool)), "its children are gone, too", worker, patience=5)
    worker.mend(print)
    background.start_beat()
    wait_until(nothing_waits, "beat brings the work back", worker)
    assert Match.objects.standing().count() == len(requests)


@contextmanager
def matchers_held():
    """Holds the lock for which matchers queue up."""
    holder = connection.copy()
    try:
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext('sharing.matching'))")
        yield
    finally:
        holder.close()


def a_matcher_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
        return cursor.fetchone()[0]


def test_the_children_of_a_killed_worker_die_with_it(background):
    worker = background.start_worker(concurrency=2)
    pool = children(worker.process.pid)
    assert len(pool) == 2
    kill(worker)
    wait_until(lambda: not any(map(is_alive, pool)), "none goes on alone", worker, patience=5)


def test_a_hundred_events_and_a_flush_between_them(background):
    worker = background.start_worker()
    background.start_beat()
    for number in range(100):
        with transaction.atomic():
            emit("listing.drafted", factories.town().id, by=SYSTEM)
        if number == 50:
            background.flush()
    wait_until(nothing_waits, "all are handled", worker)
