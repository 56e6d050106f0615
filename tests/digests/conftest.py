"""Two neighbours with a match, and a post office."""

from datetime import UTC, datetime

import pytest

from sharing.models import Match
from tests import factories
from tests.digests.smtp import post_office


@pytest.fixture
def tuesday():
    """8 o'clock in Berlin, on a Tuesday long after all that the tests do."""
    return datetime(2099, 1, 6, 7, tzinfo=UTC)


@pytest.fixture
def office(settings):
    """Mails go over a real connection to a real server."""
    with post_office() as opened:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", opened.port
        yield opened


@pytest.fixture
def match(alice, drain):
    """Alice's request meets an offer whose town has no members."""
    factories.published(owner=factories.town("Weitental", mailbox="bauhof@weitental.example"))
    factories.published(factories.SWEEPING, owner=alice.memberships.get().organisation)
    drain()
    return Match.objects.get()
