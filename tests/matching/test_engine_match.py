"""The engine as a whole: the same answer whatever the order and the batch, and never too many."""

import json
import math
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.listings.terms import KnowledgeLevel, Mode, Unit
from sharing.matching.engine import match
from sharing.matching.engine.facts import Fact
from sharing.matching.engine.match import MOST_OF_ONE_OWNER, Market, Suggestion, best_pairs, scored, suggest
from sharing.matching.engine.score import default_weights
from tests.matching.market import GIVE, NEED, everything, knowledge, market, markets, offer, request, suggested

Sides = tuple[list[Fact], list[Fact]]
Ids = tuple[str, str]
ALL = everything()
briefly = settings(max_examples=25, deadline=None)


def alike(count: int) -> Sides:
    """As many requests as offers, each pair as good as any other."""
    return (
        [request(id=f"R{n:03}", owner=replace(NEED, id=f"need{n}")) for n in range(count)],
        [offer(id=f"O{n:03}", owner=replace(GIVE, id=f"give{n}")) for n in range(count)],
    )


def own(sides: Sides, only: set[str] | None = None) -> dict[Ids, float]:
    """What the two listings of each pair say by themselves."""
    there = market([*sides[0], *sides[1]])
    blocks = scored(there, replace(knowledge(), weights=ALL), only)
    return {
        (there.requests.facts[r].id, there.offers.facts[o].id): own
        for block in blocks
        for r, o, own in zip(block.r, block.o, block.own.tolist(), strict=True)
    }


def pair(asked: Fact, given_: Fact) -> Suggestion:
    (found,) = suggested([asked], [given_], ALL)
    return found


def reason(found: Suggestion, *codes: str) -> dict[str, Any]:
    (told,) = [told for told in found.reasons if told["code"] in codes]
    return told


def test_the_engine_knows_no_django() -> None:
    program = (
        "import sys, sharing.matching.engine.match, sharing.matching.evaluation, sharing.regions.bundle\n"
        "sys.exit(any(name.partition('.')[0] in {'django', 'celery', 'psycopg'} for name in sys.modules))"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0


def test_nothing_on_one_side_is_no_error() -> None:
    assert suggested([], [offer()]) == suggested([request()], []) == suggested([], []) == []


def test_the_best_offer_comes_first_and_ties_go_by_id() -> None:
    offers = [offer(id="O3"), offer(id="O1"), offer(id="O2", title=request().title)]
    assert [found.offer for found in suggested([request()], offers)] == ["O2", "O1", "O3"]


def test_what_fits_is_notified_and_what_is_too_weak_is_not_suggested() -> None:
    far = replace(GIVE, latitude=54.0)
    weak = offer(
        title="Standesbeamtin",
        category="ORD",
        resource="expertise",
        owner=far,
        quantity=None,
        last_day=request().first_day,
    )
    (good,) = suggested([request()], [offer()])
    assert (good.notify, good.partial) == (True, False)
    assert suggested([request()], [weak]) == []
    assert suggested([request()], [weak], ALL) != []


def test_without_a_common_subject_nothing_is_notified_though_all_else_fits() -> None:
    neighbour = replace(NEED, id="next door")
    other = offer(title="Eheschließungen im Standesamt", owner=neighbour, category="ORD", resource="expertise")
    assert not any(found.notify for found in suggested([request()], [other]))


def test_a_worked_case_says_what_fits_in_its_order() -> None:
    (found,) = suggested([request()], [offer()])
    subject, *rest = found.reasons
    assert (subject["code"], subject["de"], subject["en"]) == ("concept", ["Kehrmaschine"], ["street sweeper"])
    assert rest == [
        {"code": "quantity", "offered": 20.0, "requested": 5.0, "unit": "hours_per_week", "share": 1.0},
        {"code": "window", "days": 214, "requested_days": 214, "share": 1.0},
        {"code": "distance", "km": 7.4},
    ]


@pytest.mark.parametrize(
    ("asked", "given_", "codes"),
    [
        ({}, {}, ["quantity", "window", "distance"]),
        ({"quantity": 40.0}, {}, ["quantity_partial", "window", "distance"]),
        ({"quantity": None}, {}, ["quantity_unknown", "window", "distance"]),
        ({}, {"unit": Unit.PARTNERS}, ["quantity_unknown", "window", "distance"]),
        ({}, {"first_day": request().last_day}, ["quantity", "window_partial", "distance"]),
        ({"mode": Mode.REMOTE}, {"mode": Mode.REMOTE}, ["quantity", "window", "remote"]),
        ({"mode": Mode.REMOTE}, {"mode": Mode.HYBRID}, ["quantity", "window", "distance"]),
        ({}, {"owner": replace(GIVE, latitude=None)}, ["quantity", "window", "distance_unknown"]),
        ({}, {"language": "en"}, ["quantity", "window", "distance", "other_language"]),
        ({"level": KnowledgeLevel.EXPERT}, {"level": KnowledgeLevel.ENTRY},
         ["quantity", "window", "distance", "level_below"]),
        ({"level": KnowledgeLevel.ENTRY}, {"level": KnowledgeLevel.EXPERT}, ["quantity", "window", "distance"]),
    ],
)  # fmt: skip
def test_after_the_subject_come_quantity_time_and_way_and_then_what_is_missing(
    asked: dict[str, Any], given_: dict[str, Any], codes: list[str]
) -> None:
    found = pair(request(**asked), offer(**given_))
    assert [told["code"] for told in found.reasons] == ["concept", *codes]
    assert found.partial == bool({"quantity_partial", "window_partial"} & set(codes))


def test_quantities_are_told_in_the_requests_unit() -> None:
    ten_weeks = {"first_day": 740_000, "last_day": 740_069}
    found = pair(
        request(quantity=10.0, unit=Unit.DAYS, **ten_weeks),
        offer(quantity=0.1, unit=Unit.FTE, **ten_weeks),
    )
    assert reason(found, "quantity_partial") == {
        "code": "quantity_partial", "offered": 5.0, "requested": 10.0, "unit": "days", "share": 0.5,
    }  # fmt: skip


def test_a_subject_that_no_meaning_names_is_told_by_words_then_by_category() -> None:
    asked, given_ = request(title="Schnurzelpurzelgerät"), offer(title="Schnurzelpurzelgerät zum Teilen")
    subject = pair(asked, given_).reasons[0]
    assert subject["code"] in {"shared_words", "concept"}  # a thesaurus may have a likely guess
    plain = pair(request(title="Xy"), offer(title="Zw")).reasons[0]
    assert plain["code"] in {"same_category", "concept"}
    unlike = pair(request(title="Xy", category="BAU"), offer(title="Zw", category="KUL")).reasons[0]
    assert unlike["code"] in {"similar_text", "concept"}


@briefly
@given(markets())
def test_any_market_has_finite_scores_and_reasons_that_travel_as_json(sides: Sides) -> None:
    for found in suggested(*sides, ALL):
        assert 0 <= found.score <= 1
        assert math.isfinite(found.score)
        assert json.loads(json.dumps(found.reasons, allow_nan=False)) == list(found.reasons)
        assert found.notify == (found.score >= default_weights().notify)
        codes = [told["code"] for told in found.reasons]
        assert found.partial == bool({"quantity_partial", "window_partial"} & set(codes))
        assert codes[0] in {"concept", "shared_words", "same_category", "similar_text"}
        assert codes[1] in {"quantity", "quantity_partial", "quantity_unknown"}
        assert codes[2] in {"window", "window_partial"}
        assert codes[3] in {"distance", "remote", "distance_unknown"}
        assert set(codes[4:]) <= {"level_below", "other_language"}


@briefly
@given(markets())
def test_the_best_of_a_request_comes_first_and_what_is_suggested_is_likely_enough(sides: Sides) -> None:
    found = suggested(*sides)
    assert found == sorted(found, key=lambda one: (one.request, -one.score, one.offer))
    assert all(one.score >= default_weights().suggest for one in found)


@briefly
@given(markets(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(sides: Sides, random: st.DataObject) -> None:
    shuffled = [random.sample(side, len(side)) for side in sides]  # type: ignore[attr-defined]
    assert suggested(*shuffled, ALL) == suggested(*sides, ALL)


@settings(max_examples=10, deadline=None)
@given(markets())
def test_what_was_read_before_is_as_good_as_what_is_read_now(sides: Sides) -> None:
    known = knowledge()
    assert suggest(Market.of([*sides[0], *sides[1]], known), known) == suggested(*sides)


@briefly
@given(markets())
def test_a_pair_says_the_same_alone_as_in_a_market(sides: Sides) -> None:
    together = own(sides)
    alone = [own(([asked], [given_])) for asked, given_ in product(*sides)]
    assert {ids: value for found in alone for ids, value in found.items()} == together


@briefly
@given(markets(), st.data())
def test_looking_only_at_what_changed_finds_its_pairs(sides: Sides, data: st.DataObject) -> None:
    changed = data.draw(st.sets(st.sampled_from([fact.id for side in sides for fact in side])))
    assert own(sides, changed) == {ids: value for ids, value in own(sides).items() if changed & {*ids}}


@briefly
@given(markets(), st.integers(1, 20))
def test_blocks_of_any_size_give_the_same(sides: Sides, cells: int) -> None:
    weights = everything(most_per_listing=2)
    whole = suggested(*sides, weights)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(match, "CELLS", cells)
        assert suggested(*sides, weights) == whole


def best_by_hand(sides: Sides, most: int) -> set[Ids]:
    """Of each listing the best, at most three of one owner, by looking at each pair in turn."""
    owners = {fact.id: fact.owner.id for side in sides for fact in side}
    ranked = sorted(own(sides).items(), key=lambda item: (-item[1], item[0]))
    kept = set()
    for mine, theirs in ((0, 1), (1, 0)):
        taken: dict[str, Counter[str]] = defaultdict(Counter)
        for ids, _ in ranked:
            partners, partner = taken[ids[mine]], owners[ids[theirs]]
            if partners.total() < most and partners[partner] < MOST_OF_ONE_OWNER:
                partners[partner] += 1
                kept.add(ids)
    return kept


@briefly
@given(markets(), st.integers(1, 4))
def test_kept_are_the_best_of_each_request_and_of_each_offer(sides: Sides, most: int) -> None:
    found = suggested(*sides, everything(most_per_listing=most))
    assert {(one.request, one.offer) for one in found} == best_by_hand(sides, most)


def test_an_import_of_alike_listings_stays_bounded() -> None:
    assert len(suggested(*alike(60), everything(most_per_listing=5))) <= 2 * 60 * 5
    (late,) = alike(1)[0]
    there = market([late, *alike(60)[1]])
    kept = best_pairs(there, replace(knowledge(), weights=everything(most_per_listing=5)))
    assert kept.r.tolist() == [0] * len(kept.r)


def flood(requests: int) -> list[Suggestion]:
    """One text in sixty listings of one owner, against some requests of different towns."""
    return suggested(alike(requests)[0], [offer(id=f"O{n:02}") for n in range(60)])


def test_a_flood_of_one_text_gives_each_request_its_first_three() -> None:
    shown: dict[str, set[str]] = defaultdict(set)
    for found in flood(60):
        shown[found.request].add(found.offer)
    assert len(shown) == 60
    assert all({"O00", "O01", "O02"} <= offers for offers in shown.values())


@pytest.mark.parametrize("requests", [1, 30])
def test_a_flood_of_one_text_crowds_nobody_out(requests: int) -> None:
    assert max(Counter(found.request for found in flood(requests)).values()) <= MOST_OF_ONE_OWNER


def test_earlier_noes_between_two_towns_weigh_on_their_pairs_and_on_no_others() -> None:
    offers = [offer(), offer(id="P", owner=replace(GIVE, id="other"))]
    answered = replace(knowledge(), answers={("give", "need", "BAU"): 3})
    before, after = (
        {found.offer: found.score for found in suggest(Market.of([request(), *offers], known), known)}
        for known in (knowledge(), answered)
    )
    assert after.get("O", 0) < before["O"]
    assert after["P"] >= before["P"]
