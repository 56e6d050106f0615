"""From rows to what the engine takes: the only place where both are known."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain

from django.conf import settings
from django.db import connection
from django.db.models import Count

from sharing.listings.models import Listing
from sharing.listings.terms import Direction
from sharing.matching.book import Row, entering
from sharing.matching.engine.concepts import Concepts
from sharing.matching.engine.encoder import encoder
from sharing.matching.engine.facts import Fact, Owner, fact_of
from sharing.matching.engine.match import MOST_OF_ONE_OWNER, Answers, Knowledge, Market, Pairs, best_of_both, scored
from sharing.matching.engine.reading import Reading, readings
from sharing.matching.engine.score import Weights
from sharing.matching.models import Dismissal
from sharing.matching.shipped import classifier
from sharing.matching.vectors import KeptVectors
from sharing.municipalities.models import Organisation
from sharing.taxonomy.models import Concept

MOST_LOOKED_AT = 1_000  # pairs of one listing; a bound for memory only, far above what is kept
MOST_READ = 50_000  # readings a process keeps at hand: about 6 kB each


@dataclass(slots=True)
class _AtHand:
    """What a process keeps between two matchings; all of it can be made again from the database."""

    concepts: Concepts
    read: dict[tuple[str, ...], Reading]


@cache
def _vectors() -> KeptVectors:
    return KeptVectors(encoder(settings.TEXT_MODEL))


_at_hand: dict[object, _AtHand] = {}  # by the stamp of the concept table; one at a time


def keep_vectors() -> None:
    """See `KeptVectors.keep`."""
    _vectors().keep()


def knowledge() -> Knowledge:
    """The model, the thesaurus as it is in the table now, the weights, and what coordinators answered."""
    model, now = _vectors(), Concept.objects.stamp()
    if now not in _at_hand:
        meanings = Concept.objects.meanings()
        fresh = _AtHand(Concepts.of(meanings, classifier(meanings, model)), {})
        _at_hand.clear()
        _at_hand[now] = fresh
    return Knowledge(encoder=model, concepts=_at_hand[now].concepts, answers=answers())


def read(facts: Iterable[Fact], known: Knowledge) -> dict[str, Reading]:
    """Readings by id; what this process has read before it does not read again."""
    at_hand = next(kept.read for kept in _at_hand.values() if kept.concepts is known.concepts)
    if len(at_hand) > MOST_READ:
        at_hand.clear()
    keys = {fact.id: _key(fact) for fact in facts}
    new = [fact for fact in facts if keys[fact.id] not in at_hand]
    at_hand |= dict(zip([keys[f.id] for f in new], readings(new, known.encoder, known.concepts), strict=True))
    return {id_: at_hand[key] for id_, key in keys.items()}


def _key(fact: Fact) -> tuple[str, ...]:
    """All of a listing that a reading depends on."""
    return fact.direction, fact.language, fact.category, fact.title, fact.description, *fact.keywords


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What was seen of the market for some listings, and the pairs found for them."""

    market: Market
    rows: tuple[Row, ...]


def look(listing_ids: Collection[str], known: Knowledge) -> Looked:
    """The given listings against all that is on the market and in reach."""
    live = Listing.objects.live().for_matching()
    mine = list(live.filter(id__in=listing_ids))
    sides = [[one for one in mine if one.direction == direction] for direction in (Direction.REQUEST, Direction.OFFER)]
    others = [
        live.filter(direction=direction).in_reach_of(side).exclude(id__in=listing_ids)
        for direction, side in zip((Direction.OFFER, Direction.REQUEST), sides, strict=True)
    ]
    facts = facts_of([*mine, *others[0], *others[1]])
    market = Market.of(facts, known, read(facts, known))
    blocks = scored(market, known, only=listing_ids)
    pairs = best_of_both(blocks, market.requests.owner, market.offers.owner, MOST_LOOKED_AT)
    return Looked(market, tuple(_rows(market, pairs)))


def _rows(market: Market, pairs: Pairs) -> Iterator[Row]:
    for r, o, own in zip(pairs.r, pairs.o, pairs.own.tolist(), strict=True):
        request, offer = market.requests.facts[r], market.offers.facts[o]
        yield Row(request.id, offer.id, own, request.owner.id, offer.owner.id)


def worth_settling(looked: Looked, listing_ids: Collection[str], weights: Weights) -> list[Row]:
    """Of what was found for these listings, what can be among the best of one of its two."""
    ids = list(listing_ids)
    others = {name for row in looked.rows for name in row.pair}.difference(ids)
    with connection.cursor() as cursor:
        values = {"ids": list(others), "fresh": ids, "most": weights.most_per_listing, "of_one": MOST_OF_ONE_OWNER}
        cursor.execute(_BARS, values)
        return entering(looked.rows, dict(cursor.fetchall()), weights, fresh=frozenset(ids))


def circle(found: Iterable[Row], listing_ids: Collection[str]) -> list[Row]:
    """All kept pairs of these listings, of their old and new partners, and of the partners of those."""
    ids = set(listing_ids)
    with connection.cursor() as cursor:
        for new in ((), (row.pair for row in found)):
            ids.update(chain.from_iterable(new))
            cursor.execute(_ENDS, {"ids": list(ids)})
            ids.update(chain.from_iterable(cursor.fetchall()))
        cursor.execute(_KEPT, {"ids": list(ids)})
        return [Row(*row) for row in cursor.fetchall()]


# By hand and as text: a publish reads ten thousands of these, and the ORM takes four times as long for each.
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


def answers() -> Answers:
    """How often two organisations were told “something else” of each other, by the field of the request."""
    said = Dismissal.objects.filter(reason__in=[Dismissal.Reason.OTHER_TASK, Dismissal.Reason.QUALIFICATION])
    rows = said.values_list("match__request__owner", "match__offer__owner", "match__request__category")
    counted: Counter[tuple[str, str, str]] = Counter()
    for one, other, category, times in rows.annotate(times=Count("id")).order_by():
        counted[min(str(one), str(other)), max(str(one), str(other)), category] += times
    return counted


def facts_of(listings: Iterable[Listing]) -> list[Fact]:
    """Engine input for published listings; fetch `owner` and `audience` along."""
    owners: dict[str, Owner] = {}
    facts = []
    for listing in listings:
        key = str(listing.owner_id)
        if key not in owners:
            owners[key] = _owner(listing.owner)
        changed = listing.published_at.date().toordinal() if listing.published_at else None
        facts.append(fact_of(listing.draft, id=str(listing.id), owner=owners[key], changed=changed))
    return facts


def _owner(organisation: Organisation) -> Owner:
    return Owner(
        id=str(organisation.id),
        country=organisation.country,
        state=organisation.state,
        district=organisation.district,
        latitude=organisation.latitude,
        longitude=organisation.longitude,
        population=organisation.population,
        administration=str(organisation.administered_by_id or ""),
    )
