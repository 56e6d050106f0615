"""A listing's state goes only the ways of the table: every pair, by rule and through the API."""

from itertools import product

import pytest

from sharing.listings.models import Listing
from sharing.listings.rules import TRANSITIONS
from sharing.listings.terms import State
from tests import factories
from tests.backend.bodies import COMPLETE, codes, url

VERBS = {"publish": State.PUBLISHED, "pause": State.PAUSED, "fulfil": State.FULFILLED, "withdraw": State.WITHDRAWN}


@pytest.mark.parametrize(("old", "verb"), list(product(State, VERBS)))
def test_a_verb_moves_a_listing_or_is_a_conflict(old, verb, alice, client_of):
    listing = factories.drafted(owner=alice.memberships.get().organisation)
    Listing.objects.update(state=old)
    answer = client_of(alice).post(url(listing, f"{verb}/"))
    if VERBS[verb] in TRANSITIONS[old]:
        assert (answer.status_code, answer.json()["state"]) == (200, VERBS[verb])
    else:
        assert (answer.status_code, codes(answer)) == (409, {"state": "illegal_transition"})
        assert Listing.objects.get().state == old


@pytest.mark.parametrize("state", State)
def test_what_is_over_can_no_longer_be_changed(state, alice, client_of):
    listing = factories.drafted(owner=alice.memberships.get().organisation)
    Listing.objects.update(state=state)
    answer = client_of(alice).put(url(listing), COMPLETE, format="json")
    over = state in (State.FULFILLED, State.WITHDRAWN, State.EXPIRED)
    assert answer.status_code == (409 if over else 200)


@pytest.mark.parametrize("state", State)
def test_only_a_draft_can_be_discarded(state, alice, client_of):
    listing = factories.drafted(owner=alice.memberships.get().organisation)
    Listing.objects.update(state=state)
    answer = client_of(alice).delete(url(listing))
    assert answer.status_code == (204 if state == State.DRAFT else 409)
    assert Listing.objects.count() == (0 if state == State.DRAFT else 1)


def test_the_first_day_on_the_market_is_kept_over_a_pause(alice, client_of):
    listing = factories.drafted(owner=alice.memberships.get().organisation)
    client = client_of(alice)
    first = client.post(url(listing, "publish/")).json()["published_at"]
    client.post(url(listing, "pause/"))
    assert client.post(url(listing, "publish/")).json()["published_at"] == first is not None
