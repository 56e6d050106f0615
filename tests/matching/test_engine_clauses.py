"""What a listing is about, apart from the words of advertising, bargaining and refusing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.matching.engine.clauses import MOST_CLAUSES, clauses
from tests.matching.market import HOSTILE

SAMPLES = {
    "de": (
        "Wir suchen eine Kehrmaschine für rund 5 Stunden pro Woche. Im Gegenzug bieten wir einen Hubsteiger. "
        "Winterdienst machen wir nicht. Den Fahrer stellen wir selbst."
    ),
    "en": (
        "We are looking for a tree inspector, 8 hours per week. In return we offer our sweeper. "
        "We do not cover felling. We supply the platform ourselves."
    ),
    "nl": (
        "Wij zoeken een bladblazer voor 10 dagen. In ruil bieden wij een aanhanger. "
        "Snoeien doen wij niet. De chauffeur brengen we zelf mee."
    ),
    "fr": (
        "Nous cherchons des balayeuses pour 10 jours. En échange nous proposons une remorque. "
        "Nous ne faisons pas le déneigement. Le chauffeur, nous le fournissons nous-mêmes."
    ),
}
# For each language: a word of the subject, one that is bargained with, one that is refused, one that is brought.
FOUND = {
    "de": ("Kehrmaschine", "Hubsteiger", "Winterdienst", "Fahrer"),
    "en": ("tree inspector", "sweeper", "felling", "platform"),
    "nl": ("bladblazer", "aanhanger", "Snoeien", "chauffeur"),
    "fr": ("balayeuses", "remorque", "déneigement", "chauffeur"),
}


@pytest.mark.parametrize("language", SAMPLES)
def test_each_clause_of_a_request_goes_where_it_belongs(language: str) -> None:
    subject, bargain, refused, brought = FOUND[language]
    found = clauses("", SAMPLES[language], asks=True)
    assert subject in " ".join(found.subject)
    assert bargain in " ".join(found.aside)
    assert refused in " ".join(found.refused)
    assert brought in " ".join(found.aside)
    assert len(found.subject) == len(found.refused) == 1


@pytest.mark.parametrize("language", SAMPLES)
def test_what_an_offer_brings_is_what_it_is_about(language: str) -> None:
    brought = FOUND[language][3]
    assert brought in " ".join(clauses("", SAMPLES[language], asks=False).subject)


@pytest.mark.parametrize(
    ("advert", "plain"),
    [
        ("Wir suchen eine Kehrmaschine", "Kehrmaschine"),
        ("Die Stadt sucht dringend eine Kehrmaschine", "Kehrmaschine"),
        ("Biete Kehrmaschine", "Kehrmaschine"),
        ("Zu verleihen: Kehrmaschine", "Kehrmaschine"),
        ("We are looking for a tree inspector", "tree inspector"),
        ("Wanted: tree inspector", "tree inspector"),
        ("Gezocht: bladblazer", "bladblazer"),
        ("Wij zoeken een bladblazer", "bladblazer"),
        ("Recherche balayeuse", "balayeuse"),
        ("Szukamy zamiatarki", "zamiatarki"),
        ("Cercasi spazzatrice", "spazzatrice"),
    ],
)
def test_the_opening_of_an_advertisement_goes(advert: str, plain: str) -> None:
    assert clauses(advert, advert, asks=True).title == plain
    assert clauses(advert, advert, asks=True).subject == (plain,)


@pytest.mark.parametrize(
    "title",
    [
        "Suche Anhänger",
        "Biete Arbeitsbühne",
        "Wir suchen Unimog",
        "Suche Unterstützung",
        "Wir suchen Fürsorgekraft",
        "We need an engineer",
        "Nous cherchons une balayeuse",
    ],
)
def test_an_opening_never_takes_the_beginning_of_the_next_word(title: str) -> None:
    assert clauses(title, "", asks=True).title == title.rpartition(" ")[2]


@pytest.mark.parametrize(
    "quantity",
    ["5 Stunden pro Woche", "ca. 0,3 VZÄ", "20 %", "8 hours per week", "10 jours", "10 dagen", "1.500 Euro", "3 x"],
)
def test_quantities_go(quantity: str) -> None:
    found = clauses(f"Kehrmaschine {quantity}", "", asks=True).title
    assert not re.search(r"\d", found)
    assert found.startswith("Kehrmaschine")


@pytest.mark.parametrize(
    "name",
    [
        "DGUV V3",
        "§ 2b UStG",
        "DIN 18040",
        "DIN EN 1176",
        "DGUV 214-059",
        "Microsoft 365",
    ],
)
def test_a_number_that_is_part_of_a_name_stays(name: str) -> None:
    assert name in clauses(f"Schulung {name}", "", asks=True).title
    assert name in clauses("", f"Wir suchen eine Schulung zu {name} für 3 Tage.", asks=True).subject[0]


def test_a_title_of_nothing_but_wrapping_stays_as_it_is() -> None:
    assert clauses(" Suche ", "", asks=True).title == "Suche"
    assert clauses("5 Stunden", "", asks=True).title == "5 Stunden"


def test_a_refusal_is_only_what_says_that_something_is_not_done() -> None:
    found = clauses("", "Eigene Geräte haben die Nachbarn nicht. Prüfungen übernehmen wir leider keine.", asks=False)
    assert found.subject == ("Eigene Geräte haben die Nachbarn nicht.",)
    assert found.refused == ("Prüfungen übernehmen wir leider keine.",)


@given(st.text() | st.sampled_from(HOSTILE), st.text(max_size=500) | st.sampled_from(HOSTILE), st.booleans())
def test_any_text_has_defined_clauses(title: str, description: str, asks: bool) -> None:
    found = clauses(title, description, asks=asks)
    assert clauses(title, description, asks=asks) == found
    assert bool(found.title) == bool(title.strip())
    for bag in (found.subject, found.refused, found.aside):
        assert len(bag) <= MOST_CLAUSES == 12
        assert all(clause == clause.strip() and len(clause) >= 3 for clause in bag)


@given(st.lists(st.sampled_from([*SAMPLES.values(), "Bauhof.", "Das nicht machen.", "\n", "; "]), max_size=80))
def test_no_text_has_more_than_twelve_clauses_of_a_kind(parts: list[str]) -> None:
    found = clauses("", " ".join(parts), asks=True)
    assert max(map(len, (found.subject, found.refused, found.aside))) <= 12
