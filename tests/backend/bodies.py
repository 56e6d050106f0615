"""Bodies that the API takes as they are; a test changes what it is about."""

GAPPY = {"direction": "offer", "resource": "equipment", "category": "BAU", "title": "Kehrmaschine"}
COMPLETE = GAPPY | {
    "description": "Nur zur Hälfte ausgelastet.",
    "keywords": ["Kehrmaschine"],
    "quantity": "20.00",
    "unit": "hours_per_week",
    "starts_on": "2031-03-01",
    "ends_on": "2031-11-30",
    "radius_km": 50,
}
LISTINGS = "/api/v1/listings/"


def url(listing, verb=""):
    return f"{LISTINGS}{listing.id}/{verb}"


def codes(answer):
    """The problems of an answer as {field: code}."""
    return {error["field"]: error["code"] for error in answer.json().get("errors", [])}


def ids(answer):
    assert answer.status_code == 200, answer.json()
    return {row["id"] for row in answer.json()["results"]}
