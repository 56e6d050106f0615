"""The tour: one listing from POST to e-mail, through every file that matters. README names the same walk."""

import re
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from sharing.digests.actions import gather, send
from sharing.events import Event
from sharing.models import Digest, Match
from tests import factories

NEED = {
    "direction": "request",
    "resource": "equipment",
    "category": "BAU",
    "title": "Kehrmaschine mit Fahrer gesucht",
    "description": "Für die Straßenreinigung rechnet sich kein eigenes Gerät.",
    "quantity": "5",
    "unit": "hours_per_week",
    "starts_on": "2031-04-01",
    "ends_on": "2031-10-31",
    "radius_km": 150,
}
TUESDAY_AT_EIGHT = datetime(2099, 1, 6, 7, tzinfo=UTC)  # 8 o'clock in Berlin


@pytest.mark.django_db
def test_a_published_need_finds_the_neighbours_offer(alice, charlie, client_of, drain, mailoutbox):
    lender = charlie.memberships.get().organisation
    factories.published(owner=lender)
    drain()

    # 1. The API takes the request: backend/api/listings.py -> sharing/listings/actions.py
    town = alice.memberships.get().organisation
    drafted = client_of(alice).post("/api/v1/listings/", NEED | {"owner": str(town.id)}, format="json")
    assert (drafted.status_code, drafted.data["state"]) == (201, "draft")
    published = client_of(alice).post(f"/api/v1/listings/{drafted.data['id']}/publish/")
    assert (published.status_code, published.data["state"]) == (200, "published")

    # 2. The event waits in the same transaction: sharing/events.py; a worker takes it: tasks/events.py
    waiting = Event.objects.pending().order_by("id").values_list("kind", flat=True)
    assert list(waiting) == ["listing.drafted", "listing.published"]
    drain()

    # 3. tasks/handlers.py says what follows: sharing/matching/actions.py finds the pair and its reasons
    match = Match.objects.get()
    assert str(match.request_id) == drafted.data["id"]
    assert match.notify
    assert {"concept", "quantity", "window", "distance"} <= {r["code"] for r in match.reasons}

    # 4. sharing/digests/actions.py: owed to both sides, gathered on Tuesday, sent, ticked
    assert gather(now=TUESDAY_AT_EIGHT) == 2
    assert [send(d.id, now=timezone.now()) for d in Digest.objects.all()] == [False, False]  # not before it is due
    assert all(send(d.id, now=TUESDAY_AT_EIGHT) for d in Digest.objects.all())
    assert not any(send(d.id, now=TUESDAY_AT_EIGHT) for d in Digest.objects.all())

    # 5. The mail, in the reader's language, says what was found and why
    [mail] = [mail for mail in mailoutbox if mail.to == [alice.email]]
    assert mail.subject == "1 neuer Treffer für Ihre Kommune"
    assert "Kompaktkehrmaschine mit Bediener" in mail.body
    assert "Nordhelle" in mail.body
    assert re.search(r"11\d km entfernt", mail.body)
    assert f"/matches/{match.id}/" in mail.body
