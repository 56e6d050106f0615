"""What happened: the audit trail, the outbox and the change feed, in one table."""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models.expressions import RawSQL
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from sharing.actors import Actor

logger = logging.getLogger(__name__)


class Handler(Protocol):
    """Does what follows from a kind of event, for many subjects at once. Runs in a transaction; may run again."""

    def __call__(self, subject_ids: Sequence[UUID], /, *, now: datetime) -> object: ...


Handlers = Mapping[str, Sequence[Handler]]

BATCH = 10_000  # a batch of listings reads the whole market once, so small ones would make an import slow
MAX_ATTEMPTS = 8  # the last retry comes about four hours after the first failure


class EventQuerySet(models.QuerySet["Event"]):
    def pending(self) -> "EventQuerySet":
        return self.filter(handled_at=None, parked_at=None)

    def parked(self) -> "EventQuerySet":
        return self.exclude(parked_at=None)

    def unseen_in(self, snapshot: str) -> "EventQuerySet":
        """What `current_snapshot` could not see when it was taken: of transactions that had not ended by then."""
        # The first condition is for the index: all of these are at least as young as the snapshot's xmin.
        unseen = RawSQL(
            "transaction_id >= pg_snapshot_xmin(%s::pg_snapshot)::text::bigint"
            " AND NOT pg_visible_in_snapshot(transaction_id::text::xid8, %s::pg_snapshot)",
            [snapshot, snapshot],
            output_field=models.BooleanField(),
        )
        return self.filter(unseen)

    def claim(self, *, now: datetime, most: int) -> "list[Event]":
        """Lock the next due events of one kind; rows another worker holds are passed over."""
        due = self.pending().filter(due_at__lte=now).order_by("due_at", "id").select_for_update(skip_locked=True)
        if (first := due.first()) is None:
            return []
        rest = due.filter(kind=first.kind).exclude(pk=first.pk)[: most - 1]
        return [first, *rest]


class Event(models.Model):
    """One fact. Its row commits with the change it tells of; that is the whole guarantee."""

    kind = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    actor_id = models.UUIDField(null=True, help_text=_("The member who did it; empty for the house itself."))
    token_id = models.UUIDField(null=True, help_text=_("The API token that was used, if any."))
    data = models.JSONField(default=dict)
    occurred_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", []))
    # A reader of the change feed stops below pg_snapshot_xmin, so that it never skips a row that commits late.
    transaction_id = models.BigIntegerField(db_default=RawSQL("(pg_current_xact_id()::text::bigint)", []))
    due_at = models.DateTimeField(db_default=RawSQL("clock_timestamp()", []))
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    handled_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True, help_text=_("Given up after the last attempt; a person must look."))

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index("due_at", "id", name="event_pending", condition=models.Q(handled_at=None, parked_at=None)),
            models.Index("subject_id", "id", name="event_of_subject"),
            models.Index("transaction_id", "id", name="event_feed"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind} {self.subject_id}"

    def postpone(self, error: Exception, *, now: datetime) -> None:
        """Count a failed attempt: back in 2, 4, 8 … minutes, or parked after the last one."""
        self.attempts += 1
        self.last_error = f"{type(error).__name__}: {error}"[:2000]
        self.due_at = now + timedelta(minutes=2**self.attempts)
        if self.attempts >= MAX_ATTEMPTS:
            self.parked_at = now


# One statement for any number of subjects: an import emits tens of thousands, and bulk_create takes 100 µs for each.
_INSERT = """
    INSERT INTO sharing_event (kind, subject_id, actor_id, token_id, data, attempts, last_error)
    SELECT %s, subject, %s, %s, %s::jsonb, 0, '' FROM unnest(%s::uuid[]) WITH ORDINALITY AS given (subject, place)
    ORDER BY place
"""


def current_snapshot() -> str:
    """What is committed by now, as PostgreSQL writes it down."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])


def emit(kind: str, *subject_ids: UUID, by: Actor, data: Mapping[str, object] | None = None) -> None:
    """Record a fact about each subject in the caller's transaction, and ring the worker when that commits."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(f"emit({kind!r}) needs a transaction")
    if not subject_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [kind, by.member_id, by.token_id, json.dumps(data or {}), list(subject_ids)])
    bell = import_string(settings.EVENT_DOORBELL)
    waiting = [entry[1] for entry in connection.run_on_commit]
    if bell not in waiting:  # once a transaction is enough
        transaction.on_commit(bell, robust=True)


@transaction.atomic
def retry(event_ids: Sequence[int], *, now: datetime) -> int:
    """Give parked events a fresh start, for when the reason has been mended. Returns how many were parked."""
    parked = Event.objects.parked().filter(pk__in=event_ids)
    return parked.update(parked_at=None, attempts=0, due_at=now)


def handle_batch(handlers: Handlers, *, now: datetime, most: int = BATCH) -> int:
    """Claim due events of one kind and run their handlers; effects and ticks commit together. Returns how many."""
    with transaction.atomic():
        batch = Event.objects.claim(now=now, most=most)
        outcomes = _outcomes(batch, handlers, now=now)
        done = [event.pk for event, failure in outcomes if failure is None]
        Event.objects.filter(pk__in=done).update(handled_at=now)
        for event, failure in outcomes:
            if failure is not None:
                logger.error("event %s failed: %s", event, failure, exc_info=failure)
                event.postpone(failure, now=now)
                event.save(update_fields=["attempts", "due_at", "parked_at", "last_error"])
    return len(batch)


def _outcomes(batch: Sequence[Event], handlers: Handlers, *, now: datetime) -> list[tuple[Event, Exception | None]]:
    """All at once; where that fails, in halves, so that a bad event does not hold up its neighbours.

    Halves and not one by one: one bad event among 5,000 costs 25 further runs and not 5,000.
    """
    failure = _attempt(batch, handlers, now=now)
    if failure is None or len(batch) == 1:
        return [(event, failure) for event in batch]
    middle = len(batch) // 2
    return _outcomes(batch[:middle], handlers, now=now) + _outcomes(batch[middle:], handlers, now=now)


def _attempt(batch: Sequence[Event], handlers: Handlers, *, now: datetime) -> Exception | None:
    """Run the handlers in a savepoint, so that a failure leaves nothing half done."""
    subjects = [event.subject_id for event in batch]
    try:
        with transaction.atomic():
            for handle in handlers.get(batch[0].kind, ()) if batch else ():
                handle(subjects, now=now)
    except Exception as error:  # whatever a handler raises, the queue goes on
        return error
    return None
