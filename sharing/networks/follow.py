"""What follows for networks when a listing or an organisation changes, and when time passes."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from sharing.actors import SYSTEM
from sharing.events import emit
from sharing.listings.models import Listing
from sharing.listings.terms import State as Published
from sharing.municipalities.models import Organisation
from sharing.networks import rules
from sharing.networks.content import keep
from sharing.networks.holding import lock_all, reopen, touch
from sharing.networks.models import Network, Participant
from sharing.networks.publishing import listings_of, renew, withdraw
from sharing.networks.repair import repair, same_again, unrepaired
from sharing.networks.terms import Answer, Kind, State


@transaction.atomic
def follow_listings(listing_ids: Sequence[UUID], /, *, now: datetime) -> int:
    """Listings have changed, ended or been matched anew: what members talk about is repaired or open again.

    What is active stands as it was agreed. Returns how many networks were looked at.
    """
    touched = Network.objects.touching(listing_ids).filter(state__in=rules.TALKING)
    networks = lock_all(list(touched.values_list("id", flat=True)))
    for network in networks:
        if network.state in rules.TALKING:  # it may have gone on while we waited for the lock
            _follow(network, now=now)
    return len(networks)


@transaction.atomic
def repair_declined(network_ids: Sequence[UUID], /, *, now: datetime) -> int:
    """Members have said no: somebody else steps in, the rest goes on, or it is over. Returns how many were mended."""
    networks = [n for n in lock_all(network_ids) if n.state in rules.TALKING and unrepaired(n)]
    for network in networks:
        repair(network, set(), reason="declined", now=now)
    return len(networks)


@transaction.atomic
def follow_organisations(organisation_ids: Sequence[UUID], /, *, now: datetime) -> int:
    """Organisations that no longer take part are out of their networks at once."""
    gone = set(Organisation.objects.filter(id__in=organisation_ids, is_active=False).values_list("id", flat=True))
    seats = Participant.objects.seated().filter(organisation__in=gone)
    for network in lock_all(list(seats.values_list("network", flat=True).distinct())):
        if network.state == State.ACTIVE:
            depart(network, gone, now=now)
        elif network.state in rules.TALKING:
            repair(network, gone, reason="too_few", now=now)
    moved = Listing.objects.filter(owner__in=organisation_ids).values_list("id", flat=True)
    return follow_listings(list(moved), now=now)


@transaction.atomic
def keep_time(*, now: datetime) -> int:
    """Notices that are over, thresholds that were not reached, answers that did not come. Returns how many."""
    today = now.date()
    silent = Network.objects.filter(state=State.UNDER_DISCUSSION, changed_at__lt=now - rules.PATIENCE)
    late = Network.objects.filter(state=State.AGREED, starts_by__lt=today)
    leavers = Participant.objects.seated().filter(leaves_on__lt=today)
    left = Network.objects.filter(state=State.ACTIVE, participants__in=leavers)
    due = Network.objects.filter(Q(pk__in=silent) | Q(pk__in=late) | Q(pk__in=left))
    networks = lock_all(list(due.values_list("id", flat=True)))
    still = set(due.values_list("id", flat=True))  # some may have gone on while we waited for the lock
    for network in networks:
        if network.id not in still:
            continue
        if network.state == State.ACTIVE:
            gone = network.participants.seated().filter(leaves_on__lt=today)
            depart(network, set(gone.values_list("organisation", flat=True)), now=now)
        else:
            withdraw([network], "unanswered" if network.state == State.UNDER_DISCUSSION else "not_started", now=now)
    return len(networks)


@transaction.atomic
def remind(*, now: datetime) -> int:
    """Ask once, a month before, to renew a declaration. Returns how many are due."""
    soon = now.date() + rules.REMINDED
    due = Participant.objects.filter(network__state=State.ACTIVE, answer=Answer.ACCEPTED, declared_until__lte=soon)
    unasked = due.filter(leaves_on=None).filter(
        Q(reminded_on=None) | Q(reminded_on__lt=F("declared_until") - rules.REMINDED)
    )
    networks = sorted(set(unasked.values_list("network", flat=True)))
    count = unasked.update(reminded_on=now.date())
    emit("network.renewal_due", *networks, by=SYSTEM)
    return count


def depart(network: Network, gone: set[UUID], *, now: datetime) -> None:
    """Members leave an active network with their listings; where the rest is no network any more, it ends."""
    network.participants.filter(organisation__in=gone).update(answer=Answer.LEFT)
    network.legs.filter(Q(request__owner__in=gone) | Q(offer__owner__in=gone)).delete()
    network.shares.filter(listing__owner__in=gone).delete()
    if not _viable(network):
        withdraw([network], "too_few", now=now)
        return
    if network.lead_id in gone:
        rest = Organisation.objects.filter(participations__in=network.participants.seated())
        network.lead_id = rest.order_by(F("population").desc(nulls_last=True), "id").values_list("id", flat=True)[0]
    for leg_offer in network.shares.exclude(quantity=None).filter(listing__direction="offer"):
        taken = sum(leg.taken or 0 for leg in network.legs.filter(offer=leg_offer.listing_id))
        leg_offer.quantity = Decimal(str(taken)).quantize(Decimal("0.01"))
        leg_offer.save(update_fields=["quantity"])
    keep(network, now=now)
    touch(network, now=now)
    emit("network.shrunk", network.id, by=SYSTEM, data={"left": sorted(map(str, gone))})


def _viable(network: Network) -> bool:
    """A circle needs all its legs; a pool or a project at least two beside its centre; a joint need two."""
    if network.kind in (Kind.SWAP, Kind.RING, Kind.SUPPLY_POOL):
        return False
    return (network.shares if network.kind == Kind.DEMAND_POOL else network.legs).count() >= 2


def _follow(network: Network, *, now: datetime) -> None:
    if network.shares.exclude(listing__state=Published.PUBLISHED).exists():
        repair(network, set(), reason="listing_gone", now=now)
    elif (found := same_again(network, now=now)) is None:
        repair(network, set(), reason="no_longer_fits", now=now)
    else:
        renew(network, found, listings_of(found))
        if keep(network, now=now):
            reopen(network, now=now)
            emit("network.changed", network.id, by=SYSTEM)
