"""emit: a fact commits with its change, and the bell rings once, afterwards."""

import time
from uuid import uuid4

import pytest
from django.db import connection, transaction

from sharing.actors import SYSTEM, Actor
from sharing.events import Event, emit
from tests import doorbells


@pytest.fixture
def rings(monkeypatch):
    """How often the bell rang, and how many events a stranger could see then."""
    heard = []
    monkeypatch.setattr(doorbells, "silent", lambda: heard.append(Event.objects.count()))
    return heard


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_there_is_no_event():
    with pytest.raises(transaction.TransactionManagementError):
        emit("listing.published", uuid4(), by=SYSTEM)
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_rolls_back_was_never_said_and_never_rings(rings):
    with transaction.atomic():
        emit("listing.published", uuid4(), by=SYSTEM)
        transaction.set_rollback(True)
    assert not Event.objects.exists()
    assert rings == []


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_once_and_after_the_commit(rings):
    with transaction.atomic():
        emit("listing.published", uuid4(), uuid4(), by=SYSTEM)
        emit("listing.changed", uuid4(), by=SYSTEM)
        assert rings == []
    assert rings == [3]


@pytest.mark.django_db(transaction=True)
def test_a_part_that_rolls_back_does_not_silence_the_rest(rings):
    with transaction.atomic():
        with transaction.atomic():
            emit("listing.published", uuid4(), by=SYSTEM)
            transaction.set_rollback(True)
        emit("listing.changed", uuid4(), by=SYSTEM)
    assert rings == [1]


@pytest.mark.django_db(transaction=True)
def test_a_broken_bell_still_commits(settings):
    settings.EVENT_DOORBELL = "tests.doorbells.broken"
    with transaction.atomic():
        emit("listing.published", uuid4(), by=SYSTEM)
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_an_event_says_who_did_what_and_waits_in_order():
    member, token, first, second = uuid4(), uuid4(), uuid4(), uuid4()
    emit("listing.changed", first, second, by=Actor(member_id=member, token_id=token), data={"fields": ["Größe"]})
    events = list(Event.objects.pending().order_by("id"))
    assert [event.subject_id for event in events] == [first, second]
    for event in events:
        assert (event.kind, event.actor_id, event.token_id) == ("listing.changed", member, token)
        assert event.data == {"fields": ["Größe"]}
        assert (event.attempts, event.last_error) == (0, "")
        assert event.occurred_at <= event.due_at
        assert event.transaction_id > 0


@pytest.mark.django_db
@pytest.mark.parametrize("subjects", [1, 3_000])
def test_any_number_of_facts_is_one_statement(django_assert_num_queries, subjects):
    ids = [uuid4() for _ in range(subjects)]
    with django_assert_num_queries(1):
        emit("listing.expired", *ids, by=SYSTEM)
    assert Event.objects.count() == subjects


@pytest.mark.django_db
def test_about_nothing_nothing_is_said(django_assert_num_queries):
    with django_assert_num_queries(0):
        emit("listing.expired", by=SYSTEM)


@pytest.mark.django_db(transaction=True)
def test_a_reader_of_the_feed_can_tell_what_may_still_be_overtaken():
    """Ids are given at the insert, not at the commit: who stops below the oldest open transaction skips nothing."""
    late = connection.copy()
    try:
        late.set_autocommit(False)
        with late.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")
        with transaction.atomic():
            emit("listing.published", uuid4(), by=SYSTEM)
        assert _settled() == 0
        late.commit()
        deadline = time.monotonic() + 30  # transactions of other tests on the same server hold the feed back, too
        while not (settled := _settled()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert settled == 1
    finally:
        late.close()


def _settled():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        [[horizon]] = cursor.fetchall()
    return Event.objects.filter(transaction_id__lt=horizon).count()
