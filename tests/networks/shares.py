"""Networks that compete for the last share of one offer."""

from decimal import Decimal

from django.utils import timezone

from sharing.listings.models import Listing
from sharing.models import Network, Organisation, Participant, Share
from sharing.networks.content import keep
from sharing.networks.terms import Kind
from tests import factories
from tests.factories import SWEEPER, SWEEPING


def competing(count: int) -> list[tuple[Network, Organisation]]:
    """Each lacks one yes, that of the organisation beside it, to hold the only five hours of one sweeper."""
    giver = factories.town("Falkenrode")
    offer = factories.published(SWEEPER, owner=giver, quantity=Decimal(5))
    return [_network(giver, offer, factories.town(f"Nordhelle {n}")) for n in range(count)]


def _network(giver: Organisation, offer: Listing, taker: Organisation) -> tuple[Network, Organisation]:
    request, now = factories.published(SWEEPING, owner=taker, quantity=Decimal(5)), timezone.now()
    network = Network.objects.create(
        kind=Kind.CAPACITY_POOL, lead=giver, benefit=1, gap=0, proposed_at=now, changed_at=now, content_hash=""
    )
    Participant.objects.create(network=network, organisation=giver, answer="accepted")
    Participant.objects.create(network=network, organisation=taker)
    Share.objects.create(network=network, listing=offer, quantity=Decimal(5))
    Share.objects.create(network=network, listing=request)
    keep(network, now=now)
    network.save()
    return network, taker
