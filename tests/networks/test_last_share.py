"""The last free share, wanted by 64 at the same moment: exactly one gets it. And what would happen without the lock."""

import threading
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from sharing.errors import Conflict
from sharing.models import Member, Network, Organisation, Participant, Share
from sharing.municipalities.seats import actor_of_member
from sharing.networks import actions, holding
from sharing.networks.actions import accept
from sharing.networks.content import keep
from sharing.networks.terms import Kind, State
from tests import factories
from tests.factories import SWEEPER, SWEEPING

NOW = timezone.now()
ROUNDS, WANTING, AT_ONCE = 3, 64, 16

pytestmark = pytest.mark.django_db(transaction=True)


def competing(count=WANTING):
    """Networks under discussion, each of which lacks one yes to hold the last five hours of one sweeper."""
    giver = factories.town("Falkenrode")
    offer = factories.published(SWEEPER, owner=giver, quantity=Decimal(5))
    return [_network(giver, offer, factories.town(f"Nordhelle {n}")) for n in range(count)]


def _network(giver: Organisation, offer, taker: Organisation) -> tuple[Network, Member]:
    request = factories.published(SWEEPING, owner=taker, quantity=Decimal(5))
    network = Network.objects.create(
        kind=Kind.CAPACITY_POOL, lead=giver, benefit=1, gap=0, proposed_at=NOW, changed_at=NOW, content_hash=""
    )
    Participant.objects.create(network=network, organisation=giver, answer="accepted")
    Participant.objects.create(network=network, organisation=taker)
    Share.objects.create(network=network, listing=offer, quantity=Decimal(5))
    Share.objects.create(network=network, listing=request)
    keep(network, now=NOW)
    network.save()
    return network, factories.member("someone", of=taker)


def all_accept(wanting):
    """All at the same moment. Returns how each of them fared."""
    start, fared = threading.Barrier(AT_ONCE), []

    def work(mine):
        start.wait()
        for network, member in mine:
            try:
                organisation = member.memberships.get().organisation_id
                accept(
                    network.id,
                    organisation_id=organisation,
                    content_hash=network.content_hash,
                    by=actor_of_member(member),
                    now=NOW,
                )
                fared.append("accepted")
            except Conflict as refusal:
                fared.append(refusal.code)
        connection.close()

    workers = [threading.Thread(target=work, args=(wanting[n::AT_ONCE],)) for n in range(AT_ONCE)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return fared


def test_exactly_one_of_64_gets_it():
    for _ in range(ROUNDS):
        fared = all_accept(competing())
        assert sorted(fared) == ["accepted", *["taken"] * (WANTING - 1)]
    assert Network.objects.filter(state=State.ACTIVE).count() == ROUNDS


def test_without_the_lock_several_get_it(monkeypatch):
    """The twin: the same race must show that it is one."""
    monkeypatch.setattr(holding, "lock_listings", lambda _ids: None)
    monkeypatch.setattr(actions, "check_free", _slowly(actions.check_free))
    fared = all_accept(competing())
    assert fared.count("accepted") > 1


def _slowly(check):
    """As on a machine that is busy just then."""

    def checked(network):
        check(network)
        threading.Event().wait(0.05)

    return checked
