"""From a member or a token to the seats an actor holds."""

import pytest

from sharing.actors import SYSTEM, Role
from sharing.municipalities import tokens
from sharing.municipalities.seats import actor_of_token
from sharing.municipalities.tokens import Scope
from tests import factories


def roles(actor):
    return {seat.organisation_id: seat.role for seat in actor.seats}


@pytest.mark.django_db
def test_a_member_holds_a_seat_in_each_organisation(actor_of):
    one, two = factories.town("Eins"), factories.town("Zwei")
    member = factories.member("eva", of=one, role="reader")
    member.memberships.create(organisation=two, role=Role.MANAGER)
    assert roles(actor_of(member)) == {one.id: Role.READER, two.id: Role.MANAGER}


@pytest.mark.django_db
def test_an_administration_passes_its_role_on_to_its_municipalities_and_not_further(actor_of):
    office = factories.town("Amt")
    village = factories.town("Dorf", administered_by=office)
    hamlet = factories.town("Weiler", administered_by=village)
    assert roles(actor_of(factories.member("eva", of=office))) == {office.id: Role.EDITOR, village.id: Role.EDITOR}
    assert hamlet.id not in roles(actor_of(factories.member("udo", of=office)))


@pytest.mark.django_db
def test_of_an_own_and_an_inherited_role_the_higher_counts(actor_of):
    office = factories.town("Amt")
    village = factories.town("Dorf", administered_by=office)
    member = factories.member("eva", of=office, role="manager")
    member.memberships.create(organisation=village, role=Role.READER)
    assert actor_of(member).role_in(village.id) is Role.MANAGER


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("scopes", "role"),
    [
        ({Scope.LISTINGS_READ}, Role.READER),
        ({Scope.MATCHES_READ, Scope.ORGANISATIONS_READ}, Role.READER),
        ({Scope.LISTINGS_WRITE}, Role.EDITOR),
        ({Scope.MATCHES_WRITE}, Role.EDITOR),
    ],
)
def test_a_token_is_an_editor_where_it_may_write(scopes, role):
    office = factories.town("Amt")
    village = factories.town("Dorf", administered_by=office)
    token, _secret = tokens.issue(office, name="t", scopes=scopes, expires_at=None, by=SYSTEM)
    actor = actor_of_token(token)
    assert roles(actor) == {office.id: role, village.id: role}
    assert (actor.member_id, actor.token_id, actor.scopes) == (None, token.id, scopes)


@pytest.mark.django_db
def test_a_member_without_a_seat_holds_nothing(actor_of):
    assert actor_of(factories.member("eva")).seats == ()
