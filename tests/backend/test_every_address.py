"""Every address under /api/v1/, taken from the resolver so that a new one cannot be forgotten."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver

from sharing.actors import SYSTEM
from sharing.matching.models import Dismissal, Match
from sharing.municipalities.tokens import Scope, issue
from sharing.taxonomy.models import Concept
from tests import factories
from tests.backend import crowds

UNKNOWN = "01920000-0000-7000-8000-000000000000"
DIRECTORY = {"organisations", "departments", "categories", "concepts"}  # open to all members


def patterns(urls, before=""):
    for url in urls:
        route = before + str(url.pattern)
        yield from [(route, url.callback)] if isinstance(url, URLPattern) else patterns(url.url_patterns, route)


def addresses():
    """(route, method) of everything the API answers."""
    for route, view in patterns(get_resolver().url_patterns):
        if route.startswith("api/v1/"):
            methods = getattr(view, "actions", None) or {"get": "", "patch": ""}
            yield from ((f"/{route}", method) for method in methods if method != "head")


OF_NETWORKS = {
    "accept": {"organisation": UNKNOWN, "content_hash": "0" * 64},
    "decline": {"organisation": UNKNOWN, "reason": "other"},
    "change": {"organisation": UNKNOWN, "lead": UNKNOWN},
    "join": {"listing": UNKNOWN},
    "leave": {"organisation": UNKNOWN},
    "declare": {"organisation": UNKNOWN},
    "groups": {"name": "Technik", "organisations": []},
}
EVERYTHING = sorted(addresses())
LISTS = sorted({route for route, method in EVERYTHING if method == "get" and "<" not in route and "/me/" not in route})
ROWS = [(route, method) for route, method in EVERYTHING if "<" in route]


def filled(route, pk):
    return re.sub(r"<\w+:pk>", str(pk), route)


@pytest.fixture
def hidden(alice):
    """What only Alice's town may see: a draft, and a match with a third town's offer."""
    town = alice.memberships.get().organisation
    third = factories.town("Dritt")
    crowds.matches(1, requests_of=town, offers_of=third)
    [network] = crowds.networks(1, of=(town, third))
    return {"listings": factories.drafted(owner=town).id, "matches": Match.objects.get().id, "networks": network.id}


def test_the_walk_knows_the_whole_api():
    assert len(EVERYTHING) >= 23
    assert len(LISTS) >= 5


@pytest.mark.parametrize(("route", "method"), EVERYTHING)
@pytest.mark.parametrize("pk", ["own", UNKNOWN])
def test_nobody_gets_in_without_a_name(route, method, pk, hidden, client_of):
    pk = hidden.get(route.split("/")[3], UNKNOWN) if pk == "own" else pk
    answer = getattr(client_of(None), method)(filled(route, pk), {} if method == "get" else None, format="json")
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("route", "method"), ROWS)
def test_to_a_stranger_what_is_not_meant_for_them_is_not_there(route, method, hidden, charlie, client_of):
    noun = route.split("/")[3]
    if noun not in hidden:
        assert noun in DIRECTORY, "a new kind of row: say who may see it"
    pk = hidden.get(noun, "XXX" if noun == "categories" else UNKNOWN)
    body = {"title": "Meins", "name": "Bauhof", "reason": "other", "term": "bDSB"}
    names = {"listings": ["title"], "matches": ["reason"], "concepts": ["term"]}.get(noun, ["name"])
    sent = OF_NETWORKS.get(route.split("/")[5], {}) if noun == "networks" else {name: body[name] for name in names}
    if method == "put" and noun == "listings":
        sent |= {"direction": "offer", "resource": "project", "category": "BAU"}
    answer = getattr(client_of(charlie), method)(filled(route, pk), *([] if method == "get" else [sent]), format="json")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.json()


@pytest.mark.parametrize("route", LISTS)
def test_a_list_shows_a_stranger_nothing_of_it(route, hidden, charlie, client_of):
    rows = client_of(charlie).get(route).json()["results"]
    assert not {row.get("id") for row in rows} & {str(pk) for pk in hidden.values()}


@pytest.mark.parametrize("route", LISTS)
def test_somebody_without_a_seat_sees_nothing_at_all(route, hidden, client_of):
    assert client_of(factories.member("nora")).get(route).json()["results"] == []


@pytest.mark.parametrize("route", LISTS)
@pytest.mark.parametrize("who", ["member", "token"])
def test_a_list_asks_the_same_questions_for_1_10_and_100_rows(route, who, alice, charlie, client_of, browser_of):
    town, other = alice.memberships.get().organisation, charlie.memberships.get().organisation
    if who == "token":
        client = client_of(None)
        client.credentials(
            HTTP_AUTHORIZATION="Bearer " + issue(town, name="t", scopes=set(Scope), expires_at=None, by=SYSTEM)[1]
        )
    else:
        client = browser_of(alice)
    fill(town, other)
    client.get(route)  # the token's day of last use, the session
    counts = {}
    for size in (1, 10, 100):
        with CaptureQueriesContext(connection) as captured:
            counts[len(client.get(f"{route}?page_size={size}").json()["results"])] = len(captured)
    assert set(counts) == ({1, 10, 24} if "categories" in route else {1, 10, 100})
    assert len(set(counts.values())) == 1, counts
    assert max(counts.values()) <= 8


def fill(town, other):
    units = [town.departments.create(name=f"Amt {n}", mailbox=f"amt{n}@t.example") for n in range(100)]
    crowds.towns(100)
    Concept.objects.bulk_create(Concept(term=f"Begriff {n}") for n in range(100))
    named = crowds.listings(5, owner=town, visibility="named", department=units[0])
    for listing in named:
        listing.audience.set([town, other])
    crowds.matches(110, requests_of=town, offers_of=other)
    for match in Match.objects.all()[:50]:
        Dismissal.objects.create(match=match, organisation=town, reason="other", dismissed_at=match.found_at)
    crowds.listings(100, owner=other)
    crowds.networks(110, of=(town, other))
