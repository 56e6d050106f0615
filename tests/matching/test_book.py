"""The book of kept pairs: matching what changed comes to what matching everything would."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sharing.matching.book import Row, Settled, entering, settle
from sharing.matching.engine.match import MOST_OF_ONE_OWNER, Pairs, best_of_both
from sharing.matching.engine.score import Weights, default_weights, probabilities

Pair = tuple[str, str]
REQUESTS, OFFERS = [f"R{n}" for n in range(6)], [f"O{n}" for n in range(6)]
World = dict[Pair, float]  # open pairs and what they say by themselves


def owner(listing: str, towns: int) -> str:
    return f"town{sum(map(ord, listing)) % towns}"


def row(pair: Pair, own: float, towns: int) -> Row:
    return Row(*pair, own, owner(pair[0], towns), owner(pair[1], towns))


def weights(most: int) -> Weights:
    return replace(default_weights(), most_per_listing=most)


def from_scratch(world: World, most: int, towns: int) -> dict[Pair, tuple[float, float]]:
    """What is kept of a whole market: own logit and probability, by `best_of_both` over all its pairs."""
    pairs = sorted(world)
    r = np.array([REQUESTS.index(request) for request, _ in pairs], np.intp)
    o = np.array([OFFERS.index(offer) for _, offer in pairs], np.intp)
    own = np.array([world[pair] for pair in pairs])
    askers, givers = (
        np.array([int(owner(name, towns)[4:]) for name in names], np.int64) for names in (REQUESTS, OFFERS)
    )
    kept = best_of_both([Pairs(r, o, np.zeros(len(r)), own)], askers, givers, most)
    chances = probabilities(kept.own, kept.r, kept.o, weights(most))
    ids = [(REQUESTS[a], OFFERS[b]) for a, b in zip(kept.r, kept.o, strict=True)]
    return dict(zip(ids, zip(kept.own.tolist(), chances.tolist(), strict=True), strict=True))


class Book:
    """A table of kept pairs, and the market behind it; `match` does what `actions.match_listings` does."""

    def __init__(self, most: int, towns: int) -> None:
        self.most, self.towns = most, towns
        self.world: World = {}
        self.kept: dict[Pair, tuple[float, float]] = {}

    def match(self, changed: set[str]) -> None:
        settled = self._settled(changed)
        if settled.again:
            settled = self._settled(changed | settled.again)
        self.kept = {pair: value for pair, value in self.kept.items() if settled.touched.isdisjoint(pair)}
        for kept, chance in zip(settled.rows, settled.chances.tolist(), strict=True):
            self.kept[kept.pair] = (kept.own, chance)

    def _settled(self, changed: set[str]) -> Settled:
        found = [row(pair, own, self.towns) for pair, own in self.world.items() if changed & {*pair}]
        found = entering(found, self._bars(changed), weights(self.most), changed=changed)
        ids = self._with_partners(changed) | {name for one in found for name in one.pair}
        ids = self._with_partners(ids)
        before = [row(pair, self.kept[pair][0], self.towns) for pair in sorted(self.kept) if ids & {*pair}]
        return settle(before, found, weights(self.most), changed=changed)

    def _with_partners(self, ids: set[str]) -> set[str]:
        return ids | {name for pair in self.kept if ids & {*pair} for name in pair}

    def _bars(self, changed: set[str]) -> dict[str, float]:
        """What `circle` asks the database for."""
        kept = [row(pair, own, self.towns) for pair, (own, _) in self.kept.items() if not changed & {*pair}]
        best: dict[str, list[float]] = defaultdict(list)
        of_owner: Counter[tuple[str, str]] = Counter()
        for one in sorted(kept, key=lambda one: -one.own):
            for name, owner in ((one.request, one.giver), (one.offer, one.asker)):
                of_owner[name, owner] += 1
                if of_owner[name, owner] <= MOST_OF_ONE_OWNER:
                    best[name].append(one.own)
        return {name: owns[self.most - 1] for name, owns in best.items() if len(owns) >= self.most}


listings = st.sampled_from(REQUESTS + OFFERS)
values = st.sampled_from([-4.0, -1.0, 0.0, 0.5, 0.5, 1.0, 3.0])
# From two on: whoever leaves a full list of two or more was neither its best nor the best one's rival.
mosts = st.integers(2, 4)
steps = st.lists(
    st.tuples(listings, st.dictionaries(listings, values, max_size=6)), min_size=1, max_size=12
)  # a listing changes: these are its pairs from now on


# O3's pair with R0 gets worse, so that R1's, which was not kept, has become one of its best two.
WORSE = [("R0", {"O3": -1.0}), ("R2", {"O3": 0.0}), ("R1", {"O3": -1.0, "O0": -1.0, "O1": -1.0}), ("R0", {"O3": -4.0})]


def changed_world(world: World, listing: str, partners: dict[str, float]) -> World:
    left = {pair: own for pair, own in world.items() if listing not in pair}
    other_side = OFFERS if listing in REQUESTS else REQUESTS
    pairs = {
        (listing, partner) if listing in REQUESTS else (partner, listing): own
        for partner, own in partners.items()
        if partner in other_side
    }
    return left | pairs


@settings(max_examples=150, deadline=None)
@example(WORSE, 2, 1)
@given(steps, mosts, st.sampled_from([1, 2, 12]))
def test_step_by_step_comes_to_the_same_as_everything_at_once(
    way: list[tuple[str, dict[str, float]]], most: int, towns: int
) -> None:
    book = Book(most, towns)
    for listing, partners in way:
        book.world = changed_world(book.world, listing, partners)
        book.match({listing})
        assert book.kept == from_scratch(book.world, most, towns)


@settings(max_examples=80, deadline=None)
@example([*WORSE, ("R5", {}), ("R5", {})], 2, 1)
@given(steps, mosts, st.sampled_from([1, 2, 12]))
def test_several_changes_at_once_come_to_the_same(
    way: list[tuple[str, dict[str, float]]], most: int, towns: int
) -> None:
    book = Book(most, towns)
    for half in (way[: len(way) // 2], way[len(way) // 2 :]):
        for listing, partners in half:
            book.world = changed_world(book.world, listing, partners)
        book.match({listing for listing, _ in half})
        assert book.kept == from_scratch(book.world, most, towns)


def rows(*pairs: tuple[str, str, float], giver: str = "") -> list[Row]:
    return [Row(r, o, own, f"owner of {r}", giver or f"owner of {o}") for r, o, own in pairs]


def pairs(found: Iterable[Row]) -> set[Pair]:
    return {one.pair for one in found}


def test_at_most_three_of_one_owner_are_kept_for_a_listing() -> None:
    """The offers would each keep the request as their best, so that all would stay: they have better ones here."""
    flood = [("R", f"O{n}", 1.0) for n in range(5)]
    better = [(f"S{n}{m}", f"O{n}", 2.0) for n in range(5) for m in range(2)]
    found = settle([], rows(*flood, *better, giver="one"), weights(2), changed={"R"}).rows
    assert pairs(one for one in found if one.request == "R") == {("R", "O0"), ("R", "O1")}
    wider = settle([], rows(*flood, *better, giver="one"), weights(9), changed={"R"}).rows
    assert len([one for one in wider if one.request == "R"]) == 5  # each is among its offer's best nine
    assert MOST_OF_ONE_OWNER == 3


def test_who_had_room_needs_no_second_look() -> None:
    before = rows(("R", "O", 1.0), ("R", "P", 0.5))
    assert settle(before, [], weights(3), changed={"O"}).again == frozenset()


def test_who_was_full_and_lost_a_pair_looks_again() -> None:
    before = rows(("R", "O", 1.0), ("R", "P", 0.5))
    assert settle(before, [], weights(2), changed={"O"}).again == {"R"}
    better = rows(("R", "O", 1.1))
    assert settle(before, better, weights(2), changed={"O"}).again == frozenset()


def test_who_was_full_and_has_a_pair_that_got_worse_looks_again() -> None:
    before = rows(("R", "O", 1.0), ("R", "P", 0.5))
    assert settle(before, rows(("R", "O", 0.1)), weights(2), changed={"O"}).again == {"R"}


def test_who_was_full_with_one_owner_and_lost_one_of_them_looks_again() -> None:
    before = rows(*(("R", f"O{n}", 1.0) for n in range(3)), giver="one")
    assert settle(before, [], weights(20), changed={"O1"}).again == {"R"}


def test_nothing_before_and_nothing_found_is_nothing() -> None:
    settled = settle([], [], weights(3), changed={"R"})
    assert (settled.rows, len(settled.chances), settled.touched, settled.again) == ((), 0, {"R"}, frozenset())


def test_chances_belong_to_their_rows() -> None:
    found = rows(("R", "O", 3.0), ("R", "P", -3.0), ("S", "P", 1.0))
    settled = settle([], found, weights(3), changed={"R"})
    chances = {one.pair: chance for one, chance in zip(settled.rows, settled.chances.tolist(), strict=True)}
    assert chances["R", "O"] > chances["R", "P"]
    assert settled.touched == {"R", "O", "P"}
