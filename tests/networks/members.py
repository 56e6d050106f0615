"""What members do in tests, each in one call."""

from django.utils import timezone

from sharing.models import Event, Network
from sharing.networks import actions
from sharing.networks.follow import repair_declined
from sharing.networks.rules import Agreement
from tests.networks.markets import pool

NOW = timezone.now()


def accept(network, side, *, content_hash=None):
    seen = content_hash or Network.objects.get(id=network.id).content_hash
    return actions.accept(network.id, organisation_id=side.id, content_hash=seen, by=side.actor, now=NOW)


def decline(network, side, reason="terms"):
    """And the worker's part of it."""
    actions.decline(network.id, organisation_id=side.id, reason=reason, by=side.actor, now=NOW)
    repair_declined([network.id], now=NOW)
    return Network.objects.get(id=network.id)


def change(network, side, **values):
    network.refresh_from_db()
    agreement = Agreement(**{"lead": network.lead_id, "terms": network.terms} | values)
    return actions.ask_for_change(network.id, agreement, organisation_id=side.id, by=side.actor, now=NOW)


def agreed(drain, **market):
    """A pool that everybody has accepted."""
    giver, takers, offer, requests = pool(drain, **market)
    network = Network.objects.get()
    for side in (giver, *takers):
        network = accept(network, side)
    return network, giver, takers, offer, requests


def told(network, kind):
    return Event.objects.filter(subject_id=network.id, kind=f"network.{kind}").count()
