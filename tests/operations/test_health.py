"""/healthz and /readyz: the process answers; the parts that it needs work. Each part is broken in turn."""

import socket
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction
from django.test import Client
from django.utils import timezone

from sharing.actors import SYSTEM
from sharing.events import emit
from sharing.ids import new_id
from sharing.models import Event, Part, Pulse, Run
from sharing.pulse import show_life
from tasks.upkeep import beat


@pytest.fixture
def well(db):
    show_life(now=timezone.now())


def ready():
    answer = Client().get("/readyz")
    return answer.status_code, answer.json()["parts"]


def event(**changes):
    with transaction.atomic():
        emit("a.happened", new_id(), by=SYSTEM)
    Event.objects.update(**changes)


def test_alive_asks_nobody(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


def test_all_is_well(well):
    status, parts = ready()
    assert status == 200
    assert {name: part["ok"] for name, part in parts.items()} == dict.fromkeys(
        ["database", "broker", "events", "beat", "proposals"], True
    )
    assert parts["events"] == {"ok": True, "oldest_unhandled_seconds": 0.0, "parked": 0}


def test_parts_that_no_worker_finishes_are_seen_and_failed_solvers_are_told_of(well):
    run = Run.objects.create(asked_at=timezone.now())
    Part.objects.create(run=run, listings=[], done_at=timezone.now(), fault="out of memory")
    assert ready()[1]["proposals"] == {"ok": True, "stuck": 0, "solver_faults": 1}
    Part.objects.create(run=run, listings=[], tries=3)
    status, parts = ready()
    assert (status, parts["proposals"]["stuck"]) == (503, 1)


def test_an_event_that_nobody_handles_is_seen(well):
    event(due_at=timezone.now() - timedelta(minutes=6))
    status, parts = ready()
    assert (status, parts["events"]["ok"]) == (503, False)
    assert parts["events"]["oldest_unhandled_seconds"] == pytest.approx(360, abs=30)


def test_an_event_that_waits_for_its_next_try_is_no_fault(well):
    event(due_at=timezone.now() + timedelta(hours=1))
    assert ready()[0] == 200


def test_a_parked_event_is_counted_but_takes_nothing_out_of_service(well):
    event(parked_at=timezone.now())
    status, parts = ready()
    assert (status, parts["events"]["parked"]) == (200, 1)


@pytest.mark.parametrize("last", [None, timedelta(minutes=3)], ids=["never", "long ago"])
def test_a_clock_that_stands_still_is_seen(db, last):
    if last:
        show_life(now=timezone.now() - last)
    status, parts = ready()
    assert (status, parts["beat"]["ok"]) == (503, False)


def test_the_clock_leaves_one_sign_however_often_it_ticks(db):
    beat()
    beat()
    assert Pulse.objects.count() == 1
    assert ready()[1]["beat"]["ok"]


def test_a_broker_that_does_not_answer_is_seen_within_seconds(well, settings):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.REDIS_URL = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
        start = time.perf_counter()
        status, parts = ready()
    assert (status, parts["broker"]["ok"]) == (503, False)
    assert time.perf_counter() - start < 3


def test_a_database_that_is_gone_is_an_answer_and_not_an_error(well, monkeypatch):
    def gone(*_):
        raise OperationalError("connection to /secret/path failed")

    with monkeypatch.context() as patch:
        patch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.cursor", gone)
        answer = Client().get("/readyz")
    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert [parts[name]["ok"] for name in ("database", "broker", "events", "beat")] == [False, True, False, False]
    assert "secret" not in answer.content.decode(), "whoever asks learns what is unwell, not where it lives"
