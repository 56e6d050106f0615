"""Many rows at once, for tests about pages and plans. No events, no matching: rows only."""

from datetime import date

from django.db import connection
from django.utils import timezone

from sharing.listings.models import Listing
from sharing.matching.models import Match
from sharing.networks.models import Leg, Network, Participant, Share
from tests import factories

NOW = timezone.now()


def listings(count, *, owner, state="published", **changes):
    """So many listings of an owner, oldest first."""
    columns = {
        "direction": "offer", "resource": "equipment", "category_id": "BAU", "starts_on": date(2031, 3, 1),
        "ends_on": date(2031, 11, 30), "state": state,
    }  # fmt: skip
    rows = [Listing(owner=owner, title=f"Nr. {n}", **(columns | changes)) for n in range(count)]
    return Listing.objects.bulk_create(rows, batch_size=1_000)


def matches(count, *, requests_of, offers_of):
    """So many matches between two organisations, with many equal scores."""
    side = int(count**0.5) + 1
    offers = [row.id for row in listings(side, owner=offers_of)]
    requests = [row.id for row in listings(side, owner=requests_of, direction="request")]
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO sharing_match (id, request_id, offer_id, score, notify, partial, reasons, found_at)
               SELECT gen_random_uuid(), request, offer, (row_number() OVER () %% 40) / 40.0, true, false, '[]', now()
               FROM unnest(%s::uuid[]) AS request, unnest(%s::uuid[]) AS offer LIMIT %s""",
            [requests, offers, count],
        )
    return list(Match.objects.filter(request__in=requests))


def networks(count, *, of, **changes):
    """So many proposed networks of two organisations, each with a swap of their own listings."""
    one, other = of
    columns = {"kind": "swap", "lead": one, "benefit": 1.0, "gap": 0.0, "proposed_at": NOW, "changed_at": NOW}
    rows = [Network(**columns | {"content_hash": f"{n:064}"} | changes) for n in range(count)]
    made = Network.objects.bulk_create(rows)
    offers, requests = ([*listings(count, owner=o, direction=way)] for o, way in ((one, "offer"), (other, "request")))
    Participant.objects.bulk_create(Participant(network=n, organisation=o) for n in made for o in of)
    ends = list(zip(made, offers, requests, strict=True))
    Share.objects.bulk_create(Share(network=n, listing=listing) for n, *both in ends for listing in both)
    Leg.objects.bulk_create(Leg(network=n, place=0, offer=o, request=r, covered=1.0, km=9.0) for n, o, r in ends)
    return made


def towns(count):
    return [factories.town(f"Ort {n:03}") for n in range(count)]


def walk(client, url):
    """Every row of every page, in order."""
    rows = []
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, answer.json()
        rows += answer.json()["results"]
        url = answer.json()["next"]
    return rows


def analyse():
    """So that the planner knows what is there."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
