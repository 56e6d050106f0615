"""Who may do what with a listing, as one table."""

import pytest

from sharing.actors import SYSTEM
from sharing.listings import actions
from sharing.listings.models import Listing
from sharing.municipalities.models import Membership
from sharing.municipalities.tokens import Scope, issue
from tests import factories
from tests.backend.bodies import COMPLETE, LISTINGS, url

PEOPLE = ("alice", "manager", "bob", "charlie", "seatless", "reading token", "writing token", "foreign token", "nobody")
#                          alice mgr  bob  char seat rtok wtok ftok nobody
TABLE = {
    ("read", "draft"):     (200, 200, 200, 404, 404, 200, 403, 404, 401),
    ("change", "draft"):   (200, 200, 403, 404, 404, 403, 200, 404, 401),
    ("replace", "draft"):  (200, 200, 403, 404, 404, 403, 200, 404, 401),
    ("publish", "draft"):  (200, 200, 403, 404, 404, 403, 200, 404, 401),
    ("discard", "draft"):  (204, 204, 403, 404, 404, 403, 204, 404, 401),
    ("create", "draft"):   (201, 201, 403, 403, 403, 403, 201, 403, 401),
    ("read", "market"):    (200, 200, 200, 200, 404, 200, 403, 200, 401),
    ("change", "market"):  (200, 200, 403, 403, 404, 403, 200, 403, 401),
    ("replace", "market"): (200, 200, 403, 403, 404, 403, 200, 403, 401),
    ("pause", "market"):   (200, 200, 403, 403, 404, 403, 200, 403, 401),
    ("fulfil", "market"):  (200, 200, 403, 403, 404, 403, 200, 403, 401),
    ("withdraw", "market"): (200, 200, 403, 403, 404, 403, 200, 403, 401),
    ("discard", "market"): (409, 409, 403, 403, 404, 403, 409, 403, 401),
}  # fmt: skip


@pytest.fixture
def client_called(alice, bob, charlie, client_of):
    town = alice.memberships.get().organisation
    people = {"alice": alice, "bob": bob, "charlie": charlie, "seatless": factories.member("nora")}
    people["manager"] = factories.member("mona", of=town, role="manager")
    tokens = {
        "reading token": (town, {Scope.LISTINGS_READ}),
        "writing token": (town, {Scope.LISTINGS_WRITE}),
        "foreign token": (charlie.memberships.get().organisation, set(Scope)),
    }

    def find(name):
        if name == "nobody":
            return client_of(None)
        if name in people:
            return client_of(people[name])
        organisation, scopes = tokens[name]
        _token, secret = issue(organisation, name=name, scopes=scopes, expires_at=None, by=SYSTEM)
        made = client_of(None)
        made.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return made

    return find


def knock(client, verb, listing):
    if verb == "create":
        return client.post(LISTINGS, COMPLETE | {"owner": str(listing.owner_id)}, format="json")
    if verb == "change":
        return client.patch(url(listing), {"title": "Neu"}, format="json")
    if verb == "replace":
        return client.put(url(listing), COMPLETE, format="json")
    if verb in ("read", "discard"):
        return {"read": client.get, "discard": client.delete}[verb](url(listing))
    return client.post(url(listing, f"{verb}/"))


@pytest.mark.parametrize(("verb", "state"), TABLE)
def test_each_role_may_do_what_the_table_says(verb, state, alice, client_called):
    town = alice.memberships.get().organisation
    made = {"draft": factories.drafted, "market": factories.published}[state]
    answers = {name: knock(client_called(name), verb, made(owner=town)).status_code for name in PEOPLE}
    assert answers == dict(zip(PEOPLE, TABLE[verb, state], strict=True))


def test_a_refused_hand_leaves_no_trace(bob, charlie, client_of):
    listing = factories.published(owner=bob.memberships.get().organisation)
    before = Listing.objects.values().get()
    for member in (bob, charlie):
        for verb in ("change", "replace", "pause", "fulfil", "withdraw", "discard"):
            assert knock(client_of(member), verb, listing).status_code == 403
    assert Listing.objects.values().get() == before


def test_an_administration_acts_for_its_municipalities(client_of, db):
    office = factories.town("Verbandsgemeinde Lohr")
    village = factories.town("Lohrbach", administered_by=office)
    clerk = client_of(factories.member("vera", of=office))
    made = clerk.post(LISTINGS, COMPLETE | {"owner": str(village.id)}, format="json")
    assert made.status_code == 201
    assert clerk.post(f"{LISTINGS}{made.data['id']}/publish/").status_code == 200
    villager = client_of(factories.member("vito", of=village))
    assert villager.get(f"{LISTINGS}{made.data['id']}/").status_code == 200
    assert villager.post(LISTINGS, COMPLETE | {"owner": str(office.id)}, format="json").status_code == 403


def test_a_role_that_is_taken_away_is_gone_with_the_next_request(alice, client_of):
    listing = factories.drafted(owner=alice.memberships.get().organisation)
    client = client_of(alice)
    assert client.patch(url(listing), {"title": "Eins"}, format="json").status_code == 200
    Membership.objects.filter(member=alice).update(role=1)
    assert client.patch(url(listing), {"title": "Zwei"}, format="json").status_code == 403
    Membership.objects.filter(member=alice).delete()
    assert client.patch(url(listing), {"title": "Drei"}, format="json").status_code == 404


@pytest.mark.parametrize("field", ["id", "owner", "state", "version", "created_by", "ref", "published_at"])
def test_what_is_not_for_members_to_set_is_refused(field, alice, client_of):
    listing = factories.drafted(owner=alice.memberships.get().organisation)
    answer = client_of(alice).patch(url(listing), {field: str(listing.id)}, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "unknown_field")


def test_a_listing_that_vanishes_between_two_looks_is_not_there(alice, client_of, monkeypatch):
    listing = factories.drafted(owner=alice.memberships.get().organisation)
    real = actions.publish

    def late(listing_id, **rest):
        Listing.objects.filter(id=listing_id).delete()
        return real(listing_id, **rest)

    monkeypatch.setattr(actions, "publish", late)
    assert client_of(alice).post(url(listing, "publish/")).status_code == 404
