"""Every refusal is a problem document (RFC 9457), whoever refuses."""

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError
from django.test import Client
from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled

from sharing.listings.models import Listing
from tests import factories
from tests.backend.bodies import GAPPY, LISTINGS

PROBLEM = "application/problem+json"


@pytest.fixture
def browser(alice):
    made = Client(raise_request_exception=False)
    made.force_login(alice)
    return made


def said(answer):
    assert answer["Content-Type"] == PROBLEM
    problem = answer.json()
    assert problem["type"] == f"urn:allmende:problem:{problem['code']}"
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["title"], problem["code"]


def test_an_unknown_address(browser, client):
    assert said(browser.get("/api/v1/nothing/")) == (404, "Not Found", "not_found")
    assert said(client.get("/api/nothing")) == (404, "Not Found", "not_found")


def test_a_method_that_is_not_there(browser):
    answer = browser.delete(LISTINGS)
    assert said(answer) == (405, "Method Not Allowed", "method_not_allowed")
    assert set(answer["Allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_an_answer_of_another_kind(browser):
    assert said(browser.get(LISTINGS, headers={"Accept": "text/csv"})) == (406, "Not Acceptable", "not_acceptable")


def test_a_body_that_is_too_large(browser):
    answer = browser.post(LISTINGS, b" " * 1_000_001, content_type="application/json")
    assert said(answer) == (413, "Request Entity Too Large", "too_large")


def test_an_address_that_is_too_long(browser):
    assert said(browser.get(LISTINGS + "?search=" + "x" * 9_000)) == (414, "Request-URI Too Long", "too_long")


def test_a_body_of_another_kind(browser):
    answer = browser.post(LISTINGS, "title: x", content_type="application/yaml")
    assert said(answer) == (415, "Unsupported Media Type", "unsupported_media_type")


def test_json_that_is_none(browser):
    assert said(browser.post(LISTINGS, "{", content_type="application/json")) == (400, "Bad Request", "parse_error")


def test_a_form_is_not_read_not_even_for_its_csrf_token(alice):
    checked = Client(enforce_csrf_checks=True)
    checked.force_login(alice)
    checked.cookies["csrftoken"] = token = "a" * 32
    many = f"csrfmiddlewaretoken={token}&" + "&".join(f"a{n}=1" for n in range(500))
    for body, kind in [(b"x", "multipart/form-data; boundary=\xff"), (many, "application/x-www-form-urlencoded")]:
        assert said(checked.post(LISTINGS, body, content_type=kind))[0] == 415


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_without_its_slash_an_address_is_sent_on_with_its_method(method, browser):
    answer = getattr(browser, method)("/api/v1/listings?page_size=1")
    assert (answer.status_code, answer["Location"]) == (308, "/api/v1/listings/?page_size=1")


@pytest.mark.parametrize("language", ["de", "en"])
def test_sentences_come_in_the_readers_language_and_codes_do_not(language, browser):
    answer = browser.post(
        LISTINGS, GAPPY | {"owner": "x"}, content_type="application/json", headers={"Accept-Language": language}
    )
    assert (answer["Content-Language"], answer.json()["code"]) == (language, "invalid")
    assert "Accept-Language" in answer["Vary"]


def caused(kind, by):
    error = kind("trouble")
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (caused(OperationalError, LockNotAvailable()), 409, "busy"),
        (caused(OperationalError, DeadlockDetected()), 409, "busy"),
        (caused(OperationalError, QueryCanceled()), 503, "unavailable"),
        (OperationalError("gone"), 503, "unavailable"),
        (InterfaceError("closed"), 503, "unavailable"),
        (IntegrityError("unforeseen"), 409, "conflict"),
        (OverflowError(), 400, "value_out_of_range"),
    ],
)
def test_trouble_with_the_database(error, status, code, browser, monkeypatch):
    def fail(*_args, **_kwargs):
        raise error

    monkeypatch.setattr("sharing.listings.actions.draft", fail)
    owner = str(Listing.objects.model.owner.field.related_model.objects.get().id)
    answer = browser.post(LISTINGS, GAPPY | {"owner": owner}, content_type="application/json")
    assert said(answer)[::2] == (status, code)
    assert answer.has_header("Retry-After") == (status == 503)


def test_a_fault_of_ours_is_a_500_that_tells_nothing(browser, monkeypatch, alice):
    def fail(*_args, **_kwargs):
        raise KeyError("secret detail")

    monkeypatch.setattr("sharing.listings.actions.publish", fail)
    listing = factories.drafted(owner=alice.memberships.get().organisation)
    answer = browser.post(f"{LISTINGS}{listing.id}/publish/")
    assert (answer.status_code, answer["Content-Type"]) == (500, PROBLEM)
    assert b"secret" not in answer.content
