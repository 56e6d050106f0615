"""Proposing anew: a run cuts the market into parts that workers share through rows, each under a lease."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sharing.events import Event
from sharing.ids import new_id
from sharing.listings.models import Listing
from sharing.matching.known import knowledge
from sharing.networks.engine.propose import Choice, Proposal, firm, hints, problem
from sharing.networks.engine.region import Region
from sharing.networks.engine.terms import Rules
from sharing.networks.models import Network, Share
from sharing.networks.publishing import publish, withdraw
from sharing.networks.snapshot import fingerprint, reach_of, snapshot, with_partners
from sharing.networks.terms import State

LEASE = timedelta(minutes=5)
LONGEST_WAIT = timedelta(minutes=5)  # for events to be handled
SECONDS = 60.0  # that the solver gets for a part
MOST_TRIES = 3


class Run(models.Model):
    """One planning of proposals: of everything at night, else of what competes with the listings that changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    listings = ArrayField(models.UUIDField(), null=True, help_text=_("Those that changed; empty: all there are."))
    asked_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    planned_at = models.DateTimeField(null=True)
    snapshot_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index("asked_at", name="run_unplanned", condition=Q(planned_at=None))]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M} {'all' if self.listings is None else len(self.listings)}"


class PartQuerySet(models.QuerySet["Part"]):
    def waiting(self) -> "PartQuerySet":
        """Not done and under nobody's lease. The database's clock decides: those of the workers may differ."""
        return self.filter(Q(lease_until=None) | Q(lease_until__lt=Now()), done_at=None, tries__lt=MOST_TRIES)

    def stuck(self) -> "PartQuerySet":
        """Given up after the last try: a person must look."""
        return self.filter(Q(lease_until=None) | Q(lease_until__lt=Now()), done_at=None, tries__gte=MOST_TRIES)


class Part(models.Model):
    """Listings whose proposals compete with each other and with nobody else's.

    `fence` counts the leases: what a worker writes that was overtaken is refused.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="parts")
    listings = ArrayField(models.UUIDField())
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    benefit = models.FloatField(null=True)
    gap = models.FloatField(null=True, help_text=_("Share of the benefit that may be missing."))
    fault = models.CharField(max_length=300, blank=True, help_text=_("What the solver said, if it failed."))

    objects = PartQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("run", name="part_waiting", condition=Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.run_id} {len(self.listings)}"


@dataclass(frozen=True, slots=True)
class Lease:
    """A part that is ours for a while, and the token that says so."""

    part: Part
    fence: int


@transaction.atomic
def ask_for_proposals(listing_ids: Sequence[UUID] | None, /, *, now: datetime) -> None:
    """Have proposals planned anew for these listings; None: for all. A run of the kind that waits is joined."""
    waiting = Run.objects.filter(planned_at=None, tries=0, listings__isnull=listing_ids is None).order_by("asked_at")
    run = waiting.select_for_update().first() or Run(asked_at=now)
    run.listings = None if listing_ids is None else sorted({*(run.listings or ()), *listing_ids})
    run.save()


@transaction.atomic
def ask_for_proposals_of(network_ids: Sequence[UUID], /, *, now: datetime) -> None:
    """These networks have set listings free, or taken others."""
    listings = Share.objects.filter(network__in=network_ids).values_list("listing", flat=True)
    ask_for_proposals(list(listings), now=now)


@transaction.atomic
def ask_for_proposals_from(organisation_ids: Sequence[UUID], /, *, now: datetime) -> None:
    """These organisations have moved, merged, or no longer take part."""
    listings = Listing.objects.live().filter(owner__in=organisation_ids).values_list("id", flat=True)
    ask_for_proposals(list(listings), now=now)


def plan_next(*, now: datetime) -> Run | None:
    """Cut what the next run is about into parts, and publish its hints; None where no run waits.

    While events wait, the pairs of what changed may not be there yet; but not for ever. Looking may take minutes, so it
    comes before the transaction that writes.
    """
    if (run := _claimed(now=now)) is None:
        return None
    changed = None if run.listings is None else set(run.listings)
    reach = None if changed is None else with_partners(reach_of(changed))
    region = snapshot(knowledge(), today=now.date(), only=reach)
    parts = [part for part in _parts(region) if changed is None or not changed.isdisjoint(part)]
    soft = [p for p in hints(region, Rules()) if changed is None or not changed.isdisjoint(_ids(p))]
    run.snapshot_hash = fingerprint(region)
    return _planned(run, parts, soft, now=now)


@transaction.atomic
def _claimed(*, now: datetime) -> Run | None:
    free = Run.objects.filter(Q(lease_until=None) | Q(lease_until__lt=Now()), planned_at=None, tries__lt=MOST_TRIES)
    free = free.order_by("asked_at")
    if Event.objects.pending().exists():
        free = free.filter(asked_at__lt=now - LONGEST_WAIT)
    if (run := free.select_for_update(skip_locked=True).first()) is not None:
        Run.objects.filter(pk=run.pk).update(lease_until=Now() + LEASE, tries=F("tries") + 1)
    return run


@transaction.atomic
def _planned(run: Run, parts: list[set[UUID]], soft: list[Proposal], *, now: datetime) -> Run:
    """Write it down, unless somebody else has; what was asked for meanwhile becomes a run of its own."""
    row = Run.objects.select_for_update().get(pk=run.pk)
    if row.planned_at is not None:
        return row
    Part.objects.bulk_create(Part(run=row, listings=sorted(part)) for part in parts)
    changed = None if run.listings is None else set(run.listings)
    scope = changed if changed is not None else _proposed_listings()
    publish(soft, {*scope, *(id_ for p in soft for id_ in _ids(p))}, hint=True, now=now)
    _withdraw_lost(changed, {id_ for part in parts for id_ in part}, now=now)  # listings are locked before networks
    if more := set(row.listings or ()) - (changed or set()):
        Run.objects.create(listings=sorted(more), asked_at=now)
    row.listings, row.planned_at, row.snapshot_hash = run.listings, now, run.snapshot_hash
    row.save()
    if (
        row.listings is None
    ):  # about everything: what was planned or given up before is out of date, and so are its parts
        over = Q(planned_at__isnull=False) | Q(tries__gte=MOST_TRIES)
        Run.objects.filter(over, asked_at__lt=row.asked_at).delete()
    return row


def parts_waiting() -> int:
    """Parts that somebody may take now."""
    return Part.objects.waiting().count()


def stuck() -> int:
    """Runs and parts that were given up after the last try: a person must look."""
    return Run.objects.filter(planned_at=None, tries__gte=MOST_TRIES).count() + Part.objects.stuck().count()


def runs_waiting() -> int:
    """Runs that are not planned yet, and parts that are not done, but for those given up."""
    planned = Run.objects.filter(planned_at=None, tries__lt=MOST_TRIES).count()
    return planned + Part.objects.filter(done_at=None, tries__lt=MOST_TRIES).count()


def solve_next(*, now: datetime, seconds: float = SECONDS) -> Part | None:
    """Solve one waiting part and publish what comes out, all or nothing; None where none waits.

    A killed worker leaves the part to the next one when its lease is over; one that only slept is refused.
    """
    if (lease := _lease()) is None:
        return None
    region = snapshot(knowledge(), today=now.date(), only=with_partners(lease.part.listings))
    choice = firm(region, Rules(), only=set(map(str, lease.part.listings)), seconds=seconds)
    _finish(lease, choice, now=now)
    return lease.part


@transaction.atomic
def _lease() -> Lease | None:
    part = Part.objects.waiting().order_by("run", "id").select_for_update(skip_locked=True).first()
    if part is None:
        return None
    fence = part.fence + 1
    Part.objects.filter(pk=part.pk).update(fence=fence, tries=F("tries") + 1, lease_until=Now() + LEASE)
    return Lease(part, fence)


@transaction.atomic
def _finish(lease: Lease, choice: Choice, *, now: datetime) -> bool:
    """Publish, unless somebody else has taken over."""
    mine = Part.objects.filter(pk=lease.part.pk, fence=lease.fence, done_at=None)
    if not mine.select_for_update().exists():
        return False
    publish(choice.proposals, lease.part.listings, hint=False, now=now)
    benefit = sum(proposal.benefit for proposal in choice.proposals)
    mine.update(done_at=now, benefit=benefit, gap=choice.gap, fault=choice.fault[:300])
    return True


def _parts(region: Region) -> list[set[UUID]]:
    return [set(map(UUID, part)) for part in problem(region, Rules()).parts()]


def _ids(proposal: Proposal) -> set[UUID]:
    return set(map(UUID, proposal.listings))


def _proposed_listings() -> set[UUID]:
    return set(Network.objects.filter(state=State.PROPOSED).values_list("shares__listing", flat=True))


def _withdraw_lost(changed: Collection[UUID] | None, covered: Collection[UUID], *, now: datetime) -> None:
    """Proposals of listings that no candidate has any more: no part would look at them."""
    proposed = Network.objects.filter(state=State.PROPOSED, hint=False)
    if changed is not None:
        proposed = proposed.touching(changed)
    lost = proposed.exclude(shares__listing__in=covered).order_by("id").select_for_update(of=("self",), no_key=True)
    withdraw(lost, "no_longer_fits", now=now)
