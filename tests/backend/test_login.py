"""Who is let in: sessions with their CSRF token, and tokens of organisations with scope and expiry."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from sharing.actors import SYSTEM
from sharing.events import Event
from sharing.listings.models import Listing
from sharing.municipalities import tokens
from sharing.municipalities.tokens import ApiToken, Scope
from tests import factories
from tests.backend.bodies import GAPPY, LISTINGS, ids

ME = "/api/v1/me/"
PASSWORD = "vier zufällige Wörter hier"


@pytest.fixture
def town(alice):
    return alice.memberships.get().organisation


@pytest.fixture
def issued(town):
    def issue(*scopes, expires_at=None):
        return tokens.issue(town, name="Fachverfahren", scopes=set(scopes), expires_at=expires_at, by=SYSTEM)

    return issue


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def test_a_session_from_the_login_page_opens_the_api(alice):
    alice.set_password(PASSWORD)
    alice.save()
    browser = Client(enforce_csrf_checks=True)
    page = browser.get("/login/")
    token = page.context["csrf_token"]
    form = {"username": alice.email, "password": PASSWORD, "csrfmiddlewaretoken": str(token)}
    assert browser.post("/login/", form).status_code == 302
    assert browser.get(ME).json()["member"] == str(alice.id)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_session_without_the_csrf_token_cannot_write(method, alice, town):
    listing = factories.drafted(owner=town)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    address = LISTINGS if method == "post" else f"{LISTINGS}{listing.id}/"
    answer = getattr(browser, method)(address, GAPPY | {"owner": str(town.id)}, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert "CSRF" in answer.json()["detail"]
    assert Listing.objects.count() == 1


def test_a_session_with_the_csrf_token_writes(alice, town):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    token = "a" * 32
    browser.cookies["csrftoken"] = token
    answer = browser.post(
        LISTINGS, GAPPY | {"owner": str(town.id)}, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert answer.status_code == 201


def test_a_token_needs_no_csrf_token(issued, town):
    _token, secret = issued(Scope.LISTINGS_WRITE)
    program = Client(enforce_csrf_checks=True, headers=bearer(secret))
    answer = program.post(LISTINGS, GAPPY | {"owner": str(town.id)}, content_type="application/json")
    assert answer.status_code == 201


def test_a_bad_token_is_not_mended_by_a_good_session(alice, browser_of):
    assert browser_of(alice).get(ME, headers=bearer("alm_wrong")).status_code == 401


def test_a_member_who_has_been_switched_off_is_out_with_the_next_request(alice, browser_of):
    browser = browser_of(alice)
    assert browser.get(ME).status_code == 200
    type(alice).objects.filter(id=alice.id).update(is_active=False)
    assert browser.get(ME).status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "Bearer", "Bearer ", "Bearer alm_", "Bearer wrong", "bearer \u00e4\u00f6\u00fc", "Bearer a b", "Bearer \x7f",
        "Bearer " + "a" * 7_000, "Token alm_x", "Basic YTpi", "alm_x", "Bearer\talm_x", ",", "Bearer None",
    ],
)  # fmt: skip
def test_what_is_no_token_opens_nothing(header, alice, client):
    answer = client.get(ME, headers={"Authorization": header})
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_revoked_expired_and_unknown_tokens_get_the_same_answer(issued, client):
    now = timezone.now()
    expired, revoked = issued(Scope.LISTINGS_READ, expires_at=now), issued(Scope.LISTINGS_READ)
    tokens.revoke(revoked[0], by=SYSTEM, now=now)
    answers = [client.get(ME, headers=bearer(s)) for s in (expired[1], revoked[1], "alm_" + "x" * 43)]
    assert [answer.status_code for answer in answers] == [401] * 3
    assert len({answer.content for answer in answers}) == 1


def test_a_token_works_until_the_moment_it_expires(issued, client, time_machine):
    end = timezone.now() + timedelta(days=1)
    _token, secret = issued(Scope.LISTINGS_READ, expires_at=end)
    time_machine.move_to(end - timedelta(seconds=1), tick=False)
    assert client.get(ME, headers=bearer(secret)).status_code == 200
    time_machine.move_to(end, tick=False)
    assert client.get(ME, headers=bearer(secret)).status_code == 401


def test_the_day_of_last_use_is_noted_once_a_day(issued, client, django_assert_num_queries):
    token, secret = issued(Scope.LISTINGS_READ)
    client.get(ME, headers=bearer(secret))
    token.refresh_from_db()
    assert token.last_used_on == timezone.now().date()
    with django_assert_num_queries(2):  # the token, the municipalities it stands for
        client.get(ME, headers=bearer(secret))


def test_a_refused_token_leaves_no_mark(issued, client):
    token, secret = issued(Scope.LISTINGS_READ, expires_at=timezone.now())
    client.get(ME, headers=bearer(secret))
    assert ApiToken.objects.get(id=token.id).last_used_on is None


NOUNS = {"organisations": "organisations", "departments": "organisations", "categories": "organisations",
         "concepts": "organisations",          "listings": "listings", "matches": "matches"}  # fmt: skip


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("scope", Scope)
def test_a_token_reads_what_its_scope_names_and_nothing_else(noun, scope, issued, client):
    _token, secret = issued(scope)
    answer = client.get(f"/api/v1/{noun}/", headers=bearer(secret))
    assert answer.status_code == (200 if scope == f"{NOUNS[noun]}:read" else 403)


def test_a_token_sees_what_its_organisation_sees(issued, town, charlie, client):
    own, foreign = factories.drafted(owner=town), factories.drafted(owner=charlie.memberships.get().organisation)
    _token, secret = issued(Scope.LISTINGS_READ)
    seen = ids(client.get(LISTINGS, headers=bearer(secret)))
    assert str(own.id) in seen
    assert str(foreign.id) not in seen


def test_the_events_name_the_token_that_wrote(issued, town, client):

    token, secret = issued(Scope.LISTINGS_WRITE)
    client.post(LISTINGS, GAPPY | {"owner": str(town.id)}, content_type="application/json", headers=bearer(secret))
    event = Event.objects.get(kind="listing.drafted")
    assert (event.token_id, event.actor_id) == (token.id, None)


def test_what_one_may_see_is_not_left_in_caches(alice, client_of):
    assert client_of(alice).get(LISTINGS)["Cache-Control"] == "private, no-store"
