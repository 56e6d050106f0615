"""The retrieval stage finds what looking at every pair finds, however the market is stored and shared out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sharing.listings.terms import Consideration, Mode, Unit, Visibility
from sharing.matching.engine import retrieval
from sharing.matching.engine.facts import AMOUNT, NO_MEASURE, RATE, Codes, Fact, Owner, Side, side_of
from sharing.matching.engine.gates import open_pairs
from sharing.matching.engine.retrieval import Index, RetrievalWeights, best, best_of_one, tiles
from tests.matching.market import GIVE, offer, owners, request

Vectors = NDArray[np.float32]
Market = tuple[list[Fact], Vectors, list[Fact], Vectors]

_places = st.sampled_from(
    [(50.0, 8.0), (50.0, 8.0), (50.1, 8.0), (50.3, 8.1), (50.6, 8.6), (None, None), (53.5, 10.0), (-36.8, 174.7)]
)
_owners = st.builds(
    lambda owner, place, acting: replace(owner, latitude=place[0], longitude=place[1], administration=acting),
    owners,
    _places,
    st.sampled_from(["", "", "", "", "A", "amt"]),
)
_changes = st.fixed_dictionaries(
    {
        "owner": _owners,
        "resource": st.sampled_from(["equipment", "expertise"]),
        "category": st.sampled_from(["BAU", "DSB"]),
        "first_day": st.integers(740_000, 740_200),
        "last_day": st.integers(740_200, 740_400) | st.integers(740_000, 740_400),
        "quantity": st.none() | st.sampled_from([0.0, 0.5, 1.0, 3.0, 40.0]),
        "unit": st.none() | st.sampled_from(Unit),
        "mode": st.sampled_from([Mode.HYBRID, *Mode]),
        "radius_km": st.sampled_from([None, None, 100.0, 100.0, 12.0, 1.0, 30_000.0]),
        "considerations": st.sampled_from([*[frozenset()] * 9, frozenset({Consideration.SALE})]),
        "visibility": st.sampled_from([*[Visibility.ALL] * 8, *Visibility]),
        "audience": st.frozensets(st.sampled_from("ABCDE")),
    }
).map(lambda changes: changes | {"last_day": max(changes["first_day"], changes["last_day"])})
_words = [[1, 0, 0], [0.6, 0.8, 0], [0, 0.6, 0.8], [0, 0, -1], [0, 0, 0]]


@st.composite
def _side(draw: st.DrawFn, listing: Any, size: int) -> tuple[list[Fact], Vectors]:
    """Few places, texts and days, so that many pairs tie; some listings are copies of others."""
    changes = draw(st.lists(_changes, min_size=2, max_size=6))
    changes += draw(st.lists(st.sampled_from(changes), max_size=6))
    facts = [listing(**change, id=f"{place:02}") for place, change in enumerate(changes)]
    texts = draw(st.lists(st.sampled_from(_words), min_size=len(facts), max_size=len(facts)))
    return facts, np.array(texts, np.float32)[:, :size]


@st.composite
def markets(draw: st.DrawFn) -> Market:
    size = draw(st.sampled_from([3, 3, 0]))
    return (*draw(_side(request, size)), *draw(_side(offer, size)))


def indices(market: Market) -> tuple[Index, Index]:
    codes = Codes()
    sides = side_of(market[0], codes), side_of(market[2], codes)
    return Index.of(sides[0], market[1]), Index.of(sides[1], market[3])


def rows(found: tuple[Any, ...]) -> list[tuple[int, int, float]]:
    """As the caller would sort them: by who asks, the best first."""
    return sorted(zip(*(column.tolist() for column in found), strict=True), key=lambda row: (row[0], -row[2], row[1]))


def by_brute_force(market: Market, k: int, *, by_offer: bool = False) -> list[tuple[int, int, float]]:
    codes = Codes()
    requests, offers = side_of(market[0], codes), side_of(market[2], codes)
    r, o, km = open_pairs(requests, offers)
    text = (market[1][r].astype(float) * market[3][o].astype(float)).sum(axis=1)
    score = np.round(_scores(requests, offers, r, o, km, text), 4)
    pairs = zip(*((o, r) if by_offer else (r, o)), score, strict=True)
    ranked = sorted((int(a), -float(s), int(b)) for a, b, s in pairs)
    starts = {row[0]: place for place, row in reversed(list(enumerate(ranked)))}
    return [(a, b, -s) for place, (a, s, b) in enumerate(ranked) if place - starts[a] < k]


def _scores(requests: Side, offers: Side, r: Any, o: Any, km: Any, text: Any) -> Any:
    first, last = (
        np.maximum(requests.first_day[r], offers.first_day[o]),
        np.minimum(requests.last_day[r], offers.last_day[o]),
    )
    window = (last - first + 1) / (requests.last_day[r] - requests.first_day[r] + 1)
    near = np.where(np.isnan(km), 0.5, np.exp(-km / 30))
    near = np.where(requests.remote[r] & offers.remote[o], np.maximum(near, 0.5), near)
    return (
        0.55 * np.maximum(0, text)
        + 0.15 * (requests.category[r] == offers.category[o])
        + 0.05 * (requests.resource[r] == offers.resource[o])
        + 0.10 * window
        + 0.10 * near
        + 0.05
        * np.array(
            [_quantity(requests, offers, a, b, (e - s + 1) / 7) for a, b, s, e in zip(r, o, first, last, strict=True)]
        )
    )


def _quantity(requests: Side, offers: Side, r: int, o: int, weeks: float) -> float:
    asked, kind, offered, wanted = (
        requests.kind[r],
        offers.kind[o],
        float(offers.measure[o]),
        float(requests.measure[r]),
    )
    if (asked, kind) == (AMOUNT, RATE):
        offered *= weeks
    elif (asked, kind) == (RATE, AMOUNT):
        offered /= weeks
    elif asked != kind or kind == NO_MEASURE:
        return 0.75
    if wanted == 0:
        return 1.0 if offered else 0.75
    return round(min(1.0, offered / wanted), 6)


exactly = settings(deadline=None, max_examples=40)  # the first example waits for the compiler


@exactly
@given(markets(), st.integers(1, 8))
def test_every_request_gets_exactly_its_best_offers_and_every_offer_its_best_requests(market: Market, k: int) -> None:
    asked, given_ = indices(market)
    assert rows(best(asked, given_, k)) == by_brute_force(market, k)
    assert rows(best(given_, asked, k)) == by_brute_force(market, k, by_offer=True)


@exactly
@given(markets(), st.integers(1, 8))
def test_one_listing_finds_what_all_of_them_together_find(market: Market, k: int) -> None:
    codes = Codes()
    sides = side_of(market[0], codes), side_of(market[2], codes)
    asked, given_ = (Index.of(side, v) for side, v in zip(sides, market[1::2], strict=True))
    for place in range(len(market[0])):
        one = Index.of(sides[0].cut(slice(place, place + 1)), market[1][place : place + 1])
        expected = [row[1:] for row in by_brute_force(market, k) if row[0] == place]
        assert list(zip(*best_of_one(one, given_, k), strict=True)) == expected
    last = len(market[2]) - 1
    one = Index.of(sides[1].cut(slice(last, last + 1)), market[3][last:])
    expected = [row[1:] for row in by_brute_force(market, k, by_offer=True) if row[0] == last]
    assert list(zip(*best_of_one(one, asked, k), strict=True)) == expected


@exactly
@given(markets(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_no_byte(market: Market, random: Random) -> None:
    asked, given_ = indices(market)
    codes = Codes()
    order = np.array(random.sample(range(len(market[0])), len(market[0])))
    shuffled = side_of([market[0][place] for place in order], codes)
    other = side_of(market[2], codes)
    asked_again = Index.of(shuffled, market[1][order], places=order)
    assert same(best(asked_again, Index.of(other, market[3]), 3), best(asked, given_, 3))


@exactly
@given(markets(), st.data())
def test_workers_that_share_the_tiles_find_the_same_bytes(market: Market, data: st.DataObject) -> None:
    asked, given_ = indices(market)
    ids = tiles(asked)
    cut = data.draw(st.integers(0, len(ids)))
    halves = [best(asked, given_, 3, tiles=some) for some in (ids[:cut], ids[cut:])]
    joined = tuple(np.concatenate(columns) for columns in zip(*halves, strict=True))
    assert same(joined, best(asked, given_, 3))


@exactly
@given(markets(), st.sampled_from([(1, 1), (2, 3), (512, 1)]))
def test_the_size_of_the_blocks_changes_no_byte(market: Market, sizes: tuple[int, int]) -> None:
    expected = best(*indices(market), 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retrieval, "ROWS", sizes[0])
        patch.setattr(retrieval, "OTHERS", sizes[1])
        assert same(best(*indices(market), 3), expected)


def same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return [column.tobytes() for column in one] == [column.tobytes() for column in other]


def listings(kind: Any, count: int, random: Random) -> list[Fact]:
    """A small country: 60 owners in an area of 200 km, four topics, a third of all without a limit."""
    return [
        kind(
            id=f"{place:05}",
            owner=Owner(
                id=str(number := random.randrange(60)),
                state=str(number % 3),
                latitude=None if number == 7 else 50 + number % 9 / 4,
                longitude=8 + number % 7 / 3,
            ),
            category=random.choice("ABCD"),
            first_day=(first := 740_000 + random.randrange(200)),
            last_day=first + random.randrange(200),
            radius_km=random.choice([None, 20, 80]),
            mode=random.choice(list(Mode)),
            visibility=random.choice([*[Visibility.ALL] * 5, Visibility.STATE, Visibility.NAMED]),
            audience=frozenset(map(str, random.sample(range(60), 9))),
        )
        for place in range(count)
    ]


def vectors(count: int, random: Random, size: int = 24) -> Vectors:
    found = np.random.default_rng(random.randrange(1000)).standard_normal((count, size), np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_what_was_saved_is_found_again_and_an_edit_writes_only_small_files(tmp_path: Path) -> None:
    random, codes = Random(1), Codes()
    texts = vectors(300, random), vectors(300, random)
    asked = Index.of(side_of(listings(request, 300, random), codes), texts[0])
    given_ = Index.of(side_of(listings(offer, 300, random), codes), texts[1])
    asked.save(tmp_path / "asked")
    given_ = given_.save(tmp_path / "given")
    loaded = [Index.load(tmp_path / name) for name in ("asked", "given")]
    assert same(best(*loaded, 5), best(asked, given_, 5))
    assert not loaded[1].base.vectors.flags.owndata

    edit = side_of(listings(offer, 2, random), codes)
    edited = loaded[1].changed(edit, vectors(2, random), [5, 300], gone=[6])
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "given" / "1").iterdir()}
    edited.save(tmp_path / "given")
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "given" / "1").iterdir()} == before
    again = Index.load(tmp_path / "given")
    assert same(best(asked, again, 5), best(asked, edited, 5))
    assert same(best(*loaded, 5), best(asked, given_, 5)), "who loaded the old state keeps it"
    again.compact().save(tmp_path / "given")
    assert same(best(asked, Index.load(tmp_path / "given"), 5), best(asked, edited, 5))


@pytest.mark.parametrize("asks", ["request", "offer"])
def test_after_1000_edits_all_is_as_if_built_afresh(asks: str) -> None:
    random, codes = Random(2), Codes()
    facts, pool = listings(offer, 1_300, random), vectors(1_300, random)
    requests = Index.of(side_of(listings(request, 200, random), codes), vectors(200, random))
    side = side_of(facts, codes)
    index = Index.of(side.cut(slice(0, 300)), pool[:300])
    live, fresh = {place: place for place in range(300)}, 300
    for number in range(1_000):
        place, kind = random.choice(list(live)), random.choice(["new", "changed", "gone"])
        if kind == "gone":
            index = index.changed(side.cut(slice(0, 0)), pool[:0], [], gone=[place])
            del live[place]
            continue
        place = 300 + number if kind == "new" else place
        live[place], fresh = fresh, fresh + 1
        row = slice(live[place], live[place] + 1)
        index = index.changed(side.cut(row), pool[row], [place])
    places = sorted(live)
    rows_ = [live[place] for place in places]
    rebuilt = Index.of(side_of([facts[row] for row in rows_], codes), pool[rows_], places=np.array(places))
    pairs = [(requests, i) if asks == "request" else (i, requests) for i in (index, index.compact(), rebuilt)]
    expected = best(*pairs[2], 5)
    assert len(expected[0]) > 500
    assert all(same(best(*pair, 5), expected) for pair in pairs)
    compacted = index.compact()
    assert all(same([getattr(compacted.base, name)], [getattr(rebuilt.base, name)]) for name in rebuilt.base.__slots__)


def test_a_market_larger_than_one_block_is_exact() -> None:
    random = Random(3)
    market = (
        listings(request, 700, random), vectors(700, random),
        listings(offer, 2_500, random), vectors(2_500, random),
    )  # fmt: skip
    some = (market[0][:60], market[1][:60], *market[2:])
    asked, given_ = indices(market)
    found = [row for row in rows(best(asked, given_, 4)) if row[0] < 60]
    assert found == by_brute_force(some, 4)


def test_scores_that_float32_would_round_wrongly_are_right() -> None:
    """Thousands of products within its error of a rounding limit; the score of one pair does not tell."""
    random = np.random.default_rng(4)
    texts = random.standard_normal((2, 64)).astype(np.float32)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    shares = np.linspace(0, 1e-3, 1_500)[:, None]
    near = ((1 - shares) * texts[0] + shares * texts[1]).astype(np.float32)
    offers = [offer(id=f"{n:04}", owner=replace(GIVE, id=f"give{n}")) for n in range(len(near))]
    market = ([request()], texts[:1], offers, near)
    assert rows(best(*indices(market), 50)) == by_brute_force(market, 50)


def test_nothing_on_one_side_finds_nothing() -> None:
    one, none = (([request()], np.eye(1, 3, dtype=np.float32)), ([], np.empty((0, 3), np.float32)))
    for market in ((*one, *none), (*none, [offer()], one[1]), (*none, *none)):
        asked, given_ = indices(market)
        assert not len(best(asked, given_, 3)[0])
        assert not len(best(given_, asked, 3)[0])


def test_a_new_listing_in_an_empty_index_is_found() -> None:
    codes = Codes()
    text = np.eye(1, 3, dtype=np.float32)
    asked = Index.of(side_of([request()], codes), text)
    empty = Index.of(side_of([], codes), text[:0])
    index = empty.changed(side_of([offer()], codes), text, [4])
    assert best(asked, index, 3)[1].tolist() == [4]
    assert best_of_one(asked, index, 3)[0].tolist() == [4]


def test_other_weights_rank_otherwise() -> None:
    words = np.eye(2, dtype=np.float32)
    offers = [offer(id="1", category="DSB"), offer(id="2")]
    market = ([request()], words[:1], offers, words)
    assert best(*indices(market), 1)[1].tolist() == [0]
    assert best(*indices(market), 1, weights=RetrievalWeights(category=0.9))[1].tolist() == [1]
    with pytest.raises(ValueError, match="negative"):
        RetrievalWeights(text=-1)


def test_mistakes_of_the_caller_are_told() -> None:
    codes, text = Codes(), np.eye(1, 3, dtype=np.float32)
    asked = side_of([request()], codes)
    index, given_ = Index.of(asked, text), Index.of(side_of([offer()], codes), text)
    for call, words in (
        (lambda: best(index, index, 1), "Both sides"),
        (lambda: best(index, given_, 0), "k must"),
        (lambda: Index.of(asked, 2 * text), "longer than one"),
        (lambda: Index.of(asked, text[:0]), "one vector"),
        (lambda: best_of_one(Index.of(asked, text).changed(asked, text, [9]), index, 1), "One listing"),
    ):
        with pytest.raises(ValueError, match=words):
            call()
