"""What can be done with a listing: draft, revise, publish, pause, end."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from sharing.actors import Actor, Role
from sharing.errors import Conflict, RuleBroken, raise_all
from sharing.events import emit
from sharing.listings import rules
from sharing.listings.models import Listing
from sharing.listings.rules import Draft
from sharing.listings.terms import State
from sharing.municipalities.models import Department, Organisation
from sharing.taxonomy.models import Category

_NOT_COLUMNS = {"audience", "category", "department"}


@transaction.atomic
def draft(content: Draft, *, owner_id: UUID, by: Actor) -> Listing:
    """Keep a listing that nobody else sees yet; gaps are fine."""
    by.require(Role.EDITOR, owner_id)
    rules.check_draft(content)
    raise_all(_reference_problems(content, owner_id))
    listing = Listing.objects.create(owner_id=owner_id, created_by_id=by.member_id, **columns(content))
    listing.audience.set(Organisation.objects.filter(id__in=content.audience))
    emit("listing.drafted", listing.id, by=by)
    return listing


@transaction.atomic
def revise(listing_id: UUID, content: Draft, *, by: Actor, today: date, version: int | None = None) -> Listing:
    """Replace the content. What is on the market stays complete and is matched anew."""
    listing = _locked(listing_id, by=by, version=version)
    rules.check_editable(State(listing.state))
    if listing.state == State.DRAFT:
        rules.check_draft(content)
    else:
        rules.check_publishable(content, today=today)
    raise_all(_reference_problems(content, listing.owner_id))
    changes = changed_fields(listing.draft, content)
    if changes:
        _store(listing, **columns(content))
        listing.audience.set(Organisation.objects.filter(id__in=content.audience))
        emit("listing.changed", listing.id, by=by, data={"fields": changes})
    return listing


@transaction.atomic
def publish(listing_id: UUID, *, by: Actor, now: datetime, today: date, version: int | None = None) -> Listing:
    """Put a draft or paused listing on the market. Matching starts once this commits."""
    listing = _locked(listing_id, by=by, version=version)
    rules.check_transition(State(listing.state), State.PUBLISHED)
    rules.check_publishable(listing.draft, today=today)
    _store(listing, state=State.PUBLISHED, published_at=listing.published_at or now)
    emit("listing.published", listing.id, by=by)
    return listing


@transaction.atomic
def pause(listing_id: UUID, *, by: Actor, version: int | None = None) -> Listing:
    """Take a listing off the market for a while."""
    return _move(listing_id, State.PAUSED, by=by, version=version)


@transaction.atomic
def fulfil(listing_id: UUID, *, by: Actor, version: int | None = None) -> Listing:
    """Close a listing because it found what it was for."""
    return _move(listing_id, State.FULFILLED, by=by, version=version)


@transaction.atomic
def withdraw(listing_id: UUID, *, by: Actor, version: int | None = None) -> Listing:
    """Close a listing that is no longer meant."""
    return _move(listing_id, State.WITHDRAWN, by=by, version=version)


@transaction.atomic
def discard(listing_id: UUID, *, by: Actor, version: int | None = None) -> None:
    """Delete a draft for good. What was once public is withdrawn instead, so that its story stays."""
    listing = _locked(listing_id, by=by, version=version)
    if listing.state != State.DRAFT:
        raise Conflict("not_a_draft", "Only a draft can be deleted; withdraw this listing instead.", field="state")
    emit("listing.discarded", listing.id, by=by, data={"title": listing.title})
    listing.delete()


@transaction.atomic
def expire(*, today: date, by: Actor) -> int:
    """Close what has outlived its window or its day of expiry. Returns how many."""
    over = Listing.objects.filter(Q(ends_on__lt=today) | Q(expires_on__lt=today))
    over = over.filter(state__in=[State.PUBLISHED, State.PAUSED]).order_by("id").select_for_update(no_key=True)
    listings = list(over)
    for listing in listings:
        listing.state, listing.version = State.EXPIRED, listing.version + 1
    Listing.objects.bulk_update(listings, ["state", "version"], batch_size=1_000)
    emit("listing.expired", *(listing.id for listing in listings), by=by)
    return len(listings)


def columns(content: Draft) -> dict[str, Any]:
    """A draft as the columns of a row; the audience is kept beside it."""
    row = {name: value for name, value in asdict(content).items() if name not in _NOT_COLUMNS}
    lists = {name: list(row[name]) for name in ("keywords", "considerations", "partner_kinds")}
    return row | lists | {"category_id": content.category, "department_id": content.department}


def changed_fields(old: Draft, new: Draft) -> list[str]:
    return [name for name in rules.DRAFT_FIELDS if getattr(old, name) != getattr(new, name)]


def _move(listing_id: UUID, state: State, *, by: Actor, version: int | None) -> Listing:
    listing = _locked(listing_id, by=by, version=version)
    rules.check_transition(State(listing.state), state)
    _store(listing, state=state)
    emit(f"listing.{state}", listing.id, by=by)
    return listing


def _locked(listing_id: UUID, *, by: Actor, version: int | None) -> Listing:
    """The row, ours until commit; stale knowledge of it is a conflict."""
    listing = Listing.objects.select_for_update(of=("self",), no_key=True).get(id=listing_id)
    by.require(Role.EDITOR, listing.owner_id)
    if version is not None and version != listing.version:
        raise Conflict(
            "stale", "Someone has changed this listing in the meantime. Load it again and repeat your change."
        )
    return listing


def _store(listing: Listing, **values: Any) -> None:
    for name, value in values.items():
        setattr(listing, name, value)
    listing.version += 1
    listing.save()


def _reference_problems(content: Draft, owner_id: UUID) -> Iterator[RuleBroken]:
    """What a draft points to must exist, and the department must be the owner's."""
    if not Category.objects.filter(code=content.category).exists():
        yield RuleBroken("unknown", "This category does not exist.", field="category")
    own = Department.objects.filter(organisation=owner_id)
    if content.department and not own.filter(id=content.department).exists():
        yield RuleBroken("unknown", "This department does not belong to your organisation.", field="department")
    named = set(content.audience)
    if named and Organisation.objects.filter(id__in=named).count() < len(named):
        yield RuleBroken("unknown", "One of these organisations does not exist.", field="audience")
