"""Towns, people and listings with sensible defaults; a test says only what it is about."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count

from django.utils import timezone

from sharing.actors import SYSTEM, Role
from sharing.listings import actions
from sharing.listings.rules import Draft
from sharing.listings.terms import Direction, Mode, Resource, Unit
from sharing.municipalities.models import Member, Membership, OfficialKey, Organisation

_numbers = count(1)

SWEEPER = Draft(
    direction=Direction.OFFER,
    resource=Resource.EQUIPMENT,
    category="BAU",
    title="Kompaktkehrmaschine mit Bediener",
    description="Unsere Kehrmaschine ist nur zur Hälfte ausgelastet. Straßenreinigung mit festem Tourenplan.",
    keywords=("Kehrmaschine", "Straßenreinigung"),
    quantity=Decimal(20),
    unit=Unit.HOURS_PER_WEEK,
    starts_on=date(2031, 3, 1),
    ends_on=date(2031, 11, 30),
    mode=Mode.ON_SITE,
    radius_km=200,
)
SWEEPING = replace(
    SWEEPER,
    direction=Direction.REQUEST,
    title="Kehrmaschine mit Fahrer gesucht",
    description="Für die Straßenreinigung rechnet sich kein eigenes Gerät. Gesucht: Kehrmaschine mit Bediener.",
    quantity=Decimal(5),
)


def town(
    name="Stadt Musterhausen", *, key=None, latitude=50.6, longitude=8.3, state="HE", district="Lohrgrund", **fields
):
    organisation = Organisation.objects.create(
        name=name, latitude=latitude, longitude=longitude, state=state, district=district, **fields
    )
    OfficialKey.objects.create(organisation=organisation, scheme="ags", value=key or f"99{next(_numbers):06}")
    return organisation


def member(name="someone", *, of=None, role="editor", **fields):
    person = Member.objects.create(email=f"{name}-{next(_numbers)}@town.example", name=name.title(), **fields)
    if of:
        Membership.objects.create(member=person, organisation=of, role=Role[role.upper()])
    return person


def drafted(draft=SWEEPER, *, owner=None, **changes):
    return actions.draft(replace(draft, **changes), owner_id=(owner or town()).id, by=SYSTEM)


def published(draft=SWEEPER, *, owner=None, today=date(2026, 11, 23), **changes):
    listing = drafted(draft, owner=owner, **changes)
    return actions.publish(listing.id, by=SYSTEM, now=timezone.now(), today=today)
