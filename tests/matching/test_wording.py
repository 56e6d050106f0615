"""Reasons in words: each in the reader's language, with figures as people write them."""

import pytest
from django.utils import translation

from sharing.listings.terms import KnowledgeLevel, Mode
from sharing.matching.wording import sentences
from tests.matching.market import everything, offer, request, suggested

QUANTITY = {"offered": 1234.5, "requested": 2000.0, "unit": "hours_per_week", "share": 0.6}
CONCEPT = {"code": "concept", "concepts": ["a", "b"], "de": ["Kehrmaschine", "Bauhof"], "en": ["sweeper", "depot"]}
CASES = [
    ({**CONCEPT, "resource": "equipment"}, "Kehrmaschine, Bauhof", "Same equipment: sweeper, depot"),
    ({**CONCEPT, "resource": "expertise"}, "Kehrmaschine, Bauhof", "Same task: sweeper, depot"),
    ({**CONCEPT, "resource": "project"}, "Kehrmaschine, Bauhof", "Same project: sweeper, depot"),
    ({"code": "other_language", "language": "fr"}, "Französisch", "another language (French)"),
    ({"code": "remote"}, "", "Can be done remotely"),
    ({"code": "quantity_unknown"}, "", "cannot be compared"),
    ({"code": "similar_text"}, "", "in other words"),
    (
        {"code": "same_category", "category": "BAU"},
        "Bauhof, Straßen, Winterdienst",
        "works depot, roads, winter service",
    ),
    ({"code": "same_category", "category": "OLD"}, "OLD", "OLD"),
    ({"code": "shared_words", "words": ["Kehrmaschine", "Bauhof"]}, "Kehrmaschine, Bauhof", "Kehrmaschine, Bauhof"),
    ({"code": "quantity_partial", **QUANTITY}, "1.234,5 von 2.000", "1,234.5 of 2,000"),
    ({"code": "quantity", **QUANTITY, "offered": 3000.0}, "2.000 von 2.000", "2,000 of 2,000"),
    ({"code": "window", "share": 0.8, "days": 80, "requested_days": 100}, "80 %", "80%"),
    ({"code": "window_partial", "share": 0.299, "days": 29, "requested_days": 97}, "29 %", "29%"),
    ({"code": "distance", "km": 0.2}, "1 km", "1 km"),
    ({"code": "distance", "km": 112.4}, "112 km", "112 km"),
]


@pytest.mark.parametrize(("reason", "german", "english"), CASES, ids=[str(case[0]) for case in CASES])
def test_a_reason_is_one_sentence_in_each_language(reason, german, english):
    for language, words in [("de", german), ("en", english)]:
        with translation.override(language):
            [sentence] = sentences([reason])
        assert words in sentence


def test_the_whole_period_is_said_without_figures():
    with translation.override("en"):
        [sentence] = sentences([{"code": "window", "share": 1.0, "days": 9, "requested_days": 9}])
    assert not any(letter.isdigit() for letter in sentence)


@pytest.mark.parametrize("code", ["same_resource", "distance_unknown", "new one"])
def test_what_tells_a_coordinator_nothing_stays_silent(code):
    assert sentences([{"code": code, "resource": "equipment"}]) == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_reason_of_the_engine_can_be_said(language):
    pairs = [
        (request(), offer()),
        (request(quantity=40.0), offer(quantity=5.0)),
        (request(quantity=None), offer()),
        (request(), offer(first_day=request().first_day + 100)),
        (request(mode=Mode.REMOTE), offer(mode=Mode.REMOTE, language="en")),
        (request(level=KnowledgeLevel.EXPERT), offer(level=KnowledgeLevel.ENTRY)),
        (request(title="Xy"), offer(title="Zw", category="KUL")),
    ]
    with translation.override(language):
        for wanted, given in pairs:
            [suggestion] = suggested([wanted], [given], everything())
            told = sentences(suggestion.reasons)
            assert len(told) == len(suggestion.reasons) >= 4
            assert all("%(" not in sentence for sentence in told)
