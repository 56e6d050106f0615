"""Bringing a region bundle into the marketplace: again and again, without doubles."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from sharing.actors import Actor
from sharing.events import emit
from sharing.listings.actions import changed_fields, columns
from sharing.listings.models import Listing
from sharing.listings.rules import EDITABLE, Draft
from sharing.listings.terms import State
from sharing.municipalities.models import Department, OfficialKey, Organisation
from sharing.municipalities.rules import level_of
from sharing.regions.bundle import Bundle, ListingRow, MunicipalityRow
from sharing.statistics import refresh_statistics

BATCH = 1_000
PLACE = ("name", "designation", "level", "state", "district", "country", "population", "latitude", "longitude")
Progress = Callable[[str, int, int], object]  # what, how many done, of how many


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an import did, row by row in numbers. `ended`: closed on the marketplace, so left as they are."""

    municipalities_new: int
    municipalities_changed: int
    listings_new: int
    listings_changed: int
    listings_same: int
    listings_ended: int


@transaction.atomic
def import_bundle(bundle: Bundle, *, by: Actor, now: datetime, progress: Progress = lambda *_: None) -> Report:
    """Insert or update every good row; one transaction, so an import is in or out. Matching starts at its commit."""
    places, new_places, changed_places = _import_places(bundle.municipalities, by=by)
    owners = places | _owners_by_key({row.owner for row in bundle.listings} - set(places))
    departments = _import_departments(bundle.listings, owners)
    drafts = {
        (owners[row.owner], row.ref): replace(
            row.draft, department=departments.get((owners[row.owner], row.department))
        )
        for row in bundle.listings
    }
    known = _known_listings({owner for owner, _ in drafts})
    new = [(key, draft) for key, draft in drafts.items() if key not in known]
    kept = [(known[key], draft) for key, draft in drafts.items() if key in known]
    open_ = [(listing, draft) for listing, draft in kept if State(listing.state) in EDITABLE]
    changed = [(listing, draft) for listing, draft in open_ if changed_fields(listing.draft, _with_own(draft, listing))]
    _insert(new, by=by, now=now, progress=progress)
    refresh_statistics(len(new), Listing, Organisation)
    _update(changed, by=by, progress=progress)
    return Report(
        municipalities_new=new_places,
        municipalities_changed=changed_places,
        listings_new=len(new),
        listings_changed=len(changed),
        listings_same=len(open_) - len(changed),
        listings_ended=len(kept) - len(open_),
    )


def _import_places(rows: Sequence[MunicipalityRow], *, by: Actor) -> tuple[dict[str, UUID], int, int]:
    """Organisations by key, and how many were new and changed."""
    holders = {k.value: k.organisation for k in _valid_keys({r.key for r in rows}).select_related("organisation")}
    new = [(row, Organisation(**_place(row))) for row in rows if row.key not in holders]
    changed = [holders[row.key] for row in rows if row.key in holders and _took_over(holders[row.key], row)]
    Organisation.objects.bulk_create([organisation for _, organisation in new], batch_size=BATCH)
    keys = [OfficialKey(organisation=o, scheme=row.scheme, value=row.key) for row, o in new]
    OfficialKey.objects.bulk_create(keys, batch_size=BATCH)
    Organisation.objects.bulk_update(changed, PLACE, batch_size=BATCH)
    emit("organisation.registered", *(organisation.id for _, organisation in new), by=by)
    emit("organisation.changed", *(organisation.id for organisation in changed), by=by)
    ids = {key: organisation.id for key, organisation in holders.items()} | {row.key: o.id for row, o in new}
    return ids, len(new), len(changed)


def _place(row: MunicipalityRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in PLACE if name != "level"} | {"level": level_of(row.designation)}


def _took_over(organisation: Organisation, row: MunicipalityRow) -> bool:
    """Set what the row says; whether that changed anything."""
    place = _place(row)
    old = {name: getattr(organisation, name) for name in place}
    for name, value in place.items():
        setattr(organisation, name, value)
    return old != place


def _valid_keys(values: Iterable[str]) -> Any:
    return OfficialKey.objects.filter(value__in=list(values), valid_until=None)


def _owners_by_key(values: Iterable[str]) -> dict[str, UUID]:
    return dict(_valid_keys(values).values_list("value", "organisation_id"))


def _import_departments(rows: Sequence[ListingRow], owners: dict[str, UUID]) -> dict[tuple[UUID, str], UUID]:
    """Departments by owner and name; missing ones are made."""
    wanted = {(owners[row.owner], row.department) for row in rows if row.department}
    known = Department.objects.filter(organisation__in={owner for owner, _ in wanted})
    by_name = {(d.organisation_id, d.name.lower()): d.id for d in known}
    missing = {(owner, name.lower()): name for owner, name in sorted(wanted) if (owner, name.lower()) not in by_name}
    made = [Department(organisation_id=owner, name=name) for (owner, _), name in missing.items()]
    Department.objects.bulk_create(made, batch_size=BATCH)
    by_name |= {(d.organisation_id, d.name.lower()): d.id for d in made}
    return {(owner, name): by_name[owner, name.lower()] for owner, name in wanted}


def _known_listings(owners: set[UUID]) -> dict[tuple[UUID, str], Listing]:
    rows = Listing.objects.filter(owner__in=owners, ref__isnull=False).prefetch_related("audience")
    locked = rows.select_for_update(of=("self",), no_key=True).order_by("id")
    return {(listing.owner_id, listing.ref): listing for listing in locked if listing.ref}


def _with_own(draft: Draft, listing: Listing) -> Draft:
    """A bundle has no columns for who may see a listing and until when: what was set here stays."""
    own = listing.draft
    return replace(
        draft,
        visibility=own.visibility,
        audience=own.audience,
        expires_on=own.expires_on,
        contact=draft.contact or own.contact,
        benefit=draft.benefit or own.benefit,
        level=draft.level or own.level,
        department=draft.department or own.department,
        partner_kinds=draft.partner_kinds or own.partner_kinds,
        participation=draft.participation or own.participation,
    )


def _insert(new: Sequence[tuple[tuple[UUID, str], Draft]], *, by: Actor, now: datetime, progress: Progress) -> None:
    for start in range(0, len(new), BATCH):
        rows = [
            Listing(
                owner_id=owner,
                ref=ref,
                state=State.PUBLISHED,
                published_at=now,
                created_by_id=by.member_id,
                **columns(draft),
            )
            for (owner, ref), draft in new[start : start + BATCH]
        ]
        Listing.objects.bulk_create(rows)
        emit("listing.published", *(listing.id for listing in rows), by=by)
        progress("new", min(start + BATCH, len(new)), len(new))


def _update(changed: Sequence[tuple[Listing, Draft]], *, by: Actor, progress: Progress) -> None:
    for start in range(0, len(changed), BATCH):
        batch = changed[start : start + BATCH]
        for listing, draft in batch:
            values = columns(_with_own(draft, listing))
            for name, value in values.items():
                setattr(listing, name, value)
            listing.version += 1
        rows = [listing for listing, _ in batch]
        Listing.objects.bulk_update(rows, [*values, "version"])
        emit("listing.changed", *(listing.id for listing in rows), by=by)
        progress("changed", start + len(batch), len(changed))
