"""How alike two texts are, and which words say so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.matching.engine.text import matrix, shared_words, stem, stems, vector, words


def similarity(one: str, other: str) -> float:
    return float((matrix([vector(one)]) @ matrix([vector(other)]).T).toarray()[0, 0])


def meaning(text: str) -> list[str]:
    return [folded for folded, _ in words(text)]


@pytest.mark.parametrize(
    ("advert", "plain"),
    [
        ("Wir suchen eine Kehrmaschine, rund 5 Stunden je Woche", "Kehrmaschine"),
        ("0,3 VZÄ Datenschutzbeauftragter gesucht", "Datenschutzbeauftragter"),
        ("We are looking for a tree inspector, 8 hours per week", "tree inspector"),
        ("Wij zoeken een bladblazer voor 10 dagen", "bladblazer"),
        ("Nous cherchons une balayeuse pour 10 jours", "balayeuse"),
    ],
)
def test_the_wrapping_of_an_advertisement_says_nothing(advert: str, plain: str) -> None:
    assert meaning(advert) == meaning(plain)
    assert similarity(advert, plain) == pytest.approx(1)


def test_accents_capitals_and_spellings_of_one_letter_are_one_word() -> None:
    assert meaning("STRASSE Straße straße") == ["strasse"] * 3
    assert meaning("Bu\u0308hne Bühne") == ["buhne"] * 2


def test_compounds_are_alike_and_subjects_are_not() -> None:
    assert similarity("Kompaktkehrmaschine", "Kehrmaschine") > 0.5
    assert similarity("Kehrmaschine", "Standesbeamtin") < 0.05


def test_shared_words_are_named_as_written_longest_first_and_once() -> None:
    request = "Kehrmaschine für die Straßenreinigung, Bühne"
    offer = "Kompaktkehrmaschine, Strassenreinigung; mit BÜHNE"
    assert shared_words(request, offer) == ["Straßenreinigung", "Kehrmaschine", "Bühne"]
    assert shared_words("Winterdienst", "Standesamt") == []
    assert len(shared_words(*["Apfel Birne Kirsche Traube Feige Pflaume Quitte"] * 2)) == 5


def test_texts_without_a_word_are_like_nothing_not_even_themselves() -> None:
    for text in ("", "12 345", "\u200b\u200b", "wir suchen"):
        assert vector(text)[0].size == 0
        assert similarity(text, text) == 0


def test_a_cosine_does_not_depend_on_the_others_in_the_batch() -> None:
    texts = [
        f"Kehrmaschine {word} Bauhof Winterdienst {word}straße" for word in ("Nord", "Süd", "Ost", "West", "Mitte")
    ]
    vectors = [vector(text) for text in texts]
    together = (matrix(vectors) @ matrix(vectors).T).toarray()
    alone = np.array([[similarity(one, other) for other in texts] for one in texts])
    assert (together == alone).all()  # to the last bit


@given(st.text(st.characters()), st.text(st.characters()))
def test_any_text_has_a_similarity(one: str, other: str) -> None:
    assert 0 <= similarity(one, other) <= 1 + 1e-12
    assert similarity(one, other) == pytest.approx(similarity(other, one))
    assert all(isinstance(word, str) for word in shared_words(one, other))


@pytest.mark.parametrize("hostile", ["a" * 100_000, "\ud800" * 10, "\0" * 50, "ﷺ" * 500, "x\u0301" * 5_000, "🏳️‍🌈" * 99])
def test_hostile_texts_cost_no_more_than_honest_ones(hostile: str) -> None:
    buckets, weights = vector(hostile)
    assert len(buckets) == len(weights) < 500
    assert similarity(hostile, "Kehrmaschine") < 0.1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kehrmaschine", "Kehrmaschinen"),
        ("Datenschutzbeauftragter", "Datenschutzbeauftragte"),
        ("Prüfung", "Prüfungen"),
        ("Prüferin", "Prüfer"),
        ("inspector", "inspectors"),
    ],
)
def test_inflected_forms_have_one_stem(one: str, other: str) -> None:
    assert stems(one) == stems(other)


def test_short_words_keep_their_endings() -> None:
    assert [stem(word) for word in ("amt", "rind", "tanne", "besens")] == ["amt", "rind", "tann", "besen"]


@given(st.text(st.characters(categories=["L"]), min_size=1))
def test_a_stem_begins_its_word_and_is_never_empty(word: str) -> None:
    assert stem(word)
    assert word.startswith(stem(word))
