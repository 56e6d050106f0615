"""The concept table over HTTP: every editor may improve it, and nobody loses words."""

import pytest

from sharing.events import Event
from sharing.taxonomy.models import Concept

pytestmark = pytest.mark.django_db
OFFICER = {
    "term": "Hüterin der Allmende",
    "term_en": "keeper of the commons",
    "synonyms": ["bDSB", "DSB", "DPO"],
    "category": "DSB",
}
CONCEPTS = "/api/v1/concepts/"


def test_an_editor_adds_a_meaning_and_everyone_finds_it(alice, charlie, client_of):
    added = client_of(alice).post(CONCEPTS, OFFICER, format="json")
    assert (added.status_code, added.data["language"]) == (201, "de")
    found = client_of(charlie).get(CONCEPTS, {"term": "Hüterin", "category": "DSB"})
    assert [row["synonyms"] for row in found.data["results"]] == [["bDSB", "DSB", "DPO"]]
    assert Event.objects.get(kind="concept.added").actor_id == alice.id


def test_another_town_may_improve_it_and_the_event_says_who(alice, charlie, client_of):
    pk = client_of(alice).post(CONCEPTS, OFFICER, format="json").data["id"]
    changed = client_of(charlie).put(f"{CONCEPTS}{pk}/", OFFICER | {"synonyms": ["bDSB"]}, format="json")
    assert (changed.status_code, changed.data["synonyms"]) == (200, ["bDSB"])
    assert Event.objects.get(kind="concept.changed").actor_id == charlie.id


def test_a_reader_may_not(bob, client_of):
    assert client_of(bob).post(CONCEPTS, OFFICER, format="json").status_code == 403
    assert not Concept.objects.filter(term=OFFICER["term"]).exists()


def test_a_term_stands_in_the_table_once_a_language(alice, client_of):
    client_of(alice).post(CONCEPTS, OFFICER, format="json")
    again = client_of(alice).post(CONCEPTS, OFFICER, format="json")
    assert (again.status_code, again.data["errors"][0]["field"]) == (409, "term")
    assert client_of(alice).post(CONCEPTS, OFFICER | {"language": "en"}, format="json").status_code == 201


@pytest.mark.parametrize(
    ("wrong", "field", "status"),
    [
        ({"category": "XYZ"}, "category", 422),
        ({"broader": "01a20aa7-f048-7bb7-8cf9-d8b18f426758"}, "broader", 422),
        ({"term": "\u200b"}, "term", 400),
        ({"synonyms": ["x"] * 51}, "synonyms", 400),
        ({"words": []}, "words", 400),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(wrong, field, status, alice, client_of):
    answer = client_of(alice).post(CONCEPTS, OFFICER | wrong, format="json")
    assert answer.status_code == status
    assert answer.data["errors"][0]["field"].startswith(field)
