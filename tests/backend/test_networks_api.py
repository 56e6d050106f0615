"""Networks over HTTP: seen by those who take part, answered to the content that was seen, with ETag and If-Match."""

from dataclasses import replace
from decimal import Decimal

import pytest

from sharing.actors import SYSTEM
from sharing.listings import actions as listings
from sharing.models import Network
from sharing.municipalities.tokens import Scope, issue
from tests.backend.bodies import codes, ids
from tests.factories import SWEEPING
from tests.networks.markets import MONEY, Side, pool, propose

NETWORKS = "/api/v1/networks/"


@pytest.fixture
def market(db, drain):
    return pool(drain)


def post(client, network, verb, body=None, **headers):
    return client.post(f"{NETWORKS}{network.id}/{verb}/", body, format="json", **headers)


def accept(client, network, side, **headers):
    seen = client.get(f"{NETWORKS}{network.id}/").json()["content_hash"]
    return post(client, network, "accept", {"organisation": str(side.id), "content_hash": seen}, **headers)


def test_each_member_reads_what_it_gives_and_gets(market, client_of):
    giver, takers, offer, _ = market
    network = Network.objects.get()
    seen = client_of(giver.member).get(f"{NETWORKS}{network.id}/")
    assert seen["ETag"] == f'"{network.version}"'
    told = seen.json()
    assert (told["kind"], told["state"], told["lead"]) == ("capacity_pool", "proposed", str(giver.id))
    assert len(told["for_you"]["gives"]) == 3
    assert told["for_you"]["surplus"] == [f"„{offer.title}“ – noch frei: 5 Wochenstunden"]
    [deal] = client_of(takers[0].member).get(f"{NETWORKS}{network.id}/").json()["for_you"]["gets"]
    assert (deal["partner_name"], deal["quantity"], deal["unit"]) == ("Falkenrode", 5.0, "hours_per_week")
    assert deal["why"] == ["Gleiches Gerät: Kehrmaschine"]
    assert ids(client_of(Side("Fremdstadt").member).get(NETWORKS)) == set()


def test_from_the_first_yes_to_a_running_network(market, client_of):
    giver, takers, *_ = market
    network = Network.objects.get()
    answers = [accept(client_of(side.member), network, side).json()["state"] for side in (giver, *takers)]
    assert answers == ["under_discussion"] * 3 + ["active"]
    lead = client_of(giver.member)
    grouped = post(lead, network, "groups", {"name": "Technik", "organisations": [str(giver.id)]})
    assert grouped.json()["groups"] == [{"name": "Technik", "organisations": [str(giver.id)]}]
    left = post(client_of(takers[0].member), network, "leave", {"organisation": str(takers[0].id)})
    assert [m["leaves_on"] is None for m in left.json()["members"]].count(False) == 1
    assert post(lead, network, "declare", {"organisation": str(giver.id)}).status_code == 200
    assert post(lead, network, "conclude").json()["state"] == "concluded"
    assert post(lead, network, "dissolve").status_code == 409


def test_an_old_content_is_a_conflict_that_says_what_has_changed(market, client_of):
    giver, _, offer, _ = market
    network = Network.objects.get()
    listings.revise(offer.id, replace(offer.draft, quantity=Decimal(19)), by=SYSTEM, today=offer.starts_on)
    answer = accept(client_of(giver.member), network, giver)
    assert (answer.status_code, answer.json()["code"]) == (409, "content_changed")
    assert answer.json()["changes"] == [
        {"code": "listing_changed", "listing": str(offer.id), "title": offer.title, "fields": ["quantity"]}
    ]


def test_a_stale_version_is_refused_before_anything_happens(market, client_of):
    giver, takers, *_ = market
    network = Network.objects.get()
    assert accept(client_of(giver.member), network, giver, HTTP_IF_MATCH='"1"').status_code == 200
    assert accept(client_of(takers[0].member), network, takers[0], HTTP_IF_MATCH='"1"').status_code == 412
    assert accept(client_of(takers[0].member), network, takers[0], HTTP_IF_MATCH="x").status_code == 400
    assert network.participants.filter(answer="accepted").count() == 1


def test_a_change_opens_everything_again_and_its_comment_is_read_by_all(market, client_of):
    giver, takers, *_ = market
    network = Network.objects.get()
    accept(client_of(giver.member), network, giver)
    body = {"organisation": str(takers[0].id), "lead": str(takers[0].id), "terms": "Nach Stunden.", "comment": "Bitte."}
    changed = post(client_of(takers[0].member), network, "change", body).json()
    assert {member["answer"] for member in changed["members"]} == {"open"}
    assert [m["comment"] for m in changed["members"] if m["comment"]] == ["Bitte."]
    wrong = post(client_of(takers[0].member), network, "change", body | {"least_hours": 5, "terms": "Anders."})
    assert (wrong.status_code, codes(wrong)) == (422, {"starts_by": "missing"})


def test_why_somebody_declined_stays_theirs(market, client_of):
    giver, takers, *_ = market
    network = Network.objects.get()
    body = {"organisation": str(takers[0].id), "reason": "partner", "comment": "Nicht mit denen."}
    assert post(client_of(takers[0].member), network, "decline", body).status_code == 204
    assert client_of(takers[0].member).get(f"{NETWORKS}{network.id}/").status_code == 404
    told = client_of(giver.member).get(f"{NETWORKS}{network.id}/").json()
    assert "Nicht mit denen." not in str(told)
    assert "partner" not in {member.get("reason") for member in told["members"]}


def test_who_was_matched_later_joins_and_a_stranger_does_not(market, client_of, drain):
    giver, takers, *_ = market
    network = Network.objects.get()
    for side in (giver, *takers):
        accept(client_of(side.member), network, side)
    late, stranger = Side("Hellwegen"), Side("Fremdstadt")
    request = late.posts(SWEEPING, considerations=MONEY)
    propose(drain)
    body = {"listing": str(request.id)}
    assert post(client_of(stranger.member), network, "join", body).status_code == 404
    joined = post(client_of(late.member), network, "join", body)
    assert joined.status_code == 200, joined.json()
    assert len(joined.json()["members"]) == 5


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("accept", {"content_hash": "x"}, "content_hash"), ("accept", {}, "content_hash"),
        ("decline", {"reason": "because"}, "reason"), ("decline", {}, "reason"),
        ("decline", {"reason": "other", "comment": "\u0007"}, "comment"),
        ("change", {"lead": "nobody"}, "lead"), ("change", {"lead": None}, "lead"),
        ("leave", {"until": "2031-01-01"}, "until"),
    ],
)  # fmt: skip
def test_what_is_not_well_formed_is_refused_with_its_field(verb, body, field, market, client_of):
    giver, *_ = market
    refused = post(client_of(giver.member), Network.objects.get(), verb, {"organisation": str(giver.id)} | body)
    assert (refused.status_code, list(codes(refused))) == (400, [field])


def test_a_token_needs_the_scope(market, client_of):
    giver, *_ = market
    client = client_of(None)
    for scopes, status in (({Scope.MATCHES_READ}, 403), ({Scope.NETWORKS_READ}, 200)):
        _, secret = issue(giver.town, name="t", scopes=scopes, expires_at=None, by=SYSTEM)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        assert client.get(NETWORKS).status_code == status
    network = Network.objects.get()
    assert post(client, network, "conclude").status_code == 403
    _, secret = issue(giver.town, name="t", scopes={Scope.NETWORKS_WRITE}, expires_at=None, by=SYSTEM)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    body = {"organisation": str(giver.id), "content_hash": network.content_hash}
    assert post(client, network, "accept", body).status_code == 200
