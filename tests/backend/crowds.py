"""Many rows at once, for tests about pages and plans. No events, no matching: rows only."""

from datetime import date

from django.db import connection

from sharing.listings.models import Listing
from sharing.matching.models import Match
from tests import factories


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
