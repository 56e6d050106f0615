"""Networks in the digest: grouped by kind, as each member sees them, and each of their news once."""

import pytest
from django.utils import timezone

from sharing.digests.actions import gather, send
from sharing.models import Digest, Network, Notice
from sharing.networks import actions
from tests.networks.markets import pool, propose

NOW = timezone.now()


@pytest.fixture
def market(db, drain):
    return pool(drain)


@pytest.fixture
def mail_of(tuesday, mailoutbox):
    """The one mail that a member gets next; None if there is none."""
    weeks = iter(range(100))

    def read(member):
        now = tuesday + timezone.timedelta(weeks=next(weeks))
        mailoutbox.clear()
        gather(now=now)
        for digest in Digest.objects.filter(member=member, state="written"):
            send(digest.id, now=now)
        return mailoutbox[0] if mailoutbox else None

    return read


def test_a_member_reads_what_it_gives_and_to_whom(market, mail_of):
    giver, takers, offer, _ = market
    mail = mail_of(giver.member)
    assert mail.subject.startswith("1 Verbund für Ihre Kommune")
    assert "Geteilte Angebote: Ein Angebot dient mehreren" in mail.body
    for taker in takers:
        assert f"Sie geben: {offer.title} -> {taker.town.name}" in mail.body
    assert f"/networks/{Network.objects.get().id}/" in mail.body
    [(html, _)] = mail.alternatives
    assert all(f"→ {taker.town.name}" in html for taker in takers)


def test_several_news_of_one_network_are_told_once_as_it_stands(market, mail_of, drain):
    giver, takers, *_ = market
    network = Network.objects.get()
    actions.decline(network.id, organisation_id=takers[0].id, reason="terms", by=takers[0].actor, now=NOW)
    propose(drain)
    assert Notice.objects.filter(member=giver.member, network=network).count() == 1
    mail = mail_of(giver.member)
    assert mail.body.count(f"/networks/{network.id}/") == 1
    assert takers[0].town.name not in mail.body.split("Kehrmaschine mit Fahrer")[0]


def test_that_it_is_gone_hears_only_who_knew_of_it(market, mail_of, drain):
    giver, takers, *_ = market
    network = Network.objects.get()
    assert f"/networks/{network.id}/" in mail_of(giver.member).body
    actions.dissolve(network.id, by=giver.actor, now=NOW)
    drain()
    assert "Aufgelöst: Die Mitglieder haben den Verbund beendet." in mail_of(giver.member).body
    later = mail_of(takers[0].member)
    assert later is None or f"/networks/{network.id}/" not in later.body


def test_who_has_declined_hears_no_more(market, mail_of, drain):
    _, takers, *_ = market
    network = Network.objects.get()
    mail_of(takers[0].member)
    actions.decline(network.id, organisation_id=takers[0].id, reason="terms", by=takers[0].actor, now=NOW)
    drain()
    mail = mail_of(takers[0].member)
    assert mail is None or f"/networks/{network.id}/" not in mail.body
