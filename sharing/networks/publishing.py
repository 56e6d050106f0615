"""From proposals to networks that coordinators see: new ones are written, lost ones withdrawn, the rest stays."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from sharing.actors import SYSTEM
from sharing.events import emit
from sharing.listings.models import Listing
from sharing.networks.content import keep
from sharing.networks.engine.propose import Proposal
from sharing.networks.holding import fits, lock_listings, touch
from sharing.networks.models import Leg, Network, Participant, Share
from sharing.networks.terms import HOLDING, Kind, State

Identity = tuple[str, frozenset[str]]
CENT = Decimal("0.01")


def publish(proposals: Sequence[Proposal], scope: Collection[UUID], *, hint: bool, now: datetime) -> int:
    """Bring the proposed networks of the listings in `scope` in line with what is proposed now. Returns how many are
    new. Networks that members talk about are left alone, and so is every listing they hold."""
    listings = locked({id_ for proposal in proposals for id_ in proposal.listings})
    free = _free(proposals, listings, hint=hint)
    wanted = {(str(p.kind), frozenset(p.listings)): p for p in free}
    there = {identity(network): network for network in _proposed(scope, hint=hint)}
    withdraw([network for key, network in there.items() if key not in wanted], "replaced", now=now)
    for key in sorted(there.keys() & wanted.keys(), key=lambda key: sorted(key[1])):
        _again(there[key], wanted[key], listings, now=now)
    new = [wanted[key] for key in wanted.keys() - there.keys() - _ended(listings)]
    made = [_write(proposal, listings, now=now) for proposal in sorted(new, key=lambda p: (p.kind, p.listings))]
    emit("network.proposed", *(network.id for network in made if not network.hint), by=SYSTEM)
    return len(made)


def renew(network: Network, proposal: Proposal, listings: Mapping[str, Listing]) -> bool:
    """The same listings again: who serves whom, and with how much, may have changed all the same. Says whether."""
    network.benefit, network.gap = proposal.benefit, proposal.gap
    shares = {str(share.listing_id): share.quantity for share in network.shares.all()}
    legs = {(str(g.request_id), str(g.offer_id), g.covered, g.taken, g.km) for g in network.legs.all()}
    wanted = {(g.request, g.offer, g.covered, g.taken, g.km) for g in proposal.legs}
    if shares == shares_of(proposal, listings) and legs == wanted:
        return False
    write_parts(network, proposal, listings)
    return True


def listings_of(proposal: Proposal) -> dict[str, Listing]:
    """With their owners, in whatever state."""
    rows = Listing.objects.filter(id__in=proposal.listings).defer("document").select_related("owner")
    return {str(listing.id): listing for listing in rows}


def locked(ids: Collection[str]) -> dict[str, Listing]:
    """The listings that are still on the market, ours until commit: nobody gives them away meanwhile."""
    lock_listings([UUID(id_) for id_ in ids])
    rows = Listing.objects.live().filter(id__in=ids).defer("document").select_related("owner")
    return {str(listing.id): listing for listing in rows}


def has_room(proposal: Proposal, listings: Mapping[str, Listing], taken: Mapping[UUID, Decimal | None]) -> bool:
    """All of its listings are there, with enough left beside what is `taken`."""
    return all(id_ in listings for id_ in proposal.listings) and all(
        fits(listings[id_], quantity, taken.get(listings[id_].id, Decimal(0)))
        for id_, quantity in shares_of(proposal, listings).items()
    )


def _again(network: Network, proposal: Proposal, listings: Mapping[str, Listing], *, now: datetime) -> None:
    before = network.benefit, network.gap
    if renew(network, proposal, listings):
        keep(network, now=now)
        touch(network, now=now)
    elif before != (network.benefit, network.gap):
        network.save(update_fields=["benefit", "gap"])


def _ended(listings: Mapping[str, Listing]) -> set[Identity]:
    """What members have ended or let lie, and whose listings have not changed since: it is not proposed again."""
    done = Q(state=State.CONCLUDED) | Q(state=State.DISSOLVED, reason__in=["by_members", "unanswered", "not_started"])
    ids = [listing.id for listing in listings.values()]
    found = Network.objects.touching(ids).filter(done).prefetch_related("shares__listing")
    return {
        identity(network)
        for network in found
        if all(share.listing.updated_at <= network.changed_at for share in network.shares.all())
    }


def withdraw(networks: Iterable[Network], reason: str, *, now: datetime) -> None:
    """Give up networks that have become impossible or pointless; everybody in them is told once."""
    gone = sorted((n for n in networks if n.state in (State.PROPOSED, *HOLDING)), key=lambda network: network.id)
    for network in gone:
        network.state, network.reason, network.changed_at = State.DISSOLVED, reason, now
        network.version += 1
    Network.objects.bulk_update(gone, ["state", "reason", "changed_at", "version"])
    emit("network.dissolved", *(n.id for n in gone if not n.hint), by=SYSTEM, data={"reason": reason})


def identity(network: Network) -> Identity:
    return network.kind, frozenset(str(share.listing_id) for share in network.shares.all())


def shares_of(proposal: Proposal, listings: Mapping[str, Listing]) -> dict[str, Decimal | None]:
    """What is taken of each listing: of a request always all; of an offer what its legs take."""
    taken: dict[str, Decimal | None] = dict.fromkeys(proposal.listings)
    for leg in proposal.legs:
        if leg.taken is not None:
            taken[leg.offer] = (taken[leg.offer] or Decimal(0)) + Decimal(str(leg.taken))
    return {
        id_: None if quantity is None else min(quantity.quantize(CENT), listings[id_].quantity or quantity)
        for id_, quantity in taken.items()
    }


def lead_of(proposal: Proposal, listings: Mapping[str, Listing]) -> UUID:
    """Who gives in a shared offer, who asks in a joint project or for joint help; else the largest."""
    first = proposal.legs[0] if proposal.legs else None
    if first and proposal.kind == Kind.CAPACITY_POOL:
        return listings[first.offer].owner_id
    if first and proposal.kind in (Kind.SUPPLY_POOL, Kind.CONSORTIUM):
        return listings[first.request].owner_id
    owners = [listings[id_].owner for id_ in proposal.listings]
    return max(owners, key=lambda owner: (owner.population or 0, str(owner.id))).id


def write_parts(network: Network, proposal: Proposal, listings: Mapping[str, Listing]) -> None:
    """Shares and legs of a network, in the place of those it has."""
    network.shares.all().delete()
    network.legs.all().delete()
    shares = shares_of(proposal, listings)
    Share.objects.bulk_create(Share(network=network, listing_id=UUID(i), quantity=q) for i, q in shares.items())
    Leg.objects.bulk_create(
        Leg(
            network=network,
            place=place,
            request_id=UUID(leg.request),
            offer_id=UUID(leg.offer),
            covered=leg.covered,
            km=leg.km,
            taken=leg.taken,
        )
        for place, leg in enumerate(proposal.legs)
    )


def _write(proposal: Proposal, listings: Mapping[str, Listing], *, now: datetime) -> Network:
    network = Network.objects.create(
        kind=proposal.kind,
        hint=proposal.soft,
        lead_id=lead_of(proposal, listings),
        benefit=proposal.benefit,
        gap=proposal.gap,
        proposed_at=now,
        changed_at=now,
    )
    owners = sorted({listings[id_].owner_id for id_ in proposal.listings})
    Participant.objects.bulk_create(Participant(network=network, organisation_id=owner) for owner in owners)
    write_parts(network, proposal, listings)
    keep(network, now=now)
    network.save(update_fields=["content_hash"])
    return network


def _free(proposals: Sequence[Proposal], listings: Mapping[str, Listing], *, hint: bool) -> list[Proposal]:
    """Those that can be written. A hint reserves nothing, so it needs its listings but no room."""
    if hint:
        return [p for p in proposals if all(id_ in listings for id_ in p.listings)]
    taken = Share.objects.held().taken([listing.id for listing in listings.values()])
    return [p for p in proposals if has_room(p, listings, taken)]


def _proposed(scope: Collection[UUID], *, hint: bool) -> list[Network]:
    rows = Network.objects.touching(scope).filter(state=State.PROPOSED, hint=hint).order_by("id")
    return list(rows.select_for_update(of=("self",), no_key=True).prefetch_related("shares", "legs"))
