"""Filters: each does what it says, and what is no filter is refused by name."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from sharing.listings.models import Listing
from sharing.municipalities.models import OfficialKey, Organisation
from tests import factories
from tests.backend.bodies import LISTINGS, codes, ids

ORGANISATIONS = "/api/v1/organisations/"


@pytest.fixture
def two(alice, charlie):
    """Two listings that differ in everything one can ask for."""
    here = factories.published(owner=alice.memberships.get().organisation)
    there = factories.published(
        owner=charlie.memberships.get().organisation, direction="request", resource="expertise", category="IT",
        title="Datenschutz", description="Gesucht: Datenschutzbeauftragte.", keywords=(), language="en", mode="remote",
        level="expert", starts_on=date(2040, 1, 1), ends_on=date(2040, 12, 31),
    )  # fmt: skip
    Listing.objects.filter(id=there.id).update(updated_at=timezone.now() + timedelta(days=1))
    return here, there


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"direction": "offer"}, {"direction": "request"}),
        ({"resource": "equipment"}, {"resource": "expertise"}),
        ({"category": "BAU"}, {"category": "IT"}),
        ({"mode": "on_site"}, {"mode": "remote"}),
        ({"language": "de"}, {"language": "en"}),
        ({"land": "HE"}, {"land": "NW"}),
        ({"district": "Lohrgrund"}, {"district": "Börde"}),
        ({"mine": "true"}, {"mine": "false"}),
        ({"runs_on": "2031-03-01"}, {"runs_on": "2040-12-31"}),
        ({"search": "Kehrmaschine"}, {"search": '"Datenschutz" -Kehrmaschine'}),
        ({"search": "straßenreinigung"}, {"level": "expert"}),
    ],
)
def test_a_filter_tells_two_listings_apart(first, second, two, alice, client_of):
    api = client_of(alice)
    assert [ids(api.get(LISTINGS, query)) for query in (first, second)] == [{str(row.id)} for row in two]


def test_filters_are_all_true_at_once(two, alice, client_of):
    api = client_of(alice)
    assert ids(api.get(LISTINGS, {"direction": "offer", "category": "IT"})) == set()
    assert ids(api.get(LISTINGS, {"direction": "offer", "category": "BAU", "land": "HE"})) == {str(two[0].id)}


def test_listings_can_be_asked_for_by_owner_and_key(two, alice, client_of):
    api = client_of(alice)
    for row in two:
        assert ids(api.get(LISTINGS, {"owner": row.owner_id})) == {str(row.id)}
        assert ids(api.get(LISTINGS, {"owner_key": row.owner.keys.get().value})) == {str(row.id)}


def test_ones_drafts_can_be_asked_for_and_nobody_elses(two, alice, charlie, client_of):
    draft = factories.drafted(owner=alice.memberships.get().organisation)
    assert ids(client_of(alice).get(LISTINGS, {"state": "draft"})) == {str(draft.id)}
    assert ids(client_of(charlie).get(LISTINGS, {"state": "draft"})) == set()


@pytest.mark.parametrize("offset", ["Z", "+00:00", "-05:00"])
def test_what_changed_since_a_moment(offset, two, alice, client_of):
    moment = (timezone.now() + timedelta(hours=12)).strftime("%Y-%m-%dT%H:%M:%S") + offset
    assert ids(client_of(alice).get(LISTINGS, {"updated_since": moment})) == {str(two[1].id)}


def test_an_owner_whose_keys_have_the_same_digits_is_listed_once(alice, client_of):
    county = factories.town("Landkreis Lohr", key="99123")
    OfficialKey.objects.create(organisation=county, scheme="ars", value="99123")
    factories.published(owner=county)
    api = client_of(alice)
    assert len(api.get(LISTINGS, {"owner_key": "99123"}).json()["results"]) == 1
    assert len(api.get(ORGANISATIONS, {"key": "99123"}).json()["results"]) == 1


def test_a_key_finds_who_holds_it_now(alice, client_of):
    old, new = factories.town("Altdorf", key="99777001"), factories.town("Neustadt", key="99777002")
    old.keys.update(valid_until=date(2020, 12, 31))
    OfficialKey.objects.create(organisation=new, scheme="ags", value="99777001", valid_from=date(2021, 1, 1))
    answer = client_of(alice).get(ORGANISATIONS, {"key": "99777001"})
    assert ids(answer) == {str(new.id)}
    assert answer.json()["results"][0]["keys"] == {"ags": "99777001"}  # of two that hold, the newer


@pytest.mark.parametrize(
    "query",
    [
        {"name": "haing"},
        {"kind": "business"},
        {"level": "county"},
        {"country": "AT"},
        {"state": "T"},
        {"district": "Imst"},
    ],
)
def test_organisations_can_be_asked_for(query, alice, client_of):
    Organisation.objects.create(
        name="Haingrunder Verein", kind="business", level="county", country="AT", state="T", district="Imst"
    )
    found = {row["name"] for row in client_of(alice).get(ORGANISATIONS, query).json()["results"]}
    assert found == {"Haingrund", "Haingrunder Verein"} if "name" in query else found == {"Haingrunder Verein"}


@pytest.mark.parametrize("noun", ["organisations", "departments", "categories", "listings", "matches"])
def test_an_unknown_filter_is_refused_by_name_and_the_known_ones_are_told(noun, alice, client_of):
    answer = client_of(alice).get(f"/api/v1/{noun}/", {"organization": "x", "page": "2", "page_size": "5"})
    assert (answer.status_code, codes(answer)) == (
        400,
        {"organization": "unknown_parameter", "page": "unknown_parameter"},
    )
    assert "page_size" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("address", ["/api/v1/me/", "/api/v1/categories/BAU/"])
def test_where_nothing_can_be_asked_every_parameter_is_refused(address, alice, client_of):
    assert codes(client_of(alice).get(address, {"page_size": "5"})) == {"page_size": "unknown_parameter"}


def test_a_filter_given_twice_or_empty_is_refused(alice, client_of):
    api = client_of(alice)
    assert codes(api.get(f"{LISTINGS}?state=draft&state=published")) == {"state": "repeated_parameter"}
    assert codes(api.get(f"{LISTINGS}?state=&search=%20")) == {"state": "empty_parameter", "search": "empty_parameter"}
