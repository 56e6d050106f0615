"""API tokens: shown once, kept as a hash, issued and revoked by managers."""

import pytest
from django.utils import timezone

from sharing.actors import Role
from sharing.errors import NotAllowed, RuleBroken
from sharing.events import Event
from sharing.municipalities import tokens
from sharing.municipalities.models import Membership
from sharing.municipalities.tokens import ApiToken, Scope


@pytest.fixture
def town(alice):
    return alice.memberships.get().organisation


@pytest.fixture
def manager(alice, actor_of):
    Membership.objects.filter(member=alice).update(role=Role.MANAGER)
    return actor_of(alice)


def issue(town, by, scopes=frozenset({Scope.LISTINGS_READ})):
    return tokens.issue(town, name="Fachverfahren", scopes=set(scopes), expires_at=None, by=by)


def test_a_secret_is_shown_once_and_stored_nowhere(town, manager):
    token, secret = issue(town, manager)
    assert secret.startswith("alm_")
    assert len(secret) > 40
    row = ApiToken.objects.filter(id=token.id).values().get()
    assert all(secret not in str(value) for value in row.values())
    assert all(secret not in str(event) for event in Event.objects.values())


def test_two_tokens_never_share_a_secret(town, manager):
    assert len({issue(town, manager)[1] for _n in range(20)}) == 20


def test_a_token_without_a_scope_is_refused(town, manager):
    with pytest.raises(RuleBroken, match="scope"):
        issue(town, manager, scopes=())


@pytest.mark.parametrize("who", ["alice", "bob", "charlie"])
def test_only_managers_issue_and_revoke(who, request, town, manager, actor_of):
    token, _secret = issue(town, manager)
    member = request.getfixturevalue(who)
    Membership.objects.filter(member=member, role=Role.MANAGER).update(role=Role.EDITOR)
    for attempt in (lambda by: issue(town, by), lambda by: tokens.revoke(token, by=by, now=timezone.now())):
        with pytest.raises(NotAllowed):
            attempt(actor_of(member))
    assert ApiToken.objects.get().revoked_at is None


def test_a_revoked_token_finds_nobody(town, manager):
    token, secret = issue(town, manager)
    now = timezone.now()
    assert ApiToken.objects.valid(secret, now=now).get() == token
    tokens.revoke(token, by=manager, now=now)
    assert not ApiToken.objects.valid(secret, now=now).exists()
    assert (
        Event.objects.filter(subject_id=token.id).values_list("kind", flat=True).order_by("id").last()
        == "token.revoked"
    )
