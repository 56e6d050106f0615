"""Who sees which listing, and what of it."""

import pytest

from sharing.actors import SYSTEM
from sharing.municipalities.tokens import Scope, issue
from tests import factories
from tests.backend.bodies import LISTINGS, ids, url

#            same district, same Land, other Land, named
MEANT_FOR = {
    "all":      (True, True, True, True),
    "state":    (True, True, False, False),
    "district": (True, False, False, False),
    "named":    (False, False, False, True),
}  # fmt: skip


@pytest.fixture
def neighbours(alice):
    towns = [
        factories.town("Nachbar"),
        factories.town("Fern im Land", district="Fernkreis"),
        factories.town("Anderswo", state="NW", district="Lohrgrund"),  # a district of the same name elsewhere
        factories.town("Genannt", state="BY", district="Weitweg"),
    ]
    return [factories.member(f"m{n}", of=town) for n, town in enumerate(towns)]


@pytest.mark.parametrize("visibility", MEANT_FOR)
def test_a_listing_is_seen_by_those_it_is_meant_for(visibility, alice, neighbours, client_of):
    owner = alice.memberships.get().organisation
    named = (neighbours[3].memberships.get().organisation.id,) if visibility == "named" else ()
    listing = factories.published(owner=owner, visibility=visibility, audience=named)
    seen = [str(listing.id) in ids(client_of(member).get(LISTINGS)) for member in neighbours]
    assert tuple(seen) == MEANT_FOR[visibility]
    statuses = [client_of(member).get(url(listing)).status_code for member in neighbours]
    assert statuses == [200 if one else 404 for one in MEANT_FOR[visibility]]


@pytest.mark.parametrize("visibility", MEANT_FOR)
def test_a_token_sees_what_its_organisation_sees(visibility, alice, neighbours, client_of):
    owner = alice.memberships.get().organisation
    named = (neighbours[3].memberships.get().organisation.id,) if visibility == "named" else ()
    listing = factories.published(owner=owner, visibility=visibility, audience=named)
    for member, meant in zip(neighbours, MEANT_FOR[visibility], strict=True):
        town = member.memberships.get().organisation
        _token, secret = issue(town, name="t", scopes={Scope.LISTINGS_READ}, expires_at=None, by=SYSTEM)
        client = client_of(None)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        assert (str(listing.id) in ids(client.get(LISTINGS))) is meant


@pytest.mark.parametrize("state", ["draft", "paused", "fulfilled", "withdrawn", "expired"])
def test_what_is_not_on_the_market_is_seen_by_its_owner_alone(state, alice, bob, charlie, client_of):
    listing = factories.published(owner=alice.memberships.get().organisation)
    type(listing).objects.update(state=state)
    answers = [client_of(member).get(url(listing)).status_code for member in (alice, bob, charlie)]
    assert answers == [200, 200, 404]


def test_who_else_is_named_is_the_owners_secret(alice, charlie, client_of):
    other = charlie.memberships.get().organisation
    rival = factories.town("Rivale")
    listing = factories.published(
        owner=alice.memberships.get().organisation, visibility="named", audience=(other.id, rival.id)
    )
    assert set(client_of(alice).get(url(listing)).json()["audience"]) == {str(other.id), str(rival.id)}
    for answer in (client_of(charlie).get(url(listing)).json(), client_of(charlie).get(LISTINGS).json()["results"][0]):
        assert answer["audience"] == []


def test_a_listing_named_for_several_of_ones_seats_is_listed_once(alice, charlie, client_of):
    other = charlie.memberships.get().organisation
    ward = factories.town("Ortsteil", administered_by=other)
    factories.published(owner=alice.memberships.get().organisation, visibility="named", audience=(other.id, ward.id))
    assert len(client_of(charlie).get(LISTINGS).json()["results"]) == 1


def test_matches_bring_together_only_those_who_may_see_each_other(alice, charlie, client_of, drain):
    mine, other = alice.memberships.get().organisation, charlie.memberships.get().organisation
    factories.published(owner=mine, visibility="state")
    factories.published(factories.SWEEPING, owner=other)
    drain()
    assert ids(client_of(charlie).get("/api/v1/matches/")) == set()
    assert ids(client_of(alice).get("/api/v1/matches/")) == set()


def test_a_match_ends_when_the_other_side_may_no_longer_look(alice, charlie, client_of, drain):
    mine, other = alice.memberships.get().organisation, charlie.memberships.get().organisation
    listing = factories.published(owner=mine)
    factories.published(factories.SWEEPING, owner=other)
    drain()
    assert len(ids(client_of(charlie).get("/api/v1/matches/"))) == 1
    answer = client_of(alice).patch(url(listing), {"visibility": "district"}, format="json")
    assert answer.status_code == 200
    drain()
    assert ids(client_of(charlie).get("/api/v1/matches/")) == set()
