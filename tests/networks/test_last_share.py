"""The last free share, wanted by 64 at the same moment: exactly one gets it. And what would happen without the lock."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from sharing.actors import Actor, Role, Seat
from sharing.errors import Conflict
from sharing.models import Network
from sharing.networks import actions, holding
from sharing.networks.actions import accept
from sharing.networks.terms import State
from tests.networks.shares import competing

NOW = timezone.now()
ROUNDS, WANTING, AT_ONCE = 3, 64, 16

pytestmark = pytest.mark.django_db(transaction=True)


def all_accept(wanting):
    """All at the same moment. Returns how each of them fared."""
    start, fared = threading.Barrier(AT_ONCE), []

    def work(mine):
        start.wait()
        for network, taker in mine:
            by = Actor(seats=(Seat(taker.id, Role.EDITOR),))
            try:
                accept(network.id, organisation_id=taker.id, content_hash=network.content_hash, by=by, now=NOW)
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
        fared = all_accept(competing(WANTING))
        assert sorted(fared) == ["accepted", *["taken"] * (WANTING - 1)]
    assert Network.objects.filter(state=State.ACTIVE).count() == ROUNDS


def test_without_the_lock_several_get_it(monkeypatch):
    """The twin: the same race must show that it is one."""
    monkeypatch.setattr(holding, "lock_listings", lambda _ids: None)
    monkeypatch.setattr(actions, "check_free", _slowly(actions.check_free))
    fared = all_accept(competing(WANTING))
    assert fared.count("accepted") > 1


def _slowly(check):
    """As on a machine that is busy just then."""

    def checked(network):
        check(network)
        threading.Event().wait(0.05)

    return checked
