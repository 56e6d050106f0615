"""dismiss: one side's “not suitable”, with its reason."""

import pytest
from django.utils import timezone

from sharing.actors import Role
from sharing.errors import NotAllowed, NotThere
from sharing.matching.actions import dismiss
from sharing.models import Dismissal, Event, Match, Membership
from tests import factories

NOW = timezone.now()


@pytest.fixture
def match(alice, drain):
    """Of Haingrund's request and a stranger's offer."""
    factories.published(owner=factories.town("Weitental"))
    factories.published(factories.SWEEPING, owner=alice.memberships.get().organisation)
    drain()
    return Match.objects.get()


def no(match, actor, reason="too_far", comment=""):
    return dismiss(match.id, reason=reason, comment=comment, by=actor, now=NOW)


def test_a_side_notes_why_it_does_not_suit(match, alice, actor_of):
    [answer] = no(match, actor_of(alice), comment="Zu weit im Winter")
    assert (answer.organisation.name, answer.reason, answer.comment) == ("Haingrund", "too_far", "Zu weit im Winter")
    assert (answer.dismissed_by, answer.dismissed_at) == (alice, NOW)
    event = Event.objects.get(kind="match.dismissed")
    assert (event.subject_id, event.actor_id, event.data) == (match.id, alice.id, {"reason": "too_far"})


def test_it_is_hidden_from_that_side_only(match, alice, actor_of):
    other = factories.member("other", of=match.offer.owner)
    no(match, actor_of(alice))
    assert not Match.objects.not_dismissed_by(actor_of(alice)).exists()
    assert Match.objects.dismissed_by(actor_of(alice)).get() == match
    assert Match.objects.not_dismissed_by(actor_of(other)).get() == match


def test_a_second_answer_replaces_the_first(match, alice, actor_of):
    no(match, actor_of(alice))
    no(match, actor_of(alice), reason="solved")
    assert Dismissal.objects.get().reason == "solved"


def test_who_acts_for_both_sides_answers_for_both(match, alice, actor_of):
    Membership.objects.create(member=alice, organisation=match.offer.owner, role=Role.EDITOR)
    assert len(no(match, actor_of(alice))) == 2


def test_an_administration_answers_for_its_municipality(match, actor_of):
    union = factories.town("Verbandsgemeinde")
    match.request.owner.administered_by = union
    match.request.owner.save()
    [answer] = no(match, actor_of(factories.member("clerk", of=union)))
    assert answer.organisation == match.request.owner


def test_a_stranger_does_not_learn_that_it_exists(match, charlie, actor_of):
    with pytest.raises(NotThere):
        no(match, actor_of(charlie))


def test_a_reader_may_not_answer(match, bob, actor_of):
    with pytest.raises(NotAllowed):
        no(match, actor_of(bob))
    assert not Dismissal.objects.exists()
    assert not Event.objects.filter(kind="match.dismissed").exists()
