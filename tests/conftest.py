"""What every test may use: people, their clients, and the background work run here and now."""

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation.reloader import translation_file_changed
from rest_framework.test import APIClient

from backend.catalogues import compile_all
from sharing.events import handle_batch
from sharing.municipalities.seats import actor_of_member
from tasks.handlers import HANDLERS
from tests import factories

TODAY = date(2026, 11, 23)


def pytest_configure() -> None:
    for catalogue in compile_all():  # Django may have loaded the old one, or none, while it started
        translation_file_changed(None, catalogue.with_suffix(".mo"))


@pytest.fixture(autouse=True)
def _silent_doorbell(settings):
    """Tests drain events themselves; those about the bell set their own."""
    settings.EVENT_DOORBELL = "tests.doorbells.silent"


@pytest.fixture
def alice(db):
    """Edits for Haingrund, which owns what the tests are about."""
    return factories.member("alice", of=factories.town("Haingrund"))


@pytest.fixture
def bob(alice):
    """Alice's colleague, who only reads."""
    return factories.member("bob", of=alice.memberships.get().organisation, role="reader")


@pytest.fixture
def charlie(db):
    """A stranger: edits for a town in another Land."""
    return factories.member("charlie", of=factories.town("Nordhelle", state="NW", district="Börde", latitude=51.6))


@pytest.fixture
def client_of():
    """An API client that is logged in as a member."""

    def make(member):
        client = APIClient()
        client.force_authenticate(member)
        return client

    return make


@pytest.fixture
def browser_of():
    """A browser's session of a member: cookies, CSRF and all."""

    def make(member):
        client = Client(enforce_csrf_checks=False)
        client.force_login(member)
        return client

    return make


@pytest.fixture
def actor_of():
    return actor_of_member


@pytest.fixture
def drain():
    """Run the background work that is due, here and now."""

    def run(now=None):
        while handle_batch(HANDLERS, now=now or timezone.now()):
            pass

    return run
