"""Coming along later: is there a pair, and is there room?"""

from datetime import datetime
from decimal import Decimal

from sharing.actors import Actor
from sharing.errors import Conflict, RuleBroken
from sharing.listings.models import Listing
from sharing.listings.terms import Direction
from sharing.listings.terms import State as Published
from sharing.matching.engine.facts import Codes, side_of
from sharing.matching.engine.gates import sees
from sharing.matching.engine.score import default_weights
from sharing.matching.facts import facts_of
from sharing.matching.models import Match
from sharing.networks.content import keep
from sharing.networks.engine.propose import leg_of
from sharing.networks.engine.region import Region
from sharing.networks.holding import fits, touch
from sharing.networks.models import Leg, Network, Share
from sharing.networks.rules import DECLARED
from sharing.networks.terms import Answer, Kind, State

# Whose listing may still come along, and what it must be.
ROOM = {Kind.CAPACITY_POOL: Direction.REQUEST, Kind.CONSORTIUM: Direction.OFFER}


def add(network: Network, listing: Listing, *, by: Actor, now: datetime) -> None:
    """Takes the listing's owner in, with what its leg takes. Listings and network must be locked.

    Raises `Conflict` where there is no room left, `RuleBroken` where it does not fit at all.
    """
    _check_may_come(network, listing)
    leg = _leg(network, listing)
    if network.kind == Kind.CAPACITY_POOL:
        _take(network, leg)
    leg.save()
    Share.objects.create(network=network, listing=listing)
    keep(network, now=now)
    values = {
        "answer": Answer.ACCEPTED,
        "accepted_hash": network.content_hash,
        "answered_by_id": by.member_id,
        "answered_at": now,
        "leaves_on": None,
        "comment": "",
        "reason": "",
        "declared_until": now.date() + DECLARED if network.state == State.ACTIVE else None,
        "reminded_on": None,
    }
    network.participants.update_or_create(organisation=listing.owner, defaults=values)
    touch(network, now=now)


def _check_may_come(network: Network, listing: Listing) -> None:
    if ROOM.get(Kind(network.kind)) != listing.direction:
        raise RuleBroken("not_open", "This network takes nobody in with such a listing.", field="listing")
    if listing.state != Published.PUBLISHED:
        raise RuleBroken("not_published", "Publish the listing first.", field="listing")
    if network.participants.seated().filter(organisation=listing.owner).exists():
        raise Conflict("member_already", "Your organisation takes part already.", field="listing")
    if not _all_see(network, listing):
        raise RuleBroken("not_visible", "Not everybody in this network may see this listing.", field="listing")
    if Share.objects.held().filter(listing=listing).exists():
        raise Conflict("taken", "“%(title)s” has been given away elsewhere.", title=listing.title)


def _all_see(network: Network, listing: Listing) -> bool:
    """Each may see what the other brings: a network shows all to all."""
    inside = [share.listing_id for share in network.shares.all()]
    facts = facts_of(Listing.objects.for_matching().filter(id__in=[*inside, listing.id]))
    codes = Codes()
    new, old = (side_of([f for f in facts if (f.id == str(listing.id)) == mine], codes) for mine in (True, False))
    return bool(sees(old, new).all() and sees(new, old).all())


def _leg(network: Network, listing: Listing) -> Leg:
    """How the listing is served, or serves. Both must have been matched: nobody is joined to strangers."""
    first = network.legs.select_related("request__owner", "offer__owner").first()
    if first is None:
        raise RuleBroken("not_open", "This network takes nobody in with such a listing.", field="listing")
    asks = listing.direction == Direction.REQUEST
    request, offer = (listing, first.offer) if asks else (first.request, listing)
    if not Match.objects.shown().filter(request=request, offer=offer).exists():
        raise RuleBroken("no_match", "This listing has not been matched with the network's.", field="listing")
    region = Region.of(facts_of([request, offer]), [(str(request.id), str(offer.id), 0.0)], weights=default_weights())
    found = leg_of(region, 0)
    leg = Leg(network=network, place=network.legs.count(), request=request, offer=offer)
    leg.covered, leg.km, leg.taken = found.covered, found.km, found.taken
    return leg


def _take(network: Network, leg: Leg) -> None:
    """What the request needs of the offer, if that is left."""
    if leg.covered is None or leg.taken is None or leg.covered < 1:
        raise Conflict("no_room", "What is left of “%(title)s” is not enough.", title=leg.offer.title)
    wanted = Decimal(str(leg.taken)).quantize(Decimal("0.01"))
    taken = Share.objects.held().taken([leg.offer_id])[leg.offer_id]
    if not fits(leg.offer, wanted, taken):
        raise Conflict("no_room", "What is left of “%(title)s” is not enough.", title=leg.offer.title)
    share = network.shares.get(listing=leg.offer)
    share.quantity = (share.quantity or Decimal(0)) + wanted
    share.save(update_fields=["quantity"])
