"""From rows to what the engine takes: listings that are free, their pairs, and who has waited how long."""

import hashlib
from collections.abc import Collection, Iterable, Set
from dataclasses import replace
from datetime import date
from uuid import UUID

from django.db.models import Max, Min

from sharing.listings.models import Listing
from sharing.listings.terms import Direction
from sharing.matching.engine.facts import Fact
from sharing.matching.engine.match import Knowledge, Market, alike
from sharing.matching.facts import facts_of
from sharing.matching.known import read
from sharing.matching.models import Dismissal, Match
from sharing.networks.engine.region import Region, Scored
from sharing.networks.engine.terms import Rules
from sharing.networks.models import Network, Participant, Refusal, Share
from sharing.networks.terms import Answer, State

LEAST_LEFT = 0.05  # of an offer: less is not worth a proposal
MOST = 5_000  # listings that are looked at when one has changed
QUARTER = 91  # days: waiting counts by quarters, so that two runs over the same data propose the same

Refused = Set[frozenset[UUID]]


def reach_of(changed: Collection[UUID]) -> set[UUID]:
    """The listings that may compete with these, however many stand between them: partners by likely pairs, the other
    listings of all owners on the way, and requests nearby. At most about `MOST`; the night sees to what lies beyond."""
    found, fresh = set[UUID](), set(changed)
    while fresh and len(found) < MOST:
        found |= fresh
        likely = Match.objects.standing().touching(fresh).filter(score__gte=Rules().closing)
        near = {id_ for pair in likely.values_list("request", "offer") for id_ in pair}
        owners = Listing.objects.filter(id__in=fresh | near).values("owner")
        fresh = near.union(Listing.objects.live().filter(owner__in=owners).values_list("id", flat=True)) - found
    asking = Listing.objects.live().filter(id__in=changed, direction=Direction.REQUEST).select_related("owner")
    nearby = Listing.objects.live().filter(direction=Direction.REQUEST).in_reach_of(list(asking))
    return found.union(nearby.order_by("id").values_list("id", flat=True)[:MOST])


def snapshot(
    known: Knowledge, *, today: date, only: Collection[UUID] | None = None, besides: Network | None = None
) -> Region:
    """What is on the market and not spoken for, but by `besides`; `only` these listings, if given.

    A pair's probability depends on its rivals, so whoever asks about probabilities gives `with_partners`.
    """
    listings = Listing.objects.live().filter(owner__is_active=True)
    if only is not None:
        listings = listings.filter(id__in=only)
    facts = list(_free(facts_of(listings.for_matching()), besides))
    ids = [UUID(fact.id) for fact in facts]
    refused = {frozenset(pair) for pair in Refusal.objects.filter(one__in=ids).values_list("one", "other")}
    pairs, likes, waiting = _pairs(ids, refused), _likes(facts, known, refused), _waiting(ids, today=today)
    return Region.of(facts, pairs, likes, weights=known.weights, waiting=waiting)


def fingerprint(region: Region) -> str:
    """Everything that proposals depend on as one word: equal words, equal proposals."""
    legs, likes = region.legs, region.likes
    arrays = (legs.r, legs.o, legs.own, likes.a, likes.b, likes.chance, region.weight)
    facts = "".join(map(_line, (*region.requests.facts, *region.offers.facts)))
    return hashlib.sha256(facts.encode() + b"".join(array.tobytes() for array in arrays)).hexdigest()


def with_partners(ids: Iterable[UUID]) -> set[UUID]:
    """And whoever they were matched with."""
    ids = set(ids)
    pairs = Match.objects.standing().touching(ids).values_list("request", "offer")
    return {*ids, *(id_ for pair in pairs for id_ in pair)}


def _free(facts: Iterable[Fact], besides: Network | None) -> Iterable[Fact]:
    """Requests that no network holds, and of offers what is left of them."""
    facts = list(facts)
    held = Share.objects.held().exclude(network=besides).taken([UUID(fact.id) for fact in facts])
    taken = {str(id_): quantity for id_, quantity in held.items()}
    for fact in facts:
        if fact.id not in taken:
            yield fact
        elif fact.direction == Direction.OFFER and fact.quantity and (used := taken[fact.id]) is not None:
            left = fact.quantity - float(used)
            if left > LEAST_LEFT * fact.quantity:
                yield replace(fact, quantity=left)


def _pairs(ids: Collection[UUID], refused: Refused) -> list[Scored]:
    """Standing pairs but those that a side has refused, as a match or in a network."""
    standing = Match.objects.standing().filter(request__in=ids, offer__in=ids)
    dismissed = {*Dismissal.objects.filter(match__in=standing).values_list("match__request", "match__offer")}
    rows = standing.values_list("request", "offer", "own")
    said_no = refused | {frozenset(pair) for pair in dismissed}
    return [(str(r), str(o), own) for r, o, own in rows if frozenset((r, o)) not in said_no]


def _likes(facts: Collection[Fact], known: Knowledge, refused: Refused) -> list[Scored]:
    requests = [fact for fact in facts if fact.direction == Direction.REQUEST]
    market = Market.of(requests, known, read(requests, known))
    found, names = alike(market, known), [f.id for f in market.requests.facts]
    pairs = [(names[a], names[b], own) for a, b, own in zip(found.r, found.o, found.own.tolist(), strict=True)]
    return [(a, b, own) for a, b, own in pairs if frozenset((UUID(a), UUID(b))) not in refused]


def _waiting(ids: Collection[UUID], *, today: date) -> dict[str, float]:
    """Days since an owner last joined a network, or since its oldest request was published, in whole quarters."""
    asked = Listing.objects.filter(id__in=ids, direction=Direction.REQUEST).values_list("owner").order_by()
    since = {owner: day.date() for owner, day in asked.annotate(Min("published_at")) if day}
    served_in = Participant.objects.filter(network__state__in=[State.ACTIVE, State.CONCLUDED], answer=Answer.ACCEPTED)
    served = dict(served_in.order_by().values_list("organisation").annotate(Max("network__started_on")))
    last = {owner: max(day, served.get(owner) or day) for owner, day in since.items()}
    return {str(owner): float((today - day).days // QUARTER * QUARTER) for owner, day in last.items()}


def _line(fact: Fact) -> str:
    """All of a listing that proposals depend on; its words are in the pairs' logits."""
    audience, terms = sorted(fact.audience), sorted(fact.considerations)  # sets print in any order
    bare = replace(
        fact, title="", description="", keywords=(), changed=None, audience=frozenset(), considerations=frozenset()
    )
    return repr((bare, audience, terms))
