"""Two workers at one queue: nothing is handled twice. The twin without SKIP LOCKED shows that the test can tell."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier, Lock
from threading import Event as Signal
from uuid import uuid4

import pytest
from django.db import connection, transaction

from sharing import events
from sharing.actors import SYSTEM
from sharing.events import Event, emit, handle_batch

NOW = datetime(2099, 1, 1, tzinfo=UTC)
WORKERS = 4


def handled_by_all(count, *, most=7):
    """How often each of so many events is handled when several workers empty the queue at once."""
    with transaction.atomic():
        emit("a.happened", *(uuid4() for _ in range(count)), by=SYSTEM)
    seen, lock, start = Counter(), Lock(), Barrier(WORKERS)

    def note(subject_ids, /, *, now):
        with lock:
            seen.update(subject_ids)

    def work(_):
        try:
            start.wait(10)
            while handle_batch({"a.happened": [note]}, now=NOW, most=most):
                pass
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, range(WORKERS)))
    return seen


@pytest.mark.django_db(transaction=True)
def test_no_event_is_handled_twice_and_none_is_left():
    seen = handled_by_all(400)
    assert len(seen) == 400
    assert set(seen.values()) == {1}
    assert not Event.objects.pending().exists()


@pytest.mark.django_db(transaction=True)
def test_without_locks_events_are_handled_twice(monkeypatch):
    def claim(self, *, now, most):
        first = self.pending().filter(due_at__lte=now).order_by("due_at", "id").first()
        return [first, *self.pending().exclude(pk=first.pk).order_by("due_at", "id")[: most - 1]] if first else []

    monkeypatch.setattr(events.EventQuerySet, "claim", claim)
    # One by one: larger batches would now and then also deadlock.
    assert max(handled_by_all(400, most=1).values()) > 1


@pytest.mark.django_db(transaction=True)
def test_a_slow_worker_holds_up_nobody():
    with transaction.atomic():
        emit("a.happened", *(uuid4() for _ in range(4)), by=SYSTEM)
    busy, go_on = Signal(), Signal()

    def linger(_subjects, /, *, now):
        busy.set()
        assert go_on.wait(10)

    def slow():
        try:
            return handle_batch({"a.happened": [linger]}, now=NOW, most=2)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(slow)
        assert busy.wait(10)
        counts = [handle_batch({}, now=NOW), handle_batch({}, now=NOW)]
        go_on.set()
        assert first.result(10) == 2
    assert counts == [2, 0]
