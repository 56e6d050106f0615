"""What no client should send: always a problem document with a 4xx, never a 5xx, and nothing is stored."""

import json

import pytest
from django.test import Client

from sharing.listings.models import Listing
from sharing.municipalities.models import Department
from tests import factories
from tests.backend.bodies import COMPLETE, LISTINGS

DEEP, HUGE = 100_000, "9" * 10_000
UNKNOWN = "01920000-0000-7000-8000-000000000000"


@pytest.fixture
def town(alice):
    return alice.memberships.get().organisation


@pytest.fixture
def send(alice, town):
    """Sends raw bytes as a manager's browser does; answers whether it was refused as it should be."""
    alice.memberships.update(role=3)
    browser = Client(raise_request_exception=False)
    browser.force_login(alice)

    def knock(method, address, body=b"", content_type="application/json", **headers):
        raw = body if isinstance(body, bytes) else body.encode()
        return browser.generic(method, address, raw, content_type, headers=headers)

    return knock


def refused(answer):
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.content[:200])
    assert answer["Content-Type"] == "application/problem+json", answer.content[:200]
    problem = answer.json()
    assert {"type", "title", "status", "code", "detail"} <= set(problem), problem
    assert problem["status"] == answer.status_code
    return True


# --- bodies as bytes -------------------------------------------------------------------------------------------------
BODIES = {
    "empty": b"",
    "white space": b" \n\t ",
    "not JSON": b"title=Kehrmaschine",
    "half JSON": b'{"title": "Kehr',
    "trailing comma": b'{"title": "x",}',
    "two documents": b"{}{}",
    "comment": b'{"title": "x" /* y */}',
    "single quotes": b"{'title': 'x'}",
    "NaN": b'{"quantity": NaN}',
    "Infinity": b'{"quantity": Infinity}',
    "minus Infinity": b'{"quantity": -Infinity}',
    "1e400": b'{"quantity": 1e400}',
    "-1e400": b'{"quantity": -1e400}',
    "10k digits": b'{"quantity": %s}' % HUGE.encode(),
    "4k digits": b'{"radius_km": %s}' % (b"9" * 4_000),
    "10k digits after the point": b'{"quantity": 0.%s}' % HUGE.encode(),
    "null": b"null",
    "a number": b"5",
    "a text": b'"title"',
    "a list": b"[]",
    "a list of listings": b'[{"title": "x"}]',
    "true": b"true",
    "deep lists": b"[" * DEEP,
    "deep closed lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * 50_000,
    "deep closed objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "33 levels": b'{"keywords":' + b"[" * 33 + b"]" * 33 + b"}",
    "closing brackets": b"]" * 1_000,
    "UTF-16": '{"title": "x"}'.encode("utf-16"),
    "Latin-1": '{"title": "Grünschnitt"}'.encode("latin-1"),
    "invalid UTF-8": b'{"title": "\xff\xfe"}',
    "overlong UTF-8": b'{"title": "\xc0\x80"}',
    "surrogates in UTF-8": b'{"title": "\xed\xa0\x80"}',
    "byte order mark": b'\xef\xbb\xbf{"title": "x"}',
    "raw NUL": b'{"title": "a\x00b"}',
    "raw line break": b'{"title": "a\nb"}',
    "NUL in a name": b'{"ti\\u0000tle": "x"}',
    "surrogate in a name": b'{"\\ud800": "x"}',
    "name given twice": b'{"title": "x", "title": "y"}',
    "name given twice within": b'{"title": "x", "keywords": [{"a": 1, "a": 2}]}',
    "name with white space": b'{" title": "x"}',
    "name in capitals": b'{"Title": "x"}',
    "unknown name": b'{"__class__": "x"}',
    "name of 10k letters": b'{"%s": 1}' % (b"x" * 10_000),
    "10k names": b"{" + b",".join(b'"n%d":1' % n for n in range(10_000)) + b"}",
    "more than a megabyte": b'{"title": "%s"}' % (b"x" * 1_100_000),
    "a megabyte of keywords": b'{"keywords": [%s"x"]}' % (b'"x",' * 200_000),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize(("method", "address"), [("POST", LISTINGS), ("PATCH", "draft"), ("PUT", "draft")])
def test_a_body_that_is_no_listing(name, method, address, town, send):
    listing = factories.drafted(owner=town)
    before = list(Listing.objects.values())
    answer = send(method, address.replace("draft", f"{LISTINGS}{listing.id}/"), BODIES[name])
    if method == "PATCH" and name == "empty":  # a change of nothing
        assert answer.status_code in (200, 400)
    else:
        assert refused(answer)
    assert list(Listing.objects.values()) == before


@pytest.mark.parametrize(
    "content_type",
    [
        "", "text/plain", "text/xml", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data",
        "multipart/form-data; boundary=", "multipart/form-data; boundary=x", "application/octet-stream",
        "application/jsonx", "application/json/x", "json", "a" * 3_000, "application/merge-patch+json", "\x00",
    ],
)  # fmt: skip
def test_a_body_of_another_kind(content_type, town, send):
    body = json.dumps(COMPLETE | {"owner": str(town.id)})
    assert refused(send("POST", LISTINGS, body, content_type))
    assert not Listing.objects.exists()


# --- values for every field ------------------------------------------------------------------------------------------
NOT_TEXT = [5, 1.5, True, [], ["x"], {}, {"x": 1}, 10**40]
TEXTS = [
    "a\u0000b",
    "\ud800",
    "\udfff\ud800",
    "a\u202eb",
    "\u2066a",
    "\u200b",
    "\u200b\u200d\ufeff",
    "\u0007",
    "a\rb",
    " ",
]
NOT_LISTS = ["x", 5, {}, {"0": "x"}, None, [None], [5], [[]], [{}]]
DAYS = ["0000-00-00", "0000-01-01", "9999-12-31", "1999-12-31", "2031-02-30", "2031-13-01", "20310101", "2031-W01-1",
        "2031-1-1", "01.03.2031", "2031-03-01T00:00", "٢٠٣١-٠٣-٠١", "+002031-03-01", "-2031-03-01", "", 0, 20310301,
        [], {}, True]  # fmt: skip
NUMBERS = ["", "abc", "1e5", "1E+400", "NaN", "Infinity", "-5", "+5", "0x10", "1_000", "٥", "5,5", ".5", "5.", "0",
           "12345678901", "1.234", 0, -1, 1.005, 10**30, 10_000_001, 1e300, True, [], {}, "9" * 2_000]  # fmt: skip
WORDS = ["", "Offer", " offer", "offer\u0000", "OFFER", "0", 0, 1.5, True, [], ["offer"], {}, {"offer": 1}]
IDS = ["", "x", "0", UNKNOWN.replace("-", ""), f"urn:uuid:{UNKNOWN}", f"{{{UNKNOWN}}}", UNKNOWN[:-1], UNKNOWN + "0",
       UNKNOWN + "\n", 0, 2**128, -1, [], {}, True, UNKNOWN]  # fmt: skip
VALUES = {
    "title": [*NOT_TEXT, *TEXTS, None, "", "x" * 161, "\n"],
    "description": [*NOT_TEXT, *TEXTS[:3], "\u200b", "\u0007", None, "x" * 5_001],
    "benefit": [*NOT_TEXT, *TEXTS[:-1], None, "x" * 301],
    "language": [*NOT_TEXT, *TEXTS, None, "", "deu", "DE", "d", "dé", "de\n"],
    "category": [*NOT_TEXT, *TEXTS, None, "", "XXX", "bau", "BAU ", "BAUX", "'; --"],
    "keywords": [*NOT_LISTS, ["x" * 61], ["x"] * 21, ["\u0000"], ["\u202e"], ["\u200b"], [""], ["a\nb"], ["x"] * 5_000],
    "quantity": NUMBERS,
    "radius_km": [0, -1, 2_001, 10**400, 1.5, "5", "", True, [], {}, 2**63, -(2**63) - 1],
    "starts_on": DAYS,
    "ends_on": DAYS,
    "expires_on": DAYS,
    "direction": [*WORDS, None],
    "resource": [*WORDS, None],
    "unit": WORDS,
    "mode": [*WORDS, None],
    "level": WORDS,
    "participation": WORDS,
    "visibility": [*WORDS, None],
    "considerations": [*NOT_LISTS, ["gift"], ["fee"] * 8, [""]],
    "partner_kinds": [*NOT_LISTS, ["municipality"], ["science"]],
    "department": IDS,
    "audience": [*NOT_LISTS, *([one] for one in IDS), [UNKNOWN] * 201],
    "contact": [*NOT_TEXT, *TEXTS[:-1], None, "x", "a@b", "a b@c.de", "a@b.de\n", "a@b.de\r\nBcc: c@d.de",
    "x" * 250 + "@y.de"],
    "owner": [*IDS, None],
}  # fmt: skip


@pytest.mark.parametrize("field", VALUES)
def test_a_value_that_cannot_be(field, town, send):
    for value in VALUES[field]:
        body = COMPLETE | {"owner": str(town.id), field: value}
        answer = send("POST", LISTINGS, json.dumps(body))
        assert answer.status_code >= 400, repr(value)[:80]
        assert refused(answer)
        assert answer.status_code != 409, value
        assert not Listing.objects.exists(), value


def test_the_corpus_is_large_and_knows_every_field():
    from backend.api.listings import NewListingSerializer

    assert set(VALUES) == set(NewListingSerializer().fields)
    assert sum(map(len, VALUES.values())) + 3 * len(BODIES) > 400


# --- addresses and headers -------------------------------------------------------------------------------------------
ADDRESSES = [
    "/api/v1/%00/", "/api/v1/listings/%00/", "/api/v1/categories/%00/", "/api/v1/listings/%ff/", "/api/v1/%ff%fe/",
    "/api/v1/categories/%ff/", "/api/v1/categories/%E2%80%AE/", "/api/v1/categories/BAU%00/", "/api/v1/categories/bau/",
    "/api/v1/categories/" + "x" * 3_000 + "/", "/api/v1/listings/" + "9" * 3_000 + "/", "/api/v1/listings/../../etc/",
    "/api/v1/listings/%2e%2e%2fme/", "/api/v1/listings/" + UNKNOWN.upper() + "x/", "/api/v1/listings//",
    "/api/v1//listings/",
    "/api/v1/listings.json", "/api/v1/listings/.json", "/api/", "/api/v2/listings/", "/api/v1/", "/api/v1/schema/",
    f"/api/v1/listings/{UNKNOWN}/delete/", f"/api/v1/matches/{UNKNOWN}/", "/api/v1/listings/0/", "/api/v1/listings/-1/",
]  # fmt: skip
QUERIES = [
    "%00", "a=%00", "mine=%00", "search=a%00b", "search=%ff", "search=%ed%a0%80", "%ff=1", "search=" + "x" * 9_000,
    "search=" + "x" * 201, "search=", "search=%20%09", "page_size=1e400", "page_size=" + "-" * 500, "cursor=%00",
    "cursor=%5B%5D", "cursor=" + "A" * 5_000, "owner=x", "owner=%27%20OR%201=1", "owner=" + UNKNOWN + "'",
    "mine=banana",
    "mine=1", "mine=True", "mine=null", "runs_on=0000-00-00", "runs_on=31.12.2031", "runs_on=20310101",
    "runs_on=2031-W01-1",
    "updated_since=2026-03-29T02:30:00", "updated_since=2026-03-29", "updated_since=9999-99-99T99:99:99Z",
    "updated_since=2026-03-29T02:30:00%2B99:99", "updated_since=0001-01-01T00:00:00%2B14:00", "updated_since=null",
    "direction=OFFER", "state=deleted", "state=draft&state=published", "page_size=1&page_size=2", "ordering=password",
    "owner__mailbox=x", "id__in=1", "fields=*", "format=xml", "offset=1", "limit=1000000000000", "search%5B%5D=x",
    "q=x",
    "category=XXXX", "language=deu", "land=" + "x" * 81, ";mine=true", "&".join(f"a{n}=1" for n in range(900)),
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_leads_nowhere(address, send):
    answer = send("GET", address)
    if answer.status_code in (301, 308):
        answer = send("GET", answer["Location"])
    assert refused(answer)


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_that_cannot_be(query, send):
    assert refused(send("GET", f"{LISTINGS}?{query}"))


HEADERS = [
    {"Accept": "text/html"}, {"Accept": "application/xml"}, {"Accept": "application/json;version=2;q=0"},
    {"Accept": "x"},
    {"Authorization": "Bearer \xe4\xff"}, {"Authorization": "Bearer " + "x" * 9_000}, {"Authorization": "Bearer\x00"},
    {"If-Match": "\xff", "method": "PATCH"}, {"If-Match": '"' * 5_000, "method": "PATCH"}, {"If-Match": "*,*",
    "method": "PATCH"},
    {"Host": "evil.example"}, {"Host": "a b"}, {"Host": "localhost:99999999"},
]  # fmt: skip


@pytest.mark.parametrize("headers", HEADERS)
def test_a_header_that_cannot_be(headers, town, send):
    listing = factories.drafted(owner=town)
    headers = dict(headers)
    method = headers.pop("method", "GET")
    answer = send(method, f"{LISTINGS}{listing.id}/", b'{"title": "x"}', **headers)
    if "Host" in headers or answer.status_code == 200:  # the host is refused before the API; a wish may be ignored
        assert answer.status_code in (200, 400)
    else:
        assert refused(answer)


@pytest.mark.parametrize("language", ["", "*", "x" * 5_000, "de;q=2", ",,,", "zz", "de-DE-x-1", "\xff", "en;q=1e400"])
def test_a_language_nobody_speaks_is_answered_in_one_of_ours(language, send):
    answer = send("GET", LISTINGS, **{"Accept-Language": language})
    assert (answer.status_code, answer["Content-Language"] in ("de", "en")) == (200, True)


@pytest.mark.parametrize(
    "method", ["OPTIONS", "TRACE", "CONNECT", "PROPFIND", "QUERY", "X", "get", "POST ", "DELETE", "PUT"]
)
@pytest.mark.parametrize("address", ["/api/v1/organisations/", "/api/v1/me/", "/api/v1/categories/BAU/"])
def test_a_method_that_is_not_there(method, address, send):
    answer = send(method, address, b"{}")
    if method in ("get",):
        assert answer.status_code in (200, 405)
        return
    assert refused(answer)
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]


@pytest.mark.parametrize(
    "body", [b"[" * 50_000, b'{"name": "\\ud800"}', b'{"name": 1e400}', b'{"name": {"a": "\\u0000"}}', b"\xff"]
)
def test_other_writers_are_as_strict(body, town, send):
    unit = town.departments.create(name="Bauhof")
    for method, address in [
        ("POST", "/api/v1/departments/"), ("PUT", f"/api/v1/departments/{unit.id}/"), ("PATCH", "/api/v1/me/"),
        ("POST", f"/api/v1/matches/{UNKNOWN}/dismiss/"),
    ]:  # fmt: skip
        assert refused(send(method, address, body))
    assert Department.objects.count() == 1
