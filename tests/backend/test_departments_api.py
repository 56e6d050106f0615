"""Departments over HTTP: everybody reads them, managers keep them."""

import pytest

from sharing.municipalities.models import Department
from tests import factories
from tests.backend.bodies import codes, ids

DEPARTMENTS = "/api/v1/departments/"
UNKNOWN = "01920000-0000-7000-8000-000000000000"
#           add, change, read
TABLE = {
    "manager": (201, 200, 200),
    "alice":   (403, 403, 200),
    "bob":     (403, 403, 200),
    "charlie": (403, 403, 200),
    "seatless": (403, 404, 404),
    "nobody":  (401, 401, 401),
}  # fmt: skip


@pytest.fixture
def town(alice):
    return alice.memberships.get().organisation


@pytest.fixture
def manager(town):
    return factories.member("mona", of=town, role="manager")


@pytest.mark.parametrize("who", TABLE)
def test_each_role_may_do_what_the_table_says(who, town, alice, bob, charlie, manager, client_of):
    people = {"alice": alice, "bob": bob, "charlie": charlie, "manager": manager, "nobody": None}
    api = client_of(people[who] if who in people else factories.member("nora"))
    unit = town.departments.create(name="Bauhof")
    added = api.post(DEPARTMENTS, {"organisation": str(town.id), "name": "Kämmerei"}, format="json")
    changed = api.put(f"{DEPARTMENTS}{unit.id}/", {"name": "Betriebshof"}, format="json")
    read = api.get(f"{DEPARTMENTS}{unit.id}/")
    assert (added.status_code, changed.status_code, read.status_code) == TABLE[who]


def test_a_name_is_there_once_whatever_its_capitals(town, manager, client_of):
    api = client_of(manager)
    town.departments.create(name="Bauhof")
    answer = api.post(DEPARTMENTS, {"organisation": str(town.id), "name": "BAUHOF"}, format="json")
    assert (answer.status_code, codes(answer)) == (409, {"name": "exists"})
    other = town.departments.create(name="Kämmerei")
    assert api.put(f"{DEPARTMENTS}{other.id}/", {"name": "bauhof"}, format="json").status_code == 409
    assert Department.objects.count() == 2


def test_an_organisation_that_does_not_exist_is_nobodys(manager, client_of):
    answer = client_of(manager).post(DEPARTMENTS, {"organisation": UNKNOWN, "name": "Bauhof"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_organisation")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": ""}, "name"), ({"name": "\u200b"}, "name"), ({"name": "a\u202eb"}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 121}, "name"), ({"name": 5}, "name"), ({"mailbox": "no address"}, "mailbox"),
        ({"mailbox": "a" * 250 + "@t.example"}, "mailbox"), ({"organisation": "x"}, "organisation"),
        ({"organisation": 5}, "organisation"), ({"head": "x"}, "head"),
    ],
)  # fmt: skip
def test_what_is_not_well_formed_is_refused_by_name(sent, field, town, manager, client_of):
    body = {"organisation": str(town.id), "name": "Bauhof"} | sent
    answer = client_of(manager).post(DEPARTMENTS, body, format="json")
    assert (answer.status_code, list(codes(answer))) == (400, [field])
    assert not Department.objects.exists()


def test_departments_can_be_asked_for_by_organisation(town, charlie, manager, client_of):
    mine = town.departments.create(name="Bauhof")
    charlie.memberships.get().organisation.departments.create(name="Bauhof")
    assert ids(client_of(manager).get(DEPARTMENTS, {"organisation": town.id})) == {str(mine.id)}
