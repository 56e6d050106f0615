"""Every handler may run twice: after a crash between effect and tick nobody knows whether it has run."""

import pytest
from django.utils import timezone

from sharing.actors import SYSTEM
from sharing.ids import new_id
from sharing.listings import actions as listings
from sharing.matching.rebuild import Tile
from sharing.models import Dismissal, Event, Listing, Match, Network, Notice, Organisation, Run
from tasks.handlers import HANDLERS
from tests import factories
from tests.backend import crowds


def _answer_no(listing):
    match = Match.objects.get(request=listing)
    Dismissal.objects.create(match=match, organisation=listing.owner, reason="other_task", dismissed_at=timezone.now())


ENDINGS = {
    "listing.published": lambda listing: None,
    "listing.changed": lambda listing: Listing.objects.filter(id=listing.id).update(quantity=2),
    "listing.paused": lambda listing: listings.pause(listing.id, by=SYSTEM),
    "listing.fulfilled": lambda listing: listings.fulfil(listing.id, by=SYSTEM),
    "listing.withdrawn": lambda listing: listings.withdraw(listing.id, by=SYSTEM),
    "listing.expired": lambda listing: listings.expire(today=listing.ends_on.replace(year=2040), by=SYSTEM),
    "organisation.changed": lambda listing: Organisation.objects.filter(id=listing.owner_id).update(latitude=40),
    "match.suggested": lambda listing: None,
    "match.dismissed": _answer_no,
    "concept.added": lambda listing: None,
    "concept.changed": lambda listing: None,
} | {kind: lambda listing: None for kind in HANDLERS if kind.startswith("network.")}


def state():
    """All that handlers may touch, but for ticks."""
    return [
        list(Match.objects.order_by("id").values()),
        list(Notice.objects.order_by("member", "match", "network").values()),
        list(Network.objects.order_by("id").values()),
        list(Run.objects.order_by("id").values()),
        list(Tile.objects.order_by("id").values()),
        list(Event.objects.order_by("id").values("id", "kind", "subject_id")),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("before", [False, True], ids=["first", "after an earlier matching"])
@pytest.mark.parametrize("kind", sorted(HANDLERS))
def test_a_second_run_changes_nothing(kind, before, alice, drain):
    owner = alice.memberships.get().organisation
    offer = factories.published()
    request = factories.published(factories.SWEEPING, owner=owner)
    if before or kind.startswith("match."):
        drain()
    ENDINGS[kind](request)
    subjects = {
        "listing": [request.id, offer.id],
        "organisation": [owner.id],
        "concept": [new_id()],  # whichever it is, everything is matched anew
        "match": list(Match.objects.values_list("id", flat=True)),
        "network": [network.id for network in crowds.networks(2, of=(owner, offer.owner))],
    }[kind.split(".")[0]]
    assert subjects
    for handle in HANDLERS[kind]:
        handle(subjects, now=timezone.now())
        once = state()
        handle(subjects, now=timezone.now())
        assert state() == once
