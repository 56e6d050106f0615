"""Matches over HTTP: only the two owners, best first, and “not suitable, because …”."""

import pytest

from sharing.actors import SYSTEM
from sharing.events import Event
from sharing.matching.models import Dismissal, Match
from sharing.municipalities.tokens import Scope, issue
from tests import factories
from tests.backend import crowds
from tests.backend.bodies import codes, ids

MATCHES = "/api/v1/matches/"


@pytest.fixture
def match(alice, charlie):
    mine, other = alice.memberships.get().organisation, charlie.memberships.get().organisation
    [made] = crowds.matches(1, requests_of=mine, offers_of=other)
    return made


def dismiss(client, match, **answer):
    return client.post(f"{MATCHES}{match.id}/dismiss/", {"reason": "too_far"} | answer, format="json")


def test_both_owners_see_a_match_and_nobody_else(match, alice, bob, charlie, client_of):
    stranger = factories.member("stranger", of=factories.town("Fremd"))
    assert [ids(client_of(m).get(MATCHES)) == {str(match.id)} for m in (alice, bob, charlie)] == [True] * 3
    assert ids(client_of(stranger).get(MATCHES)) == set()
    assert client_of(stranger).get(f"{MATCHES}{match.id}/").status_code == 404
    assert dismiss(client_of(stranger), match).status_code == 404


def test_a_withdrawn_match_is_not_there(match, alice, client_of):
    Match.objects.update(withdrawn_at=match.found_at)
    assert ids(client_of(alice).get(MATCHES)) == set()
    assert client_of(alice).get(f"{MATCHES}{match.id}/").status_code == 404


def test_matches_come_best_first(alice, charlie, client_of):
    mine, other = alice.memberships.get().organisation, charlie.memberships.get().organisation
    crowds.matches(60, requests_of=mine, offers_of=other)
    scores = [row["score"] for row in crowds.walk(client_of(alice), f"{MATCHES}?page_size=25")]
    assert scores == sorted(scores, reverse=True)


def test_a_dismissal_is_told_to_ones_own_side_only(match, alice, bob, charlie, client_of):
    answer = dismiss(client_of(alice), match, comment="Zu  weit für den Bauhof.")
    assert answer.status_code == 200
    [said] = answer.json()["dismissed"]
    assert (said["reason"], said["comment"]) == ("too_far", "Zu  weit für den Bauhof.")
    assert client_of(bob).get(f"{MATCHES}{match.id}/").json()["dismissed"] == [said]
    assert client_of(charlie).get(f"{MATCHES}{match.id}/").json()["dismissed"] == []
    assert Event.objects.filter(kind="match.dismissed", actor_id=alice.id).count() == 1


def test_a_second_answer_replaces_the_first(match, alice, client_of):
    dismiss(client_of(alice), match)
    dismiss(client_of(alice), match, reason="other")
    assert Dismissal.objects.get().reason == "other"


def test_a_reader_cannot_dismiss(match, bob, client_of):
    assert dismiss(client_of(bob), match).status_code == 403
    assert not Dismissal.objects.exists()


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({"reason": ""}, "reason"), ({"reason": None}, "reason"), ({"reason": "because"}, "reason"),
        ({"reason": 1}, "reason"), ({"comment": "x" * 301}, "comment"), ({"comment": "\u0007"}, "comment"),
        ({"comment": "\u200b"}, "comment"), ({"comment": None}, "comment"), ({"dismissed_by": "x"}, "dismissed_by"),
    ],
)  # fmt: skip
def test_an_answer_needs_a_known_reason(answer, field, match, alice, client_of):
    refused = dismiss(client_of(alice), match, **answer)
    assert (refused.status_code, list(codes(refused))) == (400, [field])
    assert not Dismissal.objects.exists()


@pytest.mark.parametrize(
    ("scopes", "seen", "dismissed"),
    [
        ({Scope.MATCHES_READ}, 200, 403),
        ({Scope.MATCHES_WRITE}, 403, 200),
        ({Scope.LISTINGS_READ, Scope.LISTINGS_WRITE}, 403, 403),
        (set(Scope), 200, 200),
    ],
)
def test_a_token_needs_the_scope(scopes, seen, dismissed, match, alice, client_of):
    town = alice.memberships.get().organisation
    client = client_of(None)
    client.credentials(
        HTTP_AUTHORIZATION="Bearer " + issue(town, name="t", scopes=scopes, expires_at=None, by=SYSTEM)[1]
    )
    assert client.get(MATCHES).status_code == seen
    assert dismiss(client, match).status_code == dismissed


def test_matches_can_be_asked_for_by_listing_and_answer(match, alice, client_of):
    api = client_of(alice)
    other = factories.published(owner=alice.memberships.get().organisation)
    for side in (match.request_id, match.offer_id):
        assert ids(api.get(MATCHES, {"listing": side})) == {str(match.id)}
    assert ids(api.get(MATCHES, {"listing": other.id})) == set()
    both = {
        "true": ids(api.get(MATCHES, {"dismissed": "true"})),
        "false": ids(api.get(MATCHES, {"dismissed": "false"})),
    }
    assert both == {"true": set(), "false": {str(match.id)}}
    dismiss(api, match)
    assert ids(api.get(MATCHES, {"dismissed": "true"})) == {str(match.id)}
    assert ids(api.get(MATCHES, {"dismissed": "false"})) == set()
    assert ids(api.get(MATCHES, {"notify": "true", "partial": "false"})) == {str(match.id)}
    assert ids(api.get(MATCHES, {"notify": "false"})) == ids(api.get(MATCHES, {"partial": "true"})) == set()


@pytest.mark.parametrize("language", ["de", "en"])
def test_reasons_come_in_the_readers_language(language, alice, charlie, client_of, drain):
    factories.published(owner=alice.memberships.get().organisation)
    factories.published(factories.SWEEPING, owner=charlie.memberships.get().organisation)
    drain()
    answer = client_of(alice).get(MATCHES, headers={"Accept-Language": language})
    assert answer["Content-Language"] == language
    assert any("km" in sentence for sentence in answer.json()["results"][0]["in_words"])
