"""When somebody or something drops out: the next best partner, or what still works without, or the end."""

from collections.abc import Collection, Mapping
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
from sharing.networks.holding import touch
from sharing.networks.models import Network, Participant, Refusal
from sharing.networks.publishing import withdraw, write_parts
from sharing.networks.snapshot import snapshot
from sharing.networks.terms import Answer, Kind, State

CIRCLES = frozenset({Kind.SWAP, Kind.RING})


def repair(network: Network, leaving: Collection[UUID], *, reason: str, now: datetime) -> Network:
    """Go on without the organisations that are `leaving` and without listings that are off the market.

    1. The best candidate that holds on to all other listings: somebody steps in.
    2. Else the best one among the other listings alone: the rest goes on.
    3. Else the network is given up, for `reason`.

    Members are told once, of what has come of it. Everybody must accept anew. The network must be locked.
    """
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
    seen = snapshot(knowledge(), today=now.date(), only=set(map(UUID, kept)), besides=network)
    there = (*seen.region.requests.facts, *seen.region.offers.facts)
    allowed = {fact.id for fact in there if UUID(fact.owner.id) not in leaving}
    whole = problem(seen.region, Rules(), allowed)
    kinds = CIRCLES if network.kind in CIRCLES else {Kind(network.kind)}
    return _best(whole, kinds, superset_of=kept) or _best(whole, kinds, subset_of=kept)


def _best(
    whole: Problem,
    kinds: Collection[Kind],
    *,
    superset_of: Collection[str] | None = None,
    subset_of: Collection[str] | None = None,
) -> Proposal | None:
    """The most valuable candidate of these kinds, the first of equals."""
    for column in np.argsort(-whole.values, kind="stable").tolist():
        found = whole.proposal(column)
        listings = set(found.listings)
        if found.kind in kinds and listings >= set(superset_of or ()) and listings <= set(subset_of or listings):
            return found
    return None


def _rewrite(network: Network, proposal: Proposal, *, now: datetime) -> None:
    rows = Listing.objects.filter(id__in=proposal.listings).select_related("owner")
    listings = {str(listing.id): listing for listing in rows}
    network.shares.all().delete()
    network.legs.all().delete()
    write_parts(network, proposal, listings)
    came, left = _seat(network, listings)
    network.kind, network.benefit, network.gap = proposal.kind, proposal.benefit, proposal.gap
    if network.lead_id in left:
        network.lead_id = min(listing.owner_id for listing in listings.values())
    keep(network, now=now)
    network.participants.filter(answer=Answer.ACCEPTED).update(answer=Answer.OPEN, accepted_hash="", answered_at=None)
    network.state = State.UNDER_DISCUSSION if network.state == State.AGREED else network.state
    touch(network, now=now)
    emit(
        "network.repaired", network.id, by=SYSTEM, data={"came": sorted(map(str, came)), "left": sorted(map(str, left))}
    )


def _seat(network: Network, listings: Mapping[str, Listing]) -> tuple[set[UUID], set[UUID]]:
    """Participants as the listings have it; who declined stays in the record. Returns who came and who left."""
    owners = {listing.owner_id for listing in listings.values()}
    there = set(network.participants.exclude(answer=Answer.DECLINED).values_list("organisation", flat=True))
    network.participants.filter(organisation__in=there - owners).update(answer=Answer.LEFT)
    for owner in sorted(owners - there):
        Participant.objects.update_or_create(network=network, organisation_id=owner, defaults={"answer": Answer.OPEN})
    declined = network.participants.filter(answer=Answer.DECLINED).values_list("organisation", flat=True)
    return owners - there, (there - owners) | set(declined)
