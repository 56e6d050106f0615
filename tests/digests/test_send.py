"""Send and tick, over real SMTP: what a mail server may answer, and what a crash in between may do."""

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from sharing.actors import SYSTEM
from sharing.digests.actions import gather, send
from sharing.digests.models import DigestQuerySet
from sharing.listings import actions as listings
from sharing.matching.actions import dismiss
from sharing.models import Digest, Match, Member, Notice
from tests import factories
from tests.conftest import TODAY


@pytest.fixture
def digests(alice, bob, match, tuesday, office):
    """Alice's and Bob's, written and waiting."""
    assert gather(now=tuesday) == 2
    return {digest.member: digest for digest in Digest.objects.select_related("member")}


def send_all(now):
    return [send(digest.id, now=now) for digest in Digest.objects.to_send(now=now).order_by("id")]


def state_of(digest):
    digest.refresh_from_db()
    return digest.state


def test_each_goes_out_once(digests, office, alice, bob, tuesday):
    assert send_all(tuesday) == [True, True]
    assert [send(digest.id, now=tuesday) for digest in digests.values()] == [False, False]
    assert [len(office.to(member)) for member in (alice, bob)] == [1, 1]
    assert {state_of(digest) for digest in digests.values()} == {Digest.State.SENT}


def test_an_address_that_refuses_is_marked_and_the_others_go_out(digests, office, alice, bob, tuesday):
    office.answers[alice.email] = "550 5.1.1 No such mailbox"
    assert sorted(send_all(tuesday)) == [False, True]
    assert len(office.to(bob)) == 1
    assert state_of(digests[alice]) == Digest.State.REFUSED
    assert digests[alice].answer == "550 5.1.1 No such mailbox"
    assert send_all(tuesday + timedelta(days=7)) == []


def test_a_greylisted_mail_goes_out_later(digests, office, alice, tuesday):
    office.answers[alice.email] = "452 4.2.2 Mailbox full"
    send_all(tuesday)
    assert state_of(digests[alice]) == Digest.State.WRITTEN
    assert (digests[alice].tries, digests[alice].answer) == (1, "452 4.2.2 Mailbox full")
    assert send_all(tuesday + timedelta(minutes=4)) == []
    del office.answers[alice.email]
    assert send_all(tuesday + timedelta(minutes=5)) == [True]
    assert len(office.to(alice)) == 1


@pytest.mark.parametrize(
    ("trouble", "answer"),
    [("on_sender", "550 5.7.1 Sender not allowed"), ("on_data", "451 4.3.0 Disk full")],
)
def test_a_mail_server_in_trouble_costs_nobody_a_digest(digests, office, alice, tuesday, trouble, answer):
    """A sender that is refused is our mistake, not the mailbox's: to be mended, not to be forgotten."""
    setattr(office, trouble, answer)
    assert send_all(tuesday) == [False, False]
    assert {state_of(digest) for digest in digests.values()} == {Digest.State.WRITTEN}
    setattr(office, trouble, None)
    assert send_all(tuesday + timedelta(minutes=5)) == [True, True]


def test_a_mail_that_is_refused_for_what_it_says_is_marked(digests, office, tuesday):
    office.on_data = "554 5.7.1 Looks like spam"
    send_all(tuesday)
    assert {state_of(digest) for digest in digests.values()} == {Digest.State.REFUSED}


def test_a_mail_server_that_is_down_for_two_days_loses_nothing(digests, office, settings, tuesday):
    settings.EMAIL_PORT = _closed_port()
    now = tuesday
    for _ in range(50):
        send_all(now)
        now += timedelta(hours=1)
    assert {state_of(digest) for digest in digests.values()} == {Digest.State.WRITTEN}
    settings.EMAIL_PORT = office.port
    assert send_all(now + timedelta(hours=1)) == [True, True]
    assert len(office.mails) == 2


def _closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_a_crash_between_mail_and_tick_sends_the_same_mail_again(digests, office, alice, tuesday, monkeypatch):
    def die(self, *_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Digest, "save", die)
        with pytest.raises(KeyboardInterrupt):
            send(digests[alice].id, now=tuesday)
    assert state_of(digests[alice]) == Digest.State.WRITTEN
    assert send(digests[alice].id, now=tuesday)
    first, second = office.to(alice)
    assert first["Message-ID"] == second["Message-ID"] == f"<digest-{digests[alice].id}@localhost>"


def sent_by_many_workers(digest, now):
    def work(_):
        try:
            return send(digest.id, now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(work, range(8)))


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_it_once(digests, office, alice, tuesday):
    assert sent_by_many_workers(digests[alice], tuesday) == 1
    assert len(office.to(alice)) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_they_send_it_more_than_once(digests, office, alice, tuesday, monkeypatch):
    monkeypatch.setattr(DigestQuerySet, "select_for_update", lambda self, **_: self)
    assert sent_by_many_workers(digests[alice], tuesday) > 1


def test_what_was_withdrawn_meanwhile_is_not_told(digests, office, match, alice, drain, tuesday):
    listings.pause(match.offer_id, by=SYSTEM)
    drain()
    assert send_all(tuesday) == [False, False]
    assert state_of(digests[alice]) == Digest.State.EMPTY
    assert office.mails == []


def test_what_comes_back_after_it_was_not_told_is_news(digests, office, match, alice, drain, tuesday):
    listings.pause(match.offer_id, by=SYSTEM)
    drain()
    send_all(tuesday)
    listings.publish(match.offer_id, by=SYSTEM, now=tuesday, today=TODAY)
    drain()
    Notice.objects.update(owed_at=tuesday + timedelta(days=1))
    gather(now=tuesday + timedelta(days=7))
    assert send_all(tuesday + timedelta(days=7)) == [True, True]
    assert len(office.to(alice)) == 1


def test_what_was_told_and_comes_back_is_not_told_again(digests, office, match, drain, tuesday):
    send_all(tuesday)
    listings.pause(match.offer_id, by=SYSTEM)
    drain()
    listings.publish(match.offer_id, by=SYSTEM, now=tuesday, today=TODAY)
    drain()
    assert gather(now=tuesday + timedelta(days=7)) == 0


def test_what_was_dismissed_meanwhile_is_not_told(digests, office, match, alice, actor_of, tuesday):
    dismiss(match.id, reason="solved", comment="", by=actor_of(alice), now=tuesday)
    assert send_all(tuesday) == [False, False]
    assert office.mails == []


def test_who_left_meanwhile_gets_nothing(digests, office, alice, bob, tuesday):
    Member.objects.filter(id=alice.id).update(is_active=False)
    bob.memberships.all().delete()
    assert send_all(tuesday) == [False, False]
    assert office.mails == []


@pytest.mark.parametrize("address", ["", "no address", "two@lines.example\nBcc: all@town.example"])
def test_an_address_that_is_none_is_marked(digests, office, alice, bob, tuesday, address):
    Member.objects.filter(id=alice.id).update(email=address)
    send_all(tuesday)
    assert state_of(digests[alice]) in {Digest.State.REFUSED, Digest.State.SENT}
    assert [mail["To"] for mail in office.mails if "Bcc" in mail or "all@" in str(mail)] == []
    assert len(office.to(bob)) == 1


@pytest.mark.django_db
def test_one_poisoned_title_among_many_stops_nothing(alice, drain, office, tuesday):
    """Titles come from imports and programs; a line break in one is the classic that stops a whole run."""
    factories.published()
    request = factories.published(factories.SWEEPING, owner=alice.memberships.get().organisation)
    type(request).objects.filter(id=request.id).update(title="Kehrmaschine\r\nBcc: all@town.example\r\n\r\nHi")
    drain()
    assert gather(now=tuesday) == 1
    assert send_all(tuesday) == [True]
    [mail] = office.mails
    assert mail["Bcc"] is None
    assert "\n" not in mail["Subject"]
    assert Match.objects.count() == 1
