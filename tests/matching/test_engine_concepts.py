"""Which meanings a text names, and whether the thesaurus that ships is sound."""

from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.matching.engine.concepts import BROADER, IN_BODY, INSIDE, NAMED, Concepts
from sharing.matching.engine.encoder import NoEncoder, encoder
from sharing.matching.engine.reading import Reading, readings
from sharing.matching.engine.topics import learned
from sharing.matching.shipped import CLASSIFIER, digest
from sharing.taxonomy import thesaurus
from sharing.taxonomy.shipped import rows
from sharing.taxonomy.thesaurus import Meaning
from tests.matching.market import HOSTILE, knowledge, request

SMALL = (
    Meaning(key="sweeper", term="Kehrmaschine", term_en="road sweeper", category="BAU", broader="machines"),
    Meaning(key="machines", term="Baumaschinen", category="BAU"),
    Meaning(key="it", term="Informationstechnik", words=("IT",), category="IT", apart=frozenset({"sweeper", "gone"})),
    Meaning(key="sockets", term="Geräteprüfung", words=("DGUV V3", "DIN 14811"), category="GEB"),
    Meaning(key="officer", term="Datenschutzbeauftragter", category="DSB"),
)


def concepts_of(meanings: Iterable[Meaning]) -> Concepts:
    meanings = tuple(meanings)
    return Concepts.of(meanings, learned(meanings, NoEncoder()))


small = concepts_of(SMALL)


def named(text: str, concepts: Concepts = small) -> dict[str, float]:
    return {concepts.meanings[place].key: weight for place, weight in concepts.named(text).items()}


def spoken(title: str, *body: str) -> dict[str, float]:
    return {small.meanings[place].key: weight for place, weight in small.spoken(title, body).items()}


def read(text: str, concepts: Concepts = small, **changes: str) -> Reading:
    (found,) = readings([request(title=text, **changes)], NoEncoder(), concepts)
    return found


@pytest.mark.parametrize(
    ("text", "key", "weight"),
    [
        ("Kehrmaschine", "sweeper", NAMED),
        ("zwei KEHRMASCHINEN", "sweeper", NAMED),
        ("a road sweeper for rent", "sweeper", NAMED),
        ("road sweepers", "sweeper", NAMED),
        ("Kompaktkehrmaschine", "sweeper", INSIDE),
        ("Kehrmaschinenfahrer", "sweeper", INSIDE),
        ("eine Datenschutzbeauftragte", "officer", NAMED),
        ("behördliche Datenschutzbeauftragten", "officer", NAMED),
    ],
)
def test_names_are_found_in_inflected_forms_and_in_compounds(text: str, key: str, weight: float) -> None:
    assert named(text) == {key: weight}


@pytest.mark.parametrize("text", ["", "sweeper road", "Kehrwoche", "Maschine", *HOSTILE[2:7]])
def test_what_is_no_name_is_not_found(text: str) -> None:
    assert named(text) == {}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("IT", {"it"}),
        ("IT-Betreuung", {"it"}),
        ("(IT)", {"it"}),
        ("it is free, IT's not", {"it"}),
        ("it is free", set()),
        ("It", set()),
        ("SIT ITS", set()),
        ("DGUV V3", {"sockets"}),
        ("nach DGUV V3.", {"sockets"}),
        ("DGUV V30", set()),
        ("DGUV V4", set()),
        ("DGUV", set()),
        ("dguv v3", set()),
        ("DIN 14811", {"sockets"}),
        ("DIN 14812", set()),
        ("DIN 148", set()),
    ],
)
def test_abbreviations_and_names_with_digits_are_found_only_as_written(text: str, keys: set[str]) -> None:
    assert set(named(text)) == keys


def test_the_title_counts_in_full_the_rest_a_little_less_and_the_broader_meaning_half() -> None:
    assert spoken("Kehrmaschine") == {"sweeper": NAMED, "machines": NAMED * BROADER}
    assert spoken("", "Kehrmaschine") == {"sweeper": IN_BODY, "machines": IN_BODY * BROADER}
    assert spoken("Kehrmaschine", "Kehrmaschine") == spoken("Kehrmaschine")
    assert spoken("Baumaschinen", "Kehrmaschine") == {"machines": NAMED, "sweeper": IN_BODY}


def test_look_alikes_are_apart_in_both_directions_whoever_says_so() -> None:
    it, sweeper = small.place["it"], small.place["sweeper"]
    assert {(int(a), int(b)) for a, b in zip(*small.apart.nonzero(), strict=True)} == {(it, sweeper), (sweeper, it)}


def test_a_thesaurus_without_meanings_finds_nothing() -> None:
    empty = concepts_of(())
    assert empty.named("Kehrmaschine 5 IT") == {}
    assert empty.apart.shape == (0, 0)
    assert len(read("Kehrmaschine", empty).topics) == 0


@given(st.text() | st.sampled_from(HOSTILE))
def test_any_text_can_be_looked_through(text: str) -> None:
    found = small.spoken(text, [text])
    assert all(0 < weight <= 1 for weight in found.values())
    chances = read(text).topics
    assert np.linalg.norm(chances) == pytest.approx(1, abs=1e-2)
    assert np.isfinite(chances).all()


@pytest.mark.parametrize("language", ["de", "en", "fr"])
def test_a_ticked_category_makes_its_meanings_likelier(language: str) -> None:
    plain, ticked = (read("Geräte", category=code, language=language).topics for code in ("", "IT"))
    assert ticked[small.place["it"]] > plain[small.place["it"]]


shipped = thesaurus.shipped()


def test_every_key_is_there_once_and_every_reference_leads_somewhere() -> None:
    keys = Counter(meaning.key for meaning in shipped)
    assert max(keys.values()) == 1
    assert [(m.key, m.broader) for m in shipped if m.broader and m.broader not in keys] == []
    assert [(m.key, other) for m in shipped for other in m.apart if other not in keys or other == m.key] == []


def test_nothing_is_broader_than_itself_however_far_up() -> None:
    above = {meaning.key: meaning.broader for meaning in shipped}
    for key in above:
        way = [key]
        while above[way[-1]]:
            way.append(above[way[-1]])
            assert len(set(way)) == len(way)


def test_every_meaning_has_a_name_in_both_languages_and_every_category_has_at_least_25() -> None:
    assert all(meaning.term and meaning.term_en for meaning in shipped)
    counts = Counter(meaning.category for meaning in shipped)
    assert set(counts) == {row["code"] for row in rows()}
    assert len(counts) == 24
    assert {code: count for code, count in counts.items() if count < 25} == {}


def test_no_name_belongs_to_two_meanings() -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for meaning in shipped:
        for name in meaning.names:
            owners[name.casefold()].add(meaning.key)
    assert {name: keys for name, keys in owners.items() if len(keys) > 1} == {}


def test_every_shipped_name_is_found_when_it_is_written() -> None:
    concepts = knowledge().concepts
    lost = [
        (meaning.key, name)
        for place, meaning in enumerate(concepts.meanings)
        for name in meaning.names
        if concepts.named(name).get(place) != NAMED
    ]
    assert lost == []


def test_no_shipped_name_loses_all_but_a_general_word() -> None:
    """Without the words that every advertisement has, “car sharing” is any car and “Exchange-Betrieb” any firm."""
    concepts = knowledge().concepts
    assert {word: named(word, concepts) for word in GENERAL if named(word, concepts)} == {}


GENERAL = ("Betrieb", "Plan", "Support", "Anlage", "Learning", "Markt", "Payment", "Coordinator")

# How people in administrations call the same thing.
ISSUE = {
    "data-protection-officer": ("bDSB", "DPO", "Datenschutzbeauftragte", "Datenschutzbeauftragter"),
    "aerial-platform": ("Hubsteiger", "Hubarbeitsbühne"),
    "information-security-officer": ("ISB",),
    "audit-office": ("RPA",),
}


@pytest.mark.parametrize("key", ISSUE)
def test_other_names_of_one_thing_are_found_as_that_thing(key: str) -> None:
    for name in ISSUE[key]:
        assert named(f"Wir suchen {name} ab Mai", knowledge().concepts).get(key) == NAMED, name


@pytest.mark.parametrize(
    ("name", "other"),
    [("Bauhof", "Baubetriebshof"), ("EDV", "IT"), ("UVV", "UVV"), ("VOB", "VOB"), ("DGUV V3", "DGUV V3")],
)
def test_each_word_of_the_issue_is_a_name_and_pairs_are_of_one_meaning(name: str, other: str) -> None:
    concepts = knowledge().concepts
    one, two = ({key for key, weight in named(word, concepts).items() if weight == NAMED} for word in (name, other))
    assert one & two


def test_the_shipped_classifier_was_learned_from_the_shipped_phrases() -> None:
    """If this fails: the thesaurus has changed, so `keep_classifier` must run again; until then every start is slow."""
    with np.load(CLASSIFIER, allow_pickle=False) as kept:
        assert str(kept["digest"]) == digest(shipped, encoder())
        assert kept["grid"].shape == (encoder().size, len(shipped))
