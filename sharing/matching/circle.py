"""The stored pairs that a matching can change: read by hand, since a publish reads thousands of them."""

from collections.abc import Collection, Iterable, Sequence
from itertools import chain

from django.db import connection

from sharing.matching.book import Row, entering
from sharing.matching.engine.match import MOST_OF_ONE_OWNER
from sharing.matching.engine.score import Weights


def worth_settling(found: Sequence[Row], listing_ids: Collection[str], weights: Weights) -> list[Row]:
    """Of what was found for these listings, what can be among the best of one of its two."""
    fresh = frozenset(listing_ids)
    others = {name for row in found for name in row.pair} - fresh
    values = {"most": weights.most_per_listing, "of_one": MOST_OF_ONE_OWNER}
    with connection.cursor() as cursor:
        cursor.execute(_BARS, values | {"ids": list(others), "fresh": list(fresh)})
        return entering(found, dict(cursor.fetchall()), weights, changed=fresh)


def circle(found: Iterable[Row], listing_ids: Collection[str]) -> list[Row]:
    """All kept pairs of these listings, of their old and new partners, and of the partners of those."""
    ids = set(listing_ids)
    with connection.cursor() as cursor:
        cursor.execute(_ENDS, {"ids": list(ids)})
        ids.update(chain.from_iterable(cursor.fetchall()), *(row.pair for row in found))
        cursor.execute(_ENDS, {"ids": list(ids)})
        ids.update(chain.from_iterable(cursor.fetchall()))
        cursor.execute(_KEPT, {"ids": list(ids)})
        return [Row(*row) for row in cursor.fetchall()]


# As text: the ORM takes four times as long for each.
_TOUCHING = "withdrawn_at IS NULL AND (request_id = ANY(%(ids)s::uuid[]) OR offer_id = ANY(%(ids)s::uuid[]))"
_ENDS = f"SELECT request_id::text, offer_id::text FROM sharing_match WHERE {_TOUCHING}"  # noqa: S608
_KEPT = f"""
    SELECT request_id::text, offer_id::text, own, asked.owner_id::text, given.owner_id::text FROM sharing_match
    JOIN sharing_listing asked ON asked.id = request_id JOIN sharing_listing given ON given.id = offer_id
    WHERE {_TOUCHING} ORDER BY request_id, offer_id
"""  # noqa: S608
# How good the last of a listing's best is, where it has as many as are kept; pairs that are found anew do not count.
_BARS = """
    WITH kept AS (
        SELECT request_id AS listing, own, owner_id AS owner FROM sharing_match JOIN sharing_listing other
        ON other.id = offer_id WHERE withdrawn_at IS NULL AND request_id = ANY(%(ids)s::uuid[])
        AND offer_id <> ALL(%(fresh)s::uuid[])
        UNION ALL
        SELECT offer_id, own, owner_id FROM sharing_match JOIN sharing_listing other
        ON other.id = request_id WHERE withdrawn_at IS NULL AND offer_id = ANY(%(ids)s::uuid[])
        AND request_id <> ALL(%(fresh)s::uuid[])
    ), of_owner AS (
        SELECT listing, own, row_number() OVER (PARTITION BY listing, owner ORDER BY own DESC) AS place FROM kept
    ), best AS (
        SELECT listing, own, row_number() OVER (PARTITION BY listing ORDER BY own DESC) AS place FROM of_owner
        WHERE place <= %(of_one)s
    )
    SELECT listing::text, own FROM best WHERE place = %(most)s
"""
