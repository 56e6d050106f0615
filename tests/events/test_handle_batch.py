"""handle_batch: one kind at a time, effects and ticks together, and a bad event alone in its corner."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from sharing.actors import SYSTEM
from sharing.events import MAX_ATTEMPTS, Event, emit, handle_batch, retry
from sharing.municipalities.models import Organisation

NOW = datetime(2099, 1, 1, tzinfo=UTC)
POISON = "what cannot be handled"


def said(kind, count):
    ids = [uuid4() for _ in range(count)]
    with transaction.atomic():
        emit(kind, *ids, by=SYSTEM)
    return ids


class Recorder:
    """A handler that notes its batches, leaves a row for each subject, and chokes on one of them."""

    def __init__(self, poison=None):
        self.batches, self.poison = [], poison

    def __call__(self, subject_ids, /, *, now):
        self.batches.append(list(subject_ids))
        Organisation.objects.bulk_create(Organisation(id=subject, name="done") for subject in subject_ids)
        if self.poison in subject_ids:
            raise ValueError(POISON)


@pytest.mark.django_db
def test_a_batch_is_of_one_kind_and_in_order():
    first, other, last = said("a.happened", 3), said("b.happened", 2), said("a.happened", 2)
    a, b = Recorder(), Recorder()
    handlers = {"a.happened": [a], "b.happened": [b]}
    assert [handle_batch(handlers, now=NOW) for _ in range(3)] == [5, 2, 0]
    assert a.batches == [first + last]
    assert b.batches == [other]
    assert not Event.objects.pending().exists()


@pytest.mark.django_db
def test_no_batch_is_larger_than_asked_for():
    said("a.happened", 5)
    assert [handle_batch({}, now=NOW, most=2) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.django_db
def test_what_nobody_listens_to_is_ticked_off():
    said("nobody.cares", 2)
    assert handle_batch({}, now=NOW) == 2
    assert Event.objects.filter(handled_at=NOW).count() == 2


@pytest.mark.django_db
def test_what_is_not_due_yet_waits():
    said("a.happened", 1)
    assert handle_batch({}, now=timezone.now() - timedelta(hours=1)) == 0


@pytest.mark.django_db
def test_a_poisoned_event_holds_up_nobody_and_leaves_nothing_half_done():
    ids = said("a.happened", 100)
    recorder = Recorder(poison=ids[41])
    assert handle_batch({"a.happened": [recorder]}, now=NOW) == 100
    bad = Event.objects.pending().get()
    assert bad.subject_id == ids[41]
    assert bad.last_error == f"ValueError: {POISON}"
    assert set(Organisation.objects.values_list("id", flat=True)) == set(ids) - {ids[41]}
    assert len(recorder.batches) <= 15, "it is looked for by halving, not one by one"


@pytest.mark.django_db
def test_a_poisoned_event_comes_back_later_and_later_and_is_parked_at_last():
    [subject] = said("a.happened", 1)
    handlers, now, pauses = {"a.happened": [Recorder(poison=subject)]}, NOW, []
    for _ in range(MAX_ATTEMPTS):
        assert handle_batch(handlers, now=now) == 1
        event = Event.objects.get()
        pauses.append((event.due_at - now).total_seconds() / 60)
        assert handle_batch(handlers, now=event.due_at - timedelta(seconds=1)) == 0
        now = event.due_at
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256]
    assert Event.objects.parked().get().attempts == MAX_ATTEMPTS
    assert handle_batch(handlers, now=now + timedelta(days=30)) == 0


@pytest.mark.django_db
def test_once_the_reason_is_mended_a_parked_event_can_be_tried_again():
    [subject] = said("a.happened", 1)
    Event.objects.update(parked_at=NOW, attempts=MAX_ATTEMPTS)
    assert retry([event.pk for event in Event.objects.all()], now=NOW) == 1
    recorder = Recorder()
    assert handle_batch({"a.happened": [recorder]}, now=NOW) == 1
    assert recorder.batches == [[subject]]


@pytest.mark.django_db
def test_where_the_second_listener_fails_the_first_has_done_nothing():
    said("a.happened", 1)
    handle_batch({"a.happened": [Recorder(), lambda *_, **__: 1 / 0]}, now=NOW)
    assert not Organisation.objects.exists()
    assert Event.objects.pending().get().attempts == 1


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_before_the_tick_leaves_no_effect_either(monkeypatch):
    said("a.happened", 3)
    monkeypatch.setattr("sharing.events._outcomes", _handles_and_dies)
    with pytest.raises(KeyboardInterrupt):
        handle_batch({"a.happened": [Recorder()]}, now=NOW)
    assert Event.objects.pending().count() == 3
    assert not Organisation.objects.exists()


def _handles_and_dies(batch, handlers, *, now):
    handlers[batch[0].kind][0]([event.subject_id for event in batch], now=now)
    raise KeyboardInterrupt


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 50])
def test_a_batch_costs_the_same_number_of_queries_whatever_its_size(django_assert_num_queries, count):
    said("a.happened", count)
    with django_assert_num_queries(7):  # savepoints, two to claim, one to tick
        handle_batch({"a.happened": [lambda *_, **__: None]}, now=NOW)
