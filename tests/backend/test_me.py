"""Who am I, and the settings that only I may change."""

import pytest

from sharing.actors import SYSTEM
from sharing.municipalities.tokens import Scope, issue
from tests import factories
from tests.backend.bodies import codes

ME = "/api/v1/me/"


def change(client, **settings):
    return client.patch(ME, settings, format="json")


def test_a_member_is_told_their_seats_and_settings(alice, client_of):
    town = alice.memberships.get().organisation
    village = factories.town("Weiler", administered_by=town)
    answer = client_of(alice).get(ME).json()
    assert (answer["member"], answer["token"], answer["scopes"]) == (str(alice.id), None, None)
    assert answer["seats"] == [
        {"organisation": str(town.id), "role": "editor"},
        {"organisation": str(village.id), "role": "editor"},
    ]
    assert answer["digest"] == {"period": "weekly", "weekday": 2, "hour": 8}


def test_language_and_zone_change_one_at_a_time(alice, client_of):
    api = client_of(alice)
    assert change(api, language="en").json()["language"] == "en"
    answer = change(api, time_zone="Atlantic/Azores").json()
    assert (answer["language"], answer["time_zone"]) == ("en", "Atlantic/Azores")
    alice.refresh_from_db()
    assert (alice.language, alice.time_zone) == ("en", "Atlantic/Azores")


def test_a_part_of_the_digest_changes_alone(alice, client_of):
    api = client_of(alice)
    assert change(api, digest={"hour": 17}).json()["digest"] == {"period": "weekly", "weekday": 2, "hour": 17}
    assert change(api, digest={"period": "never"}).json()["digest"]["period"] == "never"
    assert api.get(ME).json()["digest"] == {"period": "never", "weekday": 2, "hour": 17}


@pytest.mark.parametrize(
    ("sent", "field", "status"),
    [
        ({"language": "fr"}, "language", 400), ({"language": None}, "language", 400),
        ({"time_zone": "Europe/Nirgends"}, "time_zone", 422), ({"time_zone": "../../etc/passwd"}, "time_zone", 400),
        ({"time_zone": ""}, "time_zone", 400), ({"digest": {"hour": 24}}, "digest.hour", 400),
        ({"digest": {"weekday": 0}}, "digest.weekday", 400), ({"digest": {"hour": "8"}}, "digest.hour", 400),
        ({"digest": {"hour": True}}, "digest.hour", 400), ({"digest": None}, "digest", 400),
        ({"digest": []}, "digest", 400), ({"digest": {"minute": 1}}, "digest.minute", 400),
        ({"email": "x@y.example"}, "email", 400), ({"is_staff": True}, "is_staff", 400),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(sent, field, status, alice, client_of):
    answer = change(client_of(alice), **sent)
    assert (answer.status_code, list(codes(answer))) == (status, [field])


def test_a_token_is_told_its_scopes_and_has_no_profile(alice, client_of):
    town = alice.memberships.get().organisation
    token, secret = issue(town, name="Bauhof-Programm", scopes={Scope.MATCHES_READ}, expires_at=None, by=SYSTEM)
    program = client_of(None)
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert program.get(ME).json() == {
        "member": None, "token": str(token.id), "name": "Bauhof-Programm", "email": None, "scopes": ["matches:read"],
        "seats": [{"organisation": str(town.id), "role": "reader"}],
        "language": None, "time_zone": None, "digest": None,
    }  # fmt: skip
    assert change(program, language="en").status_code == 403
