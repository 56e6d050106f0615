"""From a first draft to publication: gaps, changes, and two people at once."""

import pytest

from sharing.events import Event
from sharing.listings.models import Listing
from tests import factories
from tests.backend.bodies import COMPLETE, GAPPY, LISTINGS, codes, url


@pytest.fixture
def town(alice):
    return alice.memberships.get().organisation


@pytest.fixture
def api(alice, client_of):
    return client_of(alice)


def drafted(api, town, **changes):
    answer = api.post(LISTINGS, GAPPY | {"owner": str(town.id)} | changes, format="json")
    assert answer.status_code == 201, answer.json()
    return Listing.objects.get(id=answer.json()["id"])


def test_a_draft_may_have_gaps_and_publishing_names_all_of_them_at_once(api, town):
    draft = drafted(api, town, resource="project", visibility="named")
    answer = api.post(url(draft, "publish/"))
    assert answer.status_code == 422
    assert codes(answer) == dict.fromkeys(["starts_on", "ends_on", "benefit", "audience"], "missing")
    assert Listing.objects.get().state == "draft"


def test_what_contradicts_itself_is_told_at_once_even_in_a_draft(api, town):
    wrong = {
        "title": "Zweimal", "quantity": 5, "starts_on": "2031-05-01", "ends_on": "2031-04-01",
        "level": "expert", "partner_kinds": ["science"], "category": "XXX",
    }  # fmt: skip
    answer = api.post(LISTINGS, GAPPY | wrong | {"owner": str(town.id)}, format="json")
    assert answer.status_code == 422
    assert set(codes(answer)) == {"unit", "ends_on", "level", "partner_kinds"}
    assert not Listing.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("category", "XXX"), ("department", 1), ("audience", [2]), ("department", 3)]
)
def test_what_a_listing_points_to_must_exist(field, value, api, town, charlie):
    unknown = "01920000-0000-7000-8000-000000000000"
    foreign = charlie.memberships.get().organisation.departments.create(name="Bauhof")
    value = {1: unknown, 3: str(foreign.id)}.get(value, value) if isinstance(value, int) else value
    value = [unknown] if value == [2] else value
    more = {"visibility": "named"} if field == "audience" else {}
    answer = api.post(LISTINGS, GAPPY | more | {"owner": str(town.id), field: value}, format="json")
    assert (answer.status_code, codes(answer)) == (422, {field: "unknown"})


def test_a_patch_changes_only_what_is_sent(api, town):
    draft = drafted(api, town, keywords=["a", "b"], quantity=5, unit="days")
    answer = api.patch(url(draft), {"title": "  Kehrmaschine, neu  "}, format="json")
    assert answer.status_code == 200
    assert {k: answer.json()[k] for k in ("title", "keywords", "quantity", "unit", "version")} == {
        "title": "Kehrmaschine, neu", "keywords": ["a", "b"], "quantity": "5.00", "unit": "days", "version": 2,
    }  # fmt: skip


def test_a_put_takes_back_what_is_not_sent(api, town):
    draft = drafted(api, town, keywords=["a"], quantity=5, unit="days")
    answer = api.put(url(draft), GAPPY, format="json")
    assert {k: answer.json()[k] for k in ("keywords", "quantity", "unit")} == {
        "keywords": [], "quantity": None, "unit": None,
    }  # fmt: skip
    assert api.put(url(draft), {"title": "Nur der Titel"}, format="json").status_code == 400


def test_what_is_on_the_market_stays_complete(api, town):
    listing = factories.published(owner=town)
    answer = api.patch(url(listing), {"starts_on": None}, format="json")
    assert (answer.status_code, codes(answer)) == (422, {"starts_on": "missing"})
    answer = api.patch(url(listing), {"expires_on": "2020-01-01"}, format="json")
    assert (answer.status_code, codes(answer)) == (422, {"expires_on": "already_over"})


def test_saying_the_same_again_changes_nothing(api, town, charlie):
    other = charlie.memberships.get().organisation
    named = sorted([str(town.id), str(other.id)])
    draft = drafted(api, town, visibility="named", audience=named)
    events = Event.objects.count()
    answer = api.patch(url(draft), {"audience": [named[1], named[0], named[1]]}, format="json")
    assert (answer.json()["version"], answer.json()["audience"]) == (1, named)
    assert Event.objects.count() == events


@pytest.mark.parametrize("method", ["patch", "put", "delete", "publish"])
def test_a_stale_etag_gets_412_and_changes_nothing(method, api, town):
    draft = drafted(api, town)
    seen = api.get(url(draft))["ETag"]
    assert seen == '"1"'
    assert api.patch(url(draft), {"title": "Anders"}, format="json", headers={"If-Match": seen})["ETag"] == '"2"'
    calls = {
        "patch": lambda: api.patch(url(draft), {"title": "Spät"}, format="json", headers={"If-Match": seen}),
        "put": lambda: api.put(url(draft), COMPLETE, format="json", headers={"If-Match": seen}),
        "delete": lambda: api.delete(url(draft), headers={"If-Match": seen}),
        "publish": lambda: api.post(url(draft, "publish/"), headers={"If-Match": seen}),
    }
    answer = calls[method]()
    assert (answer.status_code, answer.json()["code"]) == (412, "stale")
    assert Listing.objects.get().title == "Anders"


@pytest.mark.parametrize("tag", ["", "1", '"', '"1', 'W/"1"', '"abc"', '"-1"', '"1", "2"', '"' + "9" * 40 + '"', '"٣"'])
def test_an_if_match_that_is_no_etag_of_ours_is_refused(tag, api, town):
    answer = api.patch(url(drafted(api, town)), {"title": "X"}, format="json", headers={"If-Match": tag})
    assert answer.status_code == 400


@pytest.mark.parametrize("tag", ['"0"', '"2"', '"999999999999999999"'])
def test_another_version_is_stale_whatever_its_number(tag, api, town):
    answer = api.patch(url(drafted(api, town)), {"title": "X"}, format="json", headers={"If-Match": tag})
    assert answer.status_code == 412


def test_a_star_matches_whatever_is_there(api, town):
    answer = api.patch(url(drafted(api, town)), {"title": "X"}, format="json", headers={"If-Match": "*"})
    assert answer.status_code == 200


def test_a_change_that_comes_between_reading_and_writing_is_not_undone(api, town, monkeypatch):
    draft = drafted(api, town, description="alt")
    whole = type(draft).draft.fget

    def slow(listing):
        content = whole(listing)
        if listing.version == 1 and listing.description == "alt":
            Listing.objects.filter(description="alt").update(description="neu", version=2)
        return content

    monkeypatch.setattr(type(draft), "draft", property(slow))
    answer = api.patch(url(draft), {"title": "Anders"}, format="json")
    assert answer.status_code == 412
    assert Listing.objects.get().description == "neu"


@pytest.mark.parametrize(
    ("own", "department", "organisation", "shown"),
    [
        ("kehr@t.example", "bauhof@t.example", "post@t.example", "kehr@t.example"),
        ("", "bauhof@t.example", "post@t.example", "bauhof@t.example"),
        ("", "", "post@t.example", "post@t.example"),
        ("", None, "post@t.example", "post@t.example"),
        ("", None, "", ""),
    ],
)
def test_the_contact_is_the_nearest_role_mailbox(own, department, organisation, shown, api, town):
    type(town).objects.update(mailbox=organisation)
    unit = town.departments.create(name="Bauhof", mailbox=department) if department is not None else None
    draft = drafted(api, town, contact=own, department=str(unit.id) if unit else None)
    assert api.get(url(draft)).json()["contact"] == shown


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(5, "5.00"), (7.5, "7.50"), ("7.5", "7.50"), (0.1 + 0.2, "0.30"), (1e3, "1000.00"), (10_000_000, "10000000.00")],
)
def test_a_quantity_is_a_number_or_its_digits(sent, kept, api, town):
    assert drafted(api, town, quantity=sent, unit="days").quantity == Listing.objects.get().quantity
    assert api.get(LISTINGS).json()["results"][0]["quantity"] == kept


def test_texts_are_kept_in_one_spelling(api, town):
    draft = drafted(api, town, title=" Gru\u0308nschnitt\u00a0", keywords=["Ga\u0308rten "])
    assert (draft.title, draft.keywords) == ("Grünschnitt", ["Gärten"])
