"""Matching everything anew: tiles are shared, none is lost, and nothing changes where nothing has changed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from sharing.actors import SYSTEM
from sharing.listings import actions as listings
from sharing.matching import rebuild
from sharing.matching.rebuild import ask_for_rebuild, rebuild_next
from sharing.models import Event, Listing, Match, Tile
from tests import factories
from tests.factories import SWEEPER, SWEEPING

NOW = timezone.now()


@pytest.fixture
def market(db, drain):
    """Three districts and two half-years, matched as it came in."""
    for number in range(3):
        town = factories.town(district=f"Kreis {number}")
        factories.published(SWEEPER, owner=town)
        factories.published(SWEEPING, owner=factories.town(district=f"Kreis {number}"))
        factories.published(SWEEPING, owner=town, starts_on=SWEEPING.starts_on.replace(month=9))
    drain()


def stored():
    return sorted(Match.objects.values_list("id", "own", "score", "suggested", "notify", "partial", "withdrawn_at"))


def all_tiles():
    count = 0
    while rebuild_next(now=NOW):
        count += 1
    return count


def test_a_rebuild_of_an_unchanged_market_changes_not_a_byte_and_tells_nobody(market):
    before, told = stored(), Event.objects.count()
    assert ask_for_rebuild(now=NOW) == all_tiles() > 3
    assert stored() == before
    assert Event.objects.count() == told


def test_it_finds_what_somebody_has_broken(market):
    before = stored()
    Match.objects.update(own=-9, score=0.01, notify=False)
    ask_for_rebuild(now=NOW)
    all_tiles()
    assert stored() == before


def test_asking_twice_doubles_no_tile(market):
    assert ask_for_rebuild(now=NOW) == ask_for_rebuild(now=NOW) == Tile.objects.count()


def test_a_matcher_that_fails_leaves_its_tile_to_the_next(market, monkeypatch):
    ask_for_rebuild(now=NOW)
    waiting = Tile.objects.open().count()
    with monkeypatch.context() as broken:
        broken.setattr(rebuild, "match_listings", _fail)
        with pytest.raises(RuntimeError):
            rebuild_next(now=NOW)
    assert Tile.objects.open().count() == waiting == all_tiles()


def _fail(*_arguments, **_options):
    raise RuntimeError


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_tiles_and_each_is_done_once(drain):
    for number in range(6):
        town = factories.town(district=f"Kreis {number}")
        factories.published(SWEEPER, owner=town)
        factories.published(SWEEPING, owner=factories.town(district=f"Kreis {number}"))
    drain()
    before, waiting = stored(), ask_for_rebuild(now=NOW)

    def work():
        try:
            return all_tiles()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = [work.result(60) for work in [pool.submit(work), pool.submit(work)]]
    assert sum(done) == waiting
    assert stored() == before


def test_what_has_left_the_market_is_no_part_of_it(market):
    for id_ in Listing.objects.live().order_by("id").values_list("id", flat=True):
        listings.withdraw(id_, by=SYSTEM)
    assert ask_for_rebuild(now=NOW) == 0
