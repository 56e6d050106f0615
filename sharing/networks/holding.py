"""Holding listings for a network: locked in one order everywhere, so that a last share goes to exactly one."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sharing.errors import Conflict
from sharing.listings.models import Listing
from sharing.listings.terms import State as Published
from sharing.networks.models import Network, Share
from sharing.networks.terms import Answer, State


def lock(network_id: UUID, *, version: int | None = None, also: Collection[UUID] = ()) -> Network:
    """See `lock_all`. Raises `Network.DoesNotExist`, and `Conflict` if it is not the `version` that was seen."""
    found = lock_all([network_id], also=also)
    if not found:
        raise Network.DoesNotExist
    if version is not None and version != found[0].version:
        raise Conflict("stale", "Someone has changed this network in the meantime. Load it again and repeat.")
    return found[0]


def lock_all(network_ids: Collection[UUID], *, also: Collection[UUID] = ()) -> list[Network]:
    """The networks, ours until commit. Their listings first (and those given `also`), all in the order of their ids.

    Who accepts and who plans both wait for the listings, never for each other's network.
    """
    listings = {*Share.objects.filter(network__in=network_ids).values_list("listing", flat=True), *also}
    lock_listings(listings)
    networks = Network.objects.filter(id__in=network_ids).order_by("id")
    return list(networks.select_for_update(of=("self",), no_key=True))


def lock_listings(listing_ids: Collection[UUID]) -> None:
    list(Listing.objects.filter(id__in=listing_ids).order_by("id").values("id").select_for_update(no_key=True))


def check_free(network: Network) -> None:
    """Raises `Conflict` if a listing is off the market, or if others hold so much of it that this share is too much."""
    shares = list(network.shares.select_related("listing").order_by("listing"))
    others = Share.objects.held().exclude(network=network).taken([share.listing_id for share in shares])
    for share in shares:
        if share.listing.state != Published.PUBLISHED:
            raise Conflict("listing_gone", "“%(title)s” is no longer on the market.", title=share.listing.title)
        if not fits(share.listing, share.quantity, others.get(share.listing_id, Decimal(0))):
            raise Conflict("taken", "“%(title)s” has been given away elsewhere.", title=share.listing.title)


def fits(listing: Listing, wanted: Decimal | None, taken: Decimal | None) -> bool:
    """Whether a share of a listing is free; None is all of it."""
    if wanted is not None and listing.quantity is not None and wanted > listing.quantity:
        return False
    if not taken:
        return taken is not None
    return wanted is not None and listing.quantity is not None and taken + wanted <= listing.quantity


def reopen(network: Network, *, now: datetime) -> None:
    """Every acceptance is open again, because what was accepted is no longer what stands there."""
    network.participants.filter(answer=Answer.ACCEPTED).update(answer=Answer.OPEN, accepted_hash="", answered_at=None)
    if network.state == State.AGREED:
        network.state = State.UNDER_DISCUSSION
    touch(network, now=now)


def touch(network: Network, *, now: datetime) -> None:
    """Save it as changed: the version is what ETags are made of."""
    network.version, network.changed_at = network.version + 1, now
    network.save()
