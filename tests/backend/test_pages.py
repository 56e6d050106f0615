"""Pages by cursor: complete while rows change, tamper-proof, and as cheap at the end as at the start."""

import base64

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sharing.listings.models import Listing
from sharing.municipalities.models import Organisation
from tests import factories
from tests.backend import crowds
from tests.backend.bodies import LISTINGS, codes

MATCHES = "/api/v1/matches/"


@pytest.fixture
def haingrund(alice):
    return alice.memberships.get().organisation


@pytest.fixture
def nordhelle(charlie):
    return charlie.memberships.get().organisation


def test_a_walk_over_changing_rows_misses_and_doubles_nothing(alice, nordhelle, client_of):
    rows = crowds.listings(250, owner=nordhelle)
    api, seen, url = client_of(alice), [], f"{LISTINGS}?page_size=20"
    gone = [row.id for row in rows if int(row.title[4:]) % 10 == 0]
    for turn in range(1_000):
        page = api.get(url).json()
        seen += [row["id"] for row in page["results"]]
        if (url := page["next"]) is None:
            break
        crowds.listings(3, owner=nordhelle)  # new ones appear before the first page
        Listing.objects.filter(id__in=gone[turn * 2 : turn * 2 + 2]).update(state="paused")
        Listing.objects.filter(title=f"Nr. {turn}").update(title=f"Neu {turn}")
    steady = {str(row.id) for row in rows} - {str(i) for i in gone}
    assert len(seen) == len(set(seen))
    assert steady <= set(seen)


def test_a_walk_over_equal_scores_misses_and_doubles_nothing(alice, haingrund, nordhelle, client_of):
    made = crowds.matches(250, requests_of=haingrund, offers_of=nordhelle)
    rows = crowds.walk(client_of(alice), f"{MATCHES}?page_size=17")
    assert [row["id"] for row in rows] == [
        str(m.id) for m in sorted(made, key=lambda m: (m.score, m.id.int), reverse=True)
    ]


@pytest.mark.parametrize("name", ["Ä" * 200, "Bad\u00a0Soden", "Weiß\u00adwasser", '"quoted\\"', "Ort, der:selbe"])
def test_names_of_every_kind_can_be_where_a_page_ends(name, alice, client_of):
    Organisation.objects.bulk_create([Organisation(name=name), Organisation(name=name), Organisation(name="zz")])
    rows = crowds.walk(client_of(alice), "/api/v1/organisations/?page_size=1")
    assert len(rows) == len({row["id"] for row in rows}) == Organisation.objects.count()


def test_a_page_holds_at_most_200_rows(alice, nordhelle, client_of):
    crowds.listings(230, owner=nordhelle)
    api = client_of(alice)
    sizes = {size: len(api.get(f"{LISTINGS}?page_size={size}").json()["results"]) for size in (1, 7, 200, 201, 10**30)}
    assert sizes == {1: 1, 7: 7, 200: 200, 201: 200, 10**30: 200}
    assert len(api.get(LISTINGS).json()["results"]) == 50


@pytest.mark.parametrize("size", ["0", "-1", "", " ", "1.5", "1e2", "abc", "²", "٣", "0x10", "1_0", "NaN", "+5"])
def test_a_page_size_that_is_no_number_above_0_is_refused(size, alice, client_of):
    answer = client_of(alice).get(LISTINGS, {"page_size": size})
    assert (answer.status_code, list(codes(answer))) == (400, ["page_size"])


def forged(cursor):
    content, time, signature = cursor.split(":")
    other = base64.urlsafe_b64encode(b'["01920000-0000-7000-8000-000000000000"]').rstrip(b"=").decode()
    return {
        "other content": f"{other}:{time}:{signature}",
        "other time": f"{content}:0:{signature}",
        "no signature": f"{content}:{time}:",
        "changed signature": f"{content}:{time}:{signature[::-1]}",
        "cut": cursor[:-1],
        "longer": cursor + "A",
        "only content": content,
        "twice": cursor * 2,
        "garbage": "!!!",
        "not base64": "ä:ö:ü",
        "deep": base64.urlsafe_b64encode(b"[" * 3_000).decode(),
        "empty": "",
    }


@pytest.mark.parametrize("how", list(forged("a:b:c")))
def test_a_tampered_cursor_is_refused(how, alice, nordhelle, client_of):
    crowds.listings(2, owner=nordhelle)
    api = client_of(alice)
    cursor = api.get(f"{LISTINGS}?page_size=1").json()["next"].split("cursor=")[1].split("&")[0].replace("%3A", ":")
    answer = api.get(LISTINGS, {"cursor": forged(cursor)[how]})
    assert (answer.status_code, list(codes(answer))) == (400, ["cursor"])


def test_a_cursor_of_one_list_is_none_of_another(alice, nordhelle, client_of):
    crowds.listings(2, owner=nordhelle)
    api = client_of(alice)
    query = api.get(f"{LISTINGS}?page_size=1").json()["next"].split("?")[1]
    assert api.get(f"/api/v1/categories/?{query}").status_code == 400
    assert api.get(f"{MATCHES}?{query}").status_code == 400


def test_somebody_elses_cursor_shows_nothing_but_ones_own(alice, haingrund, charlie, client_of):
    crowds.listings(5, owner=haingrund, state="draft")
    following = client_of(alice).get(f"{LISTINGS}?page_size=1").json()["next"]
    assert client_of(charlie).get(following).json()["results"] == []


def plan_of_a_deep_page(api, url):
    """The plan of the query that reads the rows of the fifth page."""
    following = f"{url}?page_size=50"
    for _page in range(4):
        following = api.get(following).json()["next"]
    crowds.analyse()
    with CaptureQueriesContext(connection) as captured:
        assert api.get(following).status_code == 200
    [sql] = [query["sql"] for query in captured.captured_queries if "LIMIT 51" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())


def test_deep_in_the_listings_the_index_goes_on_where_the_last_page_ended(alice, haingrund, nordhelle, client_of):
    crowds.listings(3_000, owner=nordhelle)
    crowds.listings(1_000, owner=haingrund, state="draft")
    plan = plan_of_a_deep_page(client_of(alice), LISTINGS)
    assert "Index Cond: (id <" in plan, plan
    assert "Sort" not in plan, plan


def test_deep_in_the_matches_only_ones_own_are_read(alice, haingrund, nordhelle, client_of):
    crowds.matches(300, requests_of=haingrund, offers_of=nordhelle)
    crowds.matches(10_000, requests_of=factories.town("Dritt"), offers_of=nordhelle)
    plan = plan_of_a_deep_page(client_of(alice), MATCHES)
    assert "Bitmap Index Scan on match_best_of_request" in plan or "Bitmap Index Scan on sharing_match" in plan, plan
    assert "Seq Scan on sharing_match" not in plan, plan
