"""What has outlived its window leaves the market."""

from datetime import date, timedelta

import pytest

from sharing.actors import SYSTEM
from sharing.events import Event
from sharing.listings import actions
from tests import factories

LAST = date(2031, 11, 30)  # of the factories' window


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["published", "paused"])
def test_the_last_day_is_still_a_day_on_the_market(state):
    listing = factories.published()
    type(listing).objects.update(state=state)
    assert actions.expire(today=LAST, by=SYSTEM) == 0
    assert actions.expire(today=LAST + timedelta(days=1), by=SYSTEM) == 1
    listing.refresh_from_db()
    assert (listing.state, listing.version) == ("expired", 3)
    assert Event.objects.filter(kind="listing.expired", subject_id=listing.id).count() == 1
    assert actions.expire(today=LAST + timedelta(days=2), by=SYSTEM) == 0


@pytest.mark.django_db
def test_the_day_of_expiry_ends_a_listing_before_its_window():
    factories.published(expires_on=date(2030, 1, 1))
    assert actions.expire(today=date(2030, 1, 1), by=SYSTEM) == 0
    assert actions.expire(today=date(2030, 1, 2), by=SYSTEM) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["draft", "fulfilled", "withdrawn"])
def test_what_is_not_on_the_market_does_not_expire(state):
    listing = factories.published()
    type(listing).objects.update(state=state)
    assert actions.expire(today=date(2040, 1, 1), by=SYSTEM) == 0
