"""When somebody or something drops out: the next best partner, or what still works without, or the end."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import numpy as np

from sharing.actors import SYSTEM
from sharing.events import emit
from sharing.listings.models import Listing
from sharing.listings.terms import State as Published
from sharing.matching.known import knowledge
from sharing.networks.content import keep
from sharing.networks.engine.propose import Problem, Proposal, problem
from sharing.networks.engine.terms import Rules
from sharing.networks.holding import reopen
from sharing.networks.models import Network, Refusal, Share
from sharing.networks.publishing import has_room, lead_of, listings_of, locked, withdraw, write_parts
from sharing.networks.snapshot import snapshot, with_partners
from sharing.networks.terms import Answer, Kind

POSSIBLE = Rules(leg=0.0, closing=0.0, ring=0.0, sure=0.0, like=0.0, kin=0.0, kin_whole=0.0)
CIRCLES = frozenset({Kind.SWAP, Kind.RING})


def repair(network: Network, leaving: Collection[UUID], *, reason: str, now: datetime) -> Network:
    """Go on without the organisations that are `leaving` and without listings that are off the market.

    1. The best candidate that holds on to all other listings: somebody steps in.
    2. Else the best one among the other listings alone: the rest goes on.
    3. Else the network is given up, for `reason`.

    Members are told once, of what has come of it. Everybody must accept anew. The network must be locked.
    """
    leaving = {*leaving, *network.participants.filter(answer=Answer.DECLINED).values_list("organisation", flat=True)}
    kept = {
        str(share.listing_id)
        for share in network.shares.select_related("listing")
        if share.listing.owner_id not in leaving and share.listing.state == Published.PUBLISHED
    }
    found = _next_best(network, kept, leaving, now=now)
    if found is None:
        withdraw([network], reason, now=now)
        return network
    _rewrite(network, found, now=now)
    return network


def unrepaired(network: Network) -> bool:
    """It still holds listings of somebody who has declined."""
    said_no = network.participants.filter(answer=Answer.DECLINED).values("organisation")
    return network.shares.filter(listing__owner__in=said_no).exists()


def remember_refusal(network: Network, organisation_id: UUID) -> None:
    """What the organisation was to give or get here is not proposed to it again."""
    ends = list(network.legs.values_list("request", "offer"))
    own = set(network.shares.filter(listing__owner=organisation_id).values_list("listing", flat=True))
    if network.kind == Kind.DEMAND_POOL:
        others = network.shares.exclude(listing__in=own).values_list("listing", flat=True)
        ends = [(mine, other) for mine in own for other in others]
    refused = [pair for pair in ends if not own.isdisjoint(pair)]
    Refusal.objects.bulk_create(
        [Refusal(one_id=one, other_id=other, organisation_id=organisation_id) for one, other in refused],
        ignore_conflicts=True,
    )


def _next_best(network: Network, kept: Collection[str], leaving: Collection[UUID], *, now: datetime) -> Proposal | None:
    region = snapshot(knowledge(), today=now.date(), only=with_partners(map(UUID, kept)), besides=network)
    there = (*region.requests.facts, *region.offers.facts)
    allowed = {fact.id for fact in there if UUID(fact.owner.id) not in leaving}
    whole = problem(region, Rules(), allowed)
    kinds = CIRCLES if network.kind in CIRCLES else {Kind(network.kind)}
    inside = set(kept)
    larger = (p for p in _by_value(whole, kinds) if inside <= set(p.listings) and _still_free(network, p))
    smaller = (p for p in _by_value(whole, kinds) if set(p.listings) <= inside)
    return next(larger, None) or next(smaller, None)


def same_again(network: Network, *, now: datetime) -> Proposal | None:
    """The network as its listings now have it; None where they no longer fit. What people talk about need not be
    likely any more, but it must be possible."""
    inside = set(network.shares.values_list("listing", flat=True))
    region = snapshot(knowledge(), today=now.date(), only=inside, besides=network)
    whole = problem(region, replace(POSSIBLE, most_members=len(inside)))  # some may have joined later
    return next((p for p in _by_value(whole, {Kind(network.kind)}) if len(p.listings) == len(inside)), None)


def _by_value(whole: Problem, kinds: Collection[Kind]) -> Iterator[Proposal]:
    """The most valuable first, the first of equals first."""
    for column in np.argsort(-whole.values, kind="stable").tolist():
        if (found := whole.proposal(column)).kind in kinds:
            yield found


def _still_free(network: Network, proposal: Proposal) -> bool:
    """Locks what would come in, and looks once more: others may have taken it meanwhile."""
    listings = locked(proposal.listings)
    taken = Share.objects.held().exclude(network=network).taken([listing.id for listing in listings.values()])
    return has_room(proposal, listings, taken)


def _rewrite(network: Network, proposal: Proposal, *, now: datetime) -> None:
    listings = listings_of(proposal)
    write_parts(network, proposal, listings)
    came, left = _seat(network, listings)
    network.kind, network.benefit, network.gap, network.hint = proposal.kind, proposal.benefit, proposal.gap, False
    if network.lead_id in left:
        network.lead_id = lead_of(proposal, listings)
    keep(network, now=now)
    reopen(network, now=now)
    emit(
        "network.repaired", network.id, by=SYSTEM, data={"came": sorted(map(str, came)), "left": sorted(map(str, left))}
    )


def _seat(network: Network, listings: Mapping[str, Listing]) -> tuple[set[UUID], set[UUID]]:
    """Participants as the listings have it; who declined stays in the record. Returns who came and who left."""
    owners = {listing.owner_id for listing in listings.values()}
    there = set(network.participants.seated().values_list("organisation", flat=True))
    network.participants.filter(organisation__in=there - owners).update(answer=Answer.LEFT)
    for owner in sorted(owners - there):
        fresh = {"answer": Answer.OPEN, "accepted_hash": "", "comment": "", "reason": "", "leaves_on": None}
        network.participants.update_or_create(organisation_id=owner, defaults=fresh)
    declined = network.participants.filter(answer=Answer.DECLINED).values_list("organisation", flat=True)
    return owners - there, (there - owners) | set(declined)
