"""import_bundle: in or out as a whole, again without doubles, and matched like anything else."""

from datetime import date

import pytest
from django.db import IntegrityError
from django.utils import timezone

from sharing.actors import SYSTEM
from sharing.events import Event
from sharing.listings import actions as listings
from sharing.models import Department, Listing, Match, OfficialKey, Organisation
from sharing.regions.actions import import_bundle
from sharing.regions.bundle import read_bundle
from tests import doorbells, factories
from tests.regions.bundles import listing, municipality, write_csv

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TOWN, NEED = municipality(), listing()
NEIGHBOUR = municipality(key="99001002", name="Stadt Buchenau", latitude="50.6", longitude="8.33")
OFFER = listing(ref="O1", municipality="99001002", direction="offer", title="Kompaktkehrmaschine mit Bediener")


@pytest.fixture
def bundle(tmp_path):
    """What a folder with these tables holds."""

    def write(rows=(NEED, OFFER), places=(TOWN, NEIGHBOUR)):
        return read_bundle(write_csv(tmp_path, list(rows), list(places)), today=date(2026, 11, 23))

    return write


def imported(content, **options):
    report = import_bundle(content, by=SYSTEM, now=NOW, **options)
    return {name: count for name in report.__slots__ if (count := getattr(report, name))}


def kinds():
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def test_it_founds_municipalities_and_publishes_their_listings(bundle):
    assert imported(bundle()) == {"municipalities_new": 2, "listings_new": 2}
    town = Organisation.objects.with_key("99001001").get()
    assert (town.name, town.district, town.population) == ("Stadt Lindenau", "Kreis Lohrgrund", 23400)
    [advert] = town.listings.all()
    assert (advert.state, advert.ref, advert.published_at) == ("published", "R1", NOW)
    assert advert.keywords == ["Kehrmaschine", "Bauhof"]
    assert kinds() == ["organisation.registered"] * 2 + ["listing.published"] * 2


def test_what_it_brings_is_matched(bundle, drain):
    imported(bundle())
    drain()
    match = Match.objects.get()
    assert (match.request.ref, match.offer.ref) == ("R1", "O1")


def test_a_second_import_changes_nothing_and_says_nothing(bundle):
    imported(bundle())
    before = kinds()
    assert imported(bundle()) == {"listings_same": 2}
    assert kinds() == before
    assert set(Listing.objects.values_list("version", flat=True)) == {1}


def test_a_changed_row_changes_its_listing_and_is_matched_anew(bundle, drain):
    imported(bundle())
    drain()
    moved = listing(starts_on="2029-04-01", ends_on="2029-10-31")
    assert imported(bundle([moved, OFFER])) == {"listings_changed": 1, "listings_same": 1}
    assert kinds()[-1] == "listing.changed"
    assert Listing.objects.get(ref="R1").version == 2
    drain()
    assert Match.objects.get().withdrawn_at


def test_a_changed_municipality_is_matched_anew(bundle, drain):
    imported(bundle())
    drain()
    far = NEIGHBOUR | {"latitude": "47.5"}
    assert imported(bundle(places=[TOWN, far])) == {"municipalities_changed": 1, "listings_same": 2}
    drain()
    assert Match.objects.get().withdrawn_at


def test_what_has_ended_here_is_not_brought_back(bundle):
    imported(bundle())
    listings.withdraw(Listing.objects.get(ref="O1").id, by=SYSTEM)
    changed = OFFER | {"title": "Neuer Titel"}
    assert imported(bundle([NEED, changed])) == {"listings_same": 1, "listings_ended": 1}
    assert Listing.objects.get(ref="O1").title == OFFER["title"]


def test_what_was_set_here_and_has_no_column_stays(bundle):
    imported(bundle())
    Listing.objects.filter(ref="O1").update(visibility="state", contact="bauhof@buchenau.example")
    imported(bundle([NEED, OFFER | {"quantity": "30"}]))
    advert = Listing.objects.get(ref="O1")
    assert (advert.quantity, advert.visibility, advert.contact) == (30, "state", "bauhof@buchenau.example")


def test_the_same_reference_in_two_municipalities_is_two_listings(bundle):
    assert imported(bundle([listing(ref="1"), OFFER | {"ref": "1"}]))["listings_new"] == 2


def test_departments_are_made_once_whatever_their_letters(bundle):
    rows = [listing(ref=str(n), department=name) for n, name in enumerate(["Bauhof", "BAUHOF", "bauhof", "Kämmerei"])]
    imported(bundle(rows))
    imported(bundle(rows))
    assert sorted(Department.objects.values_list("name", flat=True), key=str.lower)[-1] == "Kämmerei"
    assert Department.objects.count() == 2


def test_a_municipality_that_is_known_by_its_key_is_not_founded_again(bundle):
    town = factories.town("Lindenau", key="99001001")
    assert imported(bundle())["municipalities_changed"] == 1
    town.refresh_from_db()
    assert town.name == "Stadt Lindenau"
    assert OfficialKey.objects.filter(value="99001001").count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_is_in_or_out_as_a_whole(bundle, monkeypatch):
    rings = []
    monkeypatch.setattr(doorbells, "silent", lambda: rings.append(1))

    def fails_at_the_end(*_):
        raise IntegrityError("the disk is full")

    content = bundle()
    with pytest.raises(IntegrityError):
        import_bundle(content, by=SYSTEM, now=NOW, progress=fails_at_the_end)
    assert not Organisation.objects.exists()
    assert not Event.objects.exists()
    assert rings == []


@pytest.mark.django_db(transaction=True)
def test_however_large_it_is_the_bell_rings_once(bundle, monkeypatch):
    rings = []
    monkeypatch.setattr(doorbells, "silent", lambda: rings.append(1))
    imported(bundle([listing(ref=f"R{number}") for number in range(2_100)]))
    assert Listing.objects.count() == 2_100
    assert rings == [1]


@pytest.mark.parametrize("count", [1, 60])
def test_queries_grow_with_blocks_and_not_with_rows(bundle, django_assert_max_num_queries, count):
    content = bundle([listing(ref=f"R{number}") for number in range(count)])
    with django_assert_max_num_queries(22):
        imported(content)


def test_it_tells_how_far_it_is(bundle):
    said = []
    imported(bundle(), progress=lambda *news: said.append(news))
    assert said == [("new", 2, 2)]
