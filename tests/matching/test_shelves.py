"""The market as files: what a matcher finds with them is what it finds without, whatever has changed since."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from sharing.actors import SYSTEM
from sharing.events import emit
from sharing.listings import actions as listings
from sharing.matching import shelves
from sharing.matching.actions import match_listings
from sharing.matching.known import knowledge
from sharing.matching.look import look
from sharing.models import Listing, Match, Organisation
from sharing.regions.actions import import_bundle
from sharing.regions.bundle import read_bundle
from tests import factories
from tests.conftest import TODAY
from tests.factories import SWEEPING

REGION = Path("config/demo/elverland")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(settings, tmp_path):
    settings.SHELF_FOLDER = str(tmp_path / "shelves")
    return tmp_path / "shelves"


@pytest.fixture
def region(folder):
    """Forty listings on file; events are left lying, since nothing here is about them."""
    bundle = read_bundle(REGION, today=date(2026, 11, 23))
    import_bundle(replace(bundle, listings=bundle.listings[:40]), by=SYSTEM, now=timezone.now())
    assert shelves.build()


def live():
    return list(map(str, Listing.objects.live().order_by("id").values_list("id", flat=True)))


def found(ids):
    return sorted(look(ids, knowledge()).rows, key=lambda row: row.pair)


def found_in_rows(ids, settings):
    there, settings.SHELF_FOLDER = settings.SHELF_FOLDER, ""
    try:
        return found(ids)
    finally:
        settings.SHELF_FOLDER = there


def test_one_listing_finds_the_same_in_the_files_as_in_the_rows(region, settings):
    pairs = 0
    for id_ in live():
        on_file = found({id_})
        assert on_file == found_in_rows({id_}, settings)
        pairs += len(on_file)
    assert pairs > 30


def test_several_listings_of_both_directions_find_the_same(region, settings):
    ids = set(live()[::3])
    assert found(ids) == found_in_rows(ids, settings) != []


def test_what_was_published_changed_or_taken_back_since_counts_as_it_is_now(region, settings):
    first, second, third, *_ = (Listing.objects.get(id=id_) for id_ in live())
    listings.withdraw(first.id, by=SYSTEM)
    with transaction.atomic():
        Organisation.objects.filter(id=second.owner_id).update(latitude=40)
        emit("organisation.changed", second.owner_id, by=SYSTEM)
    new = factories.published(SWEEPING, owner=third.owner)
    listings.pause(third.id, by=SYSTEM)
    assert {str(first.id), str(second.id), str(new.id), str(third.id)} <= shelves.shelves().outdated()
    for id_ in live():
        assert found({id_}) == found_in_rows({id_}, settings)


def test_what_was_not_committed_when_they_were_written_is_outdated_afterwards(region, settings):
    published, written = threading.Event(), threading.Event()

    def publish_slowly():
        with transaction.atomic():
            listing = factories.published(SWEEPING)
            published.set()
            written.wait(30)
        connection.close()
        return str(listing.id)

    with ThreadPoolExecutor(1) as other:
        slow = other.submit(publish_slowly)
        assert published.wait(30)
        assert shelves.build()
        written.set()
        late = slow.result()
    assert shelves.shelves().outdated() == {late}
    for id_ in live():
        assert found({id_}) == found_in_rows({id_}, settings)


def test_stored_is_the_same_with_files_and_reasons_are_there(region, settings):
    ids = live()
    for id_ in ids[::4]:
        match_listings([id_], now=timezone.now())
    with_files = _stored()
    assert all(reasons for *_, reasons in with_files)
    Match.objects.all().delete()
    settings.SHELF_FOLDER = ""
    for id_ in ids[::4]:
        match_listings([id_], now=timezone.now())
    assert _stored() == with_files != []


def _stored():
    rows = Match.objects.filter(withdrawn_at=None).order_by("request", "offer")
    return list(rows.values_list("request", "offer", "own", "score", "suggested", "notify", "partial", "reasons"))


def test_new_files_take_from_the_old_ones_what_has_not_changed(region, folder, monkeypatch):
    changed = Listing.objects.live().order_by("id").first()
    listings.revise(changed.id, replace(changed.draft, title="Ganz andere Aufgabe"), by=SYSTEM, today=TODAY)
    read, real = [], shelves.known.read
    monkeypatch.setattr(shelves.known, "read", lambda facts, known: read.extend(facts) or real(facts, known))
    assert shelves.build()
    assert [fact.title for fact in read] == ["Ganz andere Aufgabe"]
    assert shelves.shelves().outdated() == frozenset()


def test_files_of_another_model_or_thesaurus_are_not_used(region, monkeypatch):
    monkeypatch.setattr(shelves.known, "stamp", lambda: "another")
    assert shelves.shelves() is None


def test_two_processes_do_not_write_at_once(region, folder):
    with shelves._alone(folder / "market") as mine:
        assert mine
        assert not shelves.build()
    assert shelves.build()


def test_a_killed_writer_leaves_the_old_files_in_force(region, folder, monkeypatch):
    before = shelves.shelves()

    def killed(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(shelves, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        shelves.build()
    assert shelves.shelves() is before
    monkeypatch.undo()
    assert shelves.build()
    assert len([path for path in (folder / "market").iterdir() if path.is_dir()]) == 2  # now and before


def test_what_else_lies_in_the_folder_stays(region, folder):
    (folder / "backup").mkdir()
    assert shelves.build()
    assert (folder / "backup").is_dir()


def test_files_that_cannot_be_read_are_left_alone_and_made_again(region, folder):
    current = (folder / "market" / "current").read_text()
    (folder / "market" / current / "offer" / "names" / "ids").write_bytes(b"x")
    shelves._loaded.cache_clear()
    assert shelves.shelves() is None
    assert found(live()[:3]) is not None
    assert shelves.build()
    assert shelves.shelves() is not None


def test_files_from_before_a_restore_are_not_used(region, monkeypatch):
    later = replace(shelves.shelves(), seen="99999999:99999999:")
    monkeypatch.setattr(shelves, "_loaded", lambda _: later)
    assert shelves.shelves() is None


@pytest.mark.parametrize(("on_file", "new"), [(factories.SWEEPER, SWEEPING), (SWEEPING, factories.SWEEPER)])
def test_a_market_of_one_direction(db, folder, on_file, new):
    first = factories.published(on_file)
    assert shelves.build()
    second = factories.published(new)
    (row,) = found({str(second.id)})
    assert {*row.pair} == {str(first.id), str(second.id)}
    third = factories.published(on_file)
    assert len(found({str(third.id)})) == 1


def test_a_small_market_needs_no_files(db, settings, tmp_path, monkeypatch):
    settings.SHELF_FOLDER = str(tmp_path)
    factories.published()
    assert shelves.shelves() is None
    assert not shelves.due()
    monkeypatch.setattr(shelves, "NEWER", 0)
    assert shelves.due()
    assert shelves.build()
    assert not shelves.due()
    factories.published(SWEEPING)
    assert shelves.due()
