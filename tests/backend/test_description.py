"""The API's description: valid, complete, and shown on a page that loads nothing from outside."""

import re

import jsonschema_rs
import pytest
from django.contrib.staticfiles import finders
from drf_spectacular.validation import validate_schema

from tests.backend.test_every_address import EVERYTHING

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


@pytest.fixture
def described(client, db):
    return client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()


@pytest.fixture
def operations(described):
    return {(path, method): one for path, methods in described["paths"].items() for method, one in methods.items()}


def test_it_is_valid_openapi_3_1(described):
    assert described["openapi"].startswith("3.1")
    validate_schema(described)
    for schema in described["components"]["schemas"].values():
        jsonschema_rs.Draft202012Validator(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "components": described["components"]}
        )


def test_it_names_every_address_and_no_other(operations):
    shown = {(re.sub(r"<\w+:pk>", "{id}", route), method) for route, method in EVERYTHING}
    assert {(re.sub(r"\{\w+\}", "{id}", path), method) for path, method in operations} == shown


def test_every_operation_says_what_it_answers_when_it_refuses(operations):
    for (path, method), operation in operations.items():
        refusals = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert {"400", "401", "403", "406", "414", "503"} <= set(refusals), (path, method)
        assert "404" in refusals or "{" not in path, (path, method)
        assert method == "get" or {"409", "422"} <= set(refusals), (path, method)
        for answer in refusals.values():
            assert answer["content"] == PROBLEM
            assert answer["description"]


def test_every_operation_asks_for_a_session_or_a_token(described, operations):
    assert all(
        operation["security"] == [{"organisationToken": []}, {"cookieAuth": []}] for operation in operations.values()
    )
    schemes = described["components"]["securitySchemes"]
    assert {(s["type"], s.get("scheme", s.get("in"))) for s in schemes.values()} == {
        ("http", "bearer"),
        ("apiKey", "cookie"),
    }


def test_every_list_tells_its_filters_and_pages(operations):
    for (path, method), operation in operations.items():
        if method == "get" and "{" not in path and not path.endswith("/me/"):
            names = {parameter["name"] for parameter in operation["parameters"]}
            assert {"cursor", "page_size"} <= names, path


def test_what_is_sent_may_hold_no_unknown_fields(described):
    sent = [one for name, one in described["components"]["schemas"].items() if name.endswith("Request")]
    assert len(sent) >= 7
    assert all(one["additionalProperties"] is False for one in sent)


def test_ids_and_pages_can_be_followed(operations):
    listing = operations["/api/v1/listings/{id}/", "patch"]
    assert {p["name"] for p in listing["parameters"]} == {"id", "If-Match"}
    assert "ETag" in listing["responses"]["200"]["headers"]
    assert "412" in listing["responses"]


@pytest.mark.django_db
def test_the_docs_page_loads_nothing_from_outside_and_keeps_its_own_policy(client):
    page = client.get("/api/docs/")
    assert page.status_code == 200
    html, policy = page.content.decode(), page["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", html), "inline script"
    assert not re.search(r"<style|\sstyle=|\son\w+=", html), "inline style or handler"
    loaded = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(loaded) >= 4
    assert all((link.startswith("/") and not link.startswith("//")) or link == "data:," for link in loaded), loaded


@pytest.mark.django_db
def test_the_docs_pages_script_names_our_schema_only(client):
    [script] = [s for s in re.findall(r'src="([^"]+)"', client.get("/api/docs/").content.decode()) if "script" in s]
    answer = client.get(script.replace("&amp;", "&"))
    assert answer.status_code == 200
    assert "javascript" in answer["Content-Type"]
    assert b"/api/schema/" in answer.content
    assert not re.search(rb"https?://(?!localhost|testserver)", answer.content)


@pytest.mark.django_db
def test_the_files_of_the_docs_page_are_ours(client):
    for link in re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get("/api/docs/").content.decode()):
        assert finders.find(link.removeprefix("/static/")), link
