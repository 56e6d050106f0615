"""Departments: managers add and rename them, each name once in an organisation."""

import pytest

from sharing.actors import SYSTEM, Role
from sharing.errors import Conflict, NotAllowed, RuleBroken
from sharing.events import Event
from sharing.municipalities import actions
from sharing.municipalities.models import Department


def add(town, by, name="Bauhof"):
    return actions.add_department(organisation_id=town.id, name=name, mailbox="", by=by)


@pytest.fixture
def town(alice):
    return alice.memberships.get().organisation


@pytest.fixture
def manager(alice, town, actor_of):
    alice.memberships.update(role=Role.MANAGER)
    return actor_of(alice)


def test_a_manager_adds_and_renames(town, manager):
    unit = add(town, manager)
    actions.change_department(unit.id, name="Betriebshof", mailbox="hof@t.example", by=manager)
    assert Department.objects.values_list("name", "mailbox").get() == ("Betriebshof", "hof@t.example")
    kinds = Event.objects.filter(subject_id=unit.id).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["department.added", "department.changed"]


@pytest.mark.parametrize("who", ["alice", "bob", "charlie"])
def test_nobody_else_does(who, request, town, actor_of):
    unit = add(town, SYSTEM)
    by = actor_of(request.getfixturevalue(who))
    with pytest.raises(NotAllowed):
        add(town, by, name="Kämmerei")
    with pytest.raises(NotAllowed):
        actions.change_department(unit.id, name="Kämmerei", mailbox="", by=by)


def test_a_name_is_there_once_in_an_organisation_and_again_in_the_next(town, charlie, manager):
    add(town, manager)
    with pytest.raises(Conflict, match="of that name"):
        add(town, manager, name="BAUHOF")
    add(charlie.memberships.get().organisation, SYSTEM)
    assert Department.objects.count() == 2


@pytest.mark.parametrize("name", ["\u200b", "a\nb", "a\u202eb", "x" * 121])
def test_a_name_can_be_seen_and_fits_a_line(name, town, manager):
    with pytest.raises(RuleBroken):
        add(town, manager, name=name)
