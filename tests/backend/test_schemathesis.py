"""The API against its own description: what schemathesis makes up, three kinds of callers send to a real server."""

import os

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from sharing.actors import SYSTEM
from sharing.listings.models import Listing
from sharing.matching.models import Match
from sharing.municipalities.tokens import Scope, issue
from sharing.taxonomy.models import Category
from tests import factories
from tests.backend import crowds

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "4"))  # for each operation, kind of data and caller
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of libraries below schemathesis
]


@pytest.fixture
def market(alice):
    """Something for Alice in every state, so that ids found in answers lead somewhere."""
    assert Category.objects.exists()
    town, other = alice.memberships.get().organisation, factories.town("Nordhelle", state="NW")
    alice.memberships.update(role=3)
    town.departments.create(name="Bauhof")
    for _n in range(3):
        factories.drafted(owner=town)
        factories.published(owner=town)
    crowds.matches(3, requests_of=town, offers_of=other)
    return town


@pytest.fixture
def callers(market, alice):
    """Headers of a person with a session, of a program with a token, and of nobody."""
    browser = Client()
    browser.force_login(alice)
    token = "c" * 32
    session = f"sessionid={browser.cookies['sessionid'].value}; csrftoken={token}"
    _token, secret = issue(market, name="t", scopes=set(Scope), expires_at=None, by=SYSTEM)
    return {
        "session": {"Cookie": session, "X-CSRFToken": token},
        "token": {"Authorization": f"Bearer {secret}"},
        "anonymous": {},
    }


def known(case, listings, matches):
    """Random ids are all unknown; every other call is for one that is there."""
    rows = {"listings": listings, "matches": matches}.get(case.path.split("/")[3])
    if rows and "id" in case.path_parameters and len(str(case.body)) % 2:
        case.path_parameters["id"] = rows[len(str(case.body)) % len(rows)]


@pytest.mark.parametrize("who", ["session", "token", "anonymous"])
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_the_api_keeps_to_its_description(who, mode, callers, live_server):
    schema = schemathesis.openapi.from_url(f"{live_server.url}/api/schema/")
    listings = [str(pk) for pk in Listing.objects.values_list("id", flat=True)]
    matches = [str(pk) for pk in Match.objects.values_list("id", flat=True)]
    checks = [*CHECKS, negative_data_rejection] if mode == "negative" and who == "token" else CHECKS
    called = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @seed(1)
        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
        def call_it(case):
            nonlocal called
            called += 1
            if mode == "positive":  # an id that is wrong on purpose stays so
                known(case, listings, matches)
            case.call_and_validate(headers=callers[who], checks=checks)

        call_it()
    assert called >= 23
