"""The link that ends the mails: one POST without a session (RFC 8058), and harmless to whoever only looks."""

from uuid import uuid4

import pytest
from django.test import Client

from sharing.digests.links import member_of_link, unsubscribe_url
from sharing.digests.models import wish_of
from sharing.digests.rules import Period
from sharing.models import Event, Member, Subscription


@pytest.fixture
def path(alice):
    return "/u/" + unsubscribe_url(alice.id).rsplit("/u/")[1]


@pytest.fixture
def stranger():
    """A mail program: no session, no cookie, no CSRF token."""
    return Client(enforce_csrf_checks=True)


def wish(member):
    return wish_of(Member.objects.select_related("subscription").get(id=member.id))


def test_one_post_ends_the_mails(alice, path, stranger):
    answer = stranger.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert wish(alice).period == Period.NEVER
    event = Event.objects.get(kind="digest.subscribed")
    assert (event.subject_id, event.actor_id) == (alice.id, alice.id)


def test_it_keeps_day_and_hour_for_those_who_come_back(alice, path, stranger):
    Subscription.objects.create(member=alice, weekday=4, hour=17)
    stranger.post(path)
    stranger.post(path)
    assert (wish(alice).weekday, wish(alice).hour) == (4, 17)


def test_looking_changes_nothing(alice, path, stranger):
    """Mail scanners follow every link."""
    for ask in (stranger.get, stranger.head):
        assert ask(path).status_code == 200
    assert wish(alice).period == Period.WEEKLY
    assert not Event.objects.exists()


@pytest.mark.parametrize("verb", ["put", "delete", "patch"])
def test_other_verbs_are_refused(path, stranger, verb):
    assert getattr(stranger, verb)(path).status_code == 405


def test_a_forged_link_is_nobodys(alice, path, stranger, db):
    another = "/u/" + unsubscribe_url(uuid4()).rsplit("/u/")[1]
    forged = [
        path[:-1] + ("A" if path[-1] != "A" else "B"),
        path[:-3],
        another[:25] + path[25:],
        another,
        "/u/x",
        "/u/Ü€",
    ]
    for link in [*forged, path[:25], path + "A", "/u/" + "A" * 4_000]:
        assert stranger.post(link).status_code == 404, link
    assert wish(alice).period == Period.WEEKLY


def test_a_link_of_another_installation_is_nobodys(alice, settings):
    token = unsubscribe_url(alice.id).rsplit("/u/")[1]
    assert member_of_link(token) == alice.id
    settings.SECRET_KEY = "another" * 10
    assert member_of_link(token) is None
