"""Networks as the engine proposes them: found as by trying everything, feasible, and the same in whatever order."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.listings.terms import Consideration, Mode, Unit
from sharing.matching.engine.facts import Fact
from sharing.networks.engine.propose import Proposal, firm, problem, propose
from sharing.networks.engine.region import Region
from sharing.networks.engine.terms import Kind, Rules
from tests.networks.exhaustive import best, everything
from tests.networks.regions import SURE, TOWNS, YEAR, fact, region, small

FEW = Rules(most_members=4)
MONEY, PARTNER = frozenset({Consideration.COST_REFUND}), frozenset({Consideration.PARTNERSHIP})
briefly = settings(max_examples=60, deadline=None)


def only(proposals: list[Proposal]) -> Proposal:
    (one,) = proposals
    return one


def ends(proposal: Proposal) -> list[tuple[str, str]]:
    return [(leg.request, leg.offer) for leg in proposal.legs]


def swap(**changes: object) -> Region:
    """Two towns, each with what the other wants."""
    facts = [fact("R1", 0), fact("R2", 1), fact("O1", 1), fact("O2", 0)]
    facts[0] = replace(facts[0], **changes)  # type: ignore[arg-type]
    return region(facts, [("R1", "O1", SURE), ("R2", "O2", SURE)])


@briefly
@given(small())
def test_what_is_found_is_what_trying_everything_finds(made: tuple) -> None:  # type: ignore[type-arg]
    there = region(*made)
    whole = problem(there, FEW)
    listed = [whole.proposal(column) for column in range(len(whole.values))]
    found = [(p.kind, frozenset(p.listings), round(p.benefit * 1000)) for p in listed]
    assert set(found) == everything(there, FEW)
    assert round(sum(p.benefit for p in whole.best(seconds=60).proposals) * 1000) == best(found)


@briefly
@given(small(), st.randoms())
def test_the_order_of_the_input_changes_nothing(made: tuple, random: Random) -> None:  # type: ignore[type-arg]
    shuffled = [random.sample(part, len(part)) for part in made]
    assert propose(region(*made)) == propose(region(*shuffled))


@briefly
@given(small())
def test_no_listing_is_promised_twice_and_every_leg_is_a_pair(made: tuple) -> None:  # type: ignore[type-arg]
    facts, pairs, _ = made
    firm = [proposal for proposal in propose(region(*made)) if not proposal.soft]
    promised = [listing for proposal in firm for listing in proposal.listings]
    assert len(promised) == len(set(promised))
    owner = {f.id: f.owner.id for f in facts}
    parts = {(r, o): _part(facts, r, o) for r, o, _ in pairs}
    for proposal in firm:
        assert set(ends(proposal)) <= {(r, o) for r, o, _ in pairs}
        if proposal.kind in {Kind.SWAP, Kind.RING}:
            takers, givers = ([owner[leg[side]] for leg in ends(proposal)] for side in (0, 1))
            assert takers == [*givers[1:], givers[0]]
        if proposal.kind == Kind.CAPACITY_POOL:
            (offer,) = {leg.offer for leg in proposal.legs}
            assert len({owner[leg.request] for leg in proposal.legs}) == len(proposal.legs)
            assert sum(parts[leg.request, offer] for leg in proposal.legs) <= 1 + 1e-6


def _part(facts: list[Fact], request: str, offer: str) -> float:
    """Of the offer, what the request takes: hours a week and days compared over the days they share."""
    asked, given_ = (next(f for f in facts if f.id == name) for name in (request, offer))
    weeks = (min(asked.last_day, given_.last_day) - max(asked.first_day, given_.first_day) + 1) / 7
    hours = [f.measure[1] / (weeks if f.unit == Unit.DAYS else 1) for f in (asked, given_)]
    return hours[0] / hours[1] if hours[1] else 0.0


@briefly
@given(small())
def test_parts_solved_apart_come_to_what_the_whole_comes_to(made: tuple) -> None:  # type: ignore[type-arg]
    there = region(*made)
    parts = list(problem(there, Rules()).parts())
    apart = [p for part in parts for p in firm(there, Rules(), only=set(part)).proposals]
    whole = [p for p in propose(there) if not p.soft]
    assert sorted(p.id for p in apart) == sorted(p.id for p in whole)


def test_two_that_have_what_the_other_wants_swap() -> None:
    found = only(propose(swap()))
    assert (found.kind, found.soft) == (Kind.SWAP, False)
    assert set(found.listings) == {"R1", "R2", "O1", "O2"}


def test_where_one_asks_for_money_a_swap_is_only_a_hint() -> None:
    assert only(propose(swap(considerations=MONEY))).soft


def test_four_in_a_circle_make_a_ring_and_five_only_where_a_site_wants_it() -> None:
    def circle(size: int) -> Region:
        facts = [fact(f"{way}{n}", n) for n in range(size) for way in "RO"]
        return region(facts, [(f"R{(n + 1) % size}", f"O{n}", SURE) for n in range(size)])

    found = only(propose(circle(4)))
    assert (found.kind, len(found.legs)) == (Kind.RING, 4)
    assert propose(circle(5)) == []
    assert len(only(propose(circle(5), Rules(longest_ring=5))).legs) == 5


def test_two_swaps_are_better_than_the_ring_of_the_same_listings() -> None:
    """Each member more is one more that may say no."""
    facts = [fact(f"{way}{n}", n) for n in range(4) for way in "RO"]
    swaps = [("R0", "O1", SURE), ("R1", "O0", SURE), ("R2", "O3", SURE), ("R3", "O2", SURE)]
    ring = [("R1", "O0", SURE), ("R2", "O1", SURE), ("R3", "O2", SURE), ("R0", "O3", SURE)]
    assert {p.kind for p in propose(region(facts, {*swaps, *ring})) if not p.soft} == {Kind.SWAP}


def test_an_offer_serves_as_many_as_its_quantity_allows() -> None:
    """20 hours: of 10, 6, 6 and 4 the pool that leaves nothing idle is 10 + 6 + 4."""
    hours = {"R1": 10.0, "R2": 6.0, "R3": 6.0, "R4": 4.0}
    facts = [fact("O1", 0, quantity=20.0, considerations=MONEY)]
    facts += [fact(r, n + 1, quantity=q, considerations=MONEY) for n, (r, q) in enumerate(hours.items())]
    towns = [replace(f, owner=replace(f.owner, population=5_000)) for f in facts]
    found = only(propose(region(towns, [(r, "O1", SURE) for r in hours])))
    assert found.kind == Kind.CAPACITY_POOL
    assert sum(leg.taken or 0 for leg in found.legs) == 20


def test_half_posts_and_hours_are_summed_in_one_unit() -> None:
    facts = [
        fact("O1", 0, quantity=0.5, unit=Unit.FTE),
        fact("R1", 1, quantity=9.75),
        fact("R2", 2, quantity=0.25, unit=Unit.FTE),
    ]
    pool = only(propose(region(facts, [("R1", "O1", SURE), ("R2", "O1", SURE)])))
    assert pool.kind == Kind.CAPACITY_POOL
    slightly_more = [facts[0], facts[1], replace(facts[2], quantity=0.26)]
    assert propose(region(slightly_more, [("R1", "O1", SURE), ("R2", "O1", SURE)])) == []


def test_an_unsure_request_joins_a_pool_only_beside_one_that_wants_the_same() -> None:
    facts = [fact("O1", 0, quantity=20.0), fact("R1", 1), fact("R2", 2)]
    pairs = [("R1", "O1", SURE), ("R2", "O1", -1.5)]
    assert propose(region(facts, pairs)) == []
    assert only(propose(region(facts, pairs, [("R1", "R2", 1.0)]))).kind == Kind.CAPACITY_POOL


def test_offers_that_only_together_cover_a_request_make_a_pool_without_one_too_many() -> None:
    facts = [fact("R1", 0, quantity=20.0, considerations=MONEY)]
    facts += [fact(f"O{n}", n, quantity=q, considerations=MONEY) for n, q in ((1, 8.0), (2, 8.0), (3, 12.0))]
    found = only(propose(region(facts, [("R1", f"O{n}", SURE) for n in (1, 2, 3)])))
    assert found.kind == Kind.SUPPLY_POOL
    assert len(found.legs) == 2
    assert "O3" in found.listings


def test_who_is_served_by_one_offer_needs_no_supply_pool() -> None:
    facts = [fact("R1", 0, quantity=16.0, considerations=MONEY)]
    facts += [fact(f"O{n}", n, quantity=q, considerations=MONEY) for n, q in ((1, 8.0), (2, 8.0), (3, 16.0))]
    assert propose(region(facts, [("R1", f"O{n}", SURE) for n in (1, 2, 3)])) == []


HALF_POSTS = [
    fact("R1", 0, quantity=0.5, unit=Unit.FTE, considerations=MONEY),
    fact("R2", 1, quantity=19.5, considerations=MONEY),
]


def test_two_halves_make_a_post_unless_somebody_offers_one() -> None:
    found = only(propose(region(HALF_POSTS, [], [("R2", "R1", 2.0)])))
    assert (found.kind, found.listings, found.legs) == (Kind.DEMAND_POOL, ("R1", "R2"), ())
    offered = [*HALF_POSTS, fact("O1", 2, quantity=0.5, unit=Unit.FTE, considerations=MONEY)]
    assert propose(region(offered, [("R1", "O1", SURE)], [("R1", "R2", 2.0)])) == []


def test_halves_that_meet_too_shortly_or_too_far_apart_make_no_post() -> None:
    likes = [("R1", "R2", 2.0)]
    late = replace(HALF_POSTS[1], first_day=YEAR + 300, last_day=YEAR + 900)
    far = replace(HALF_POSTS[1], owner=replace(TOWNS[1], longitude=10.5))
    assert propose(region([HALF_POSTS[0], late], [], likes)) == []
    assert propose(region([HALF_POSTS[0], far], [], likes)) == []


def test_less_likeness_is_enough_where_the_hours_make_exactly_one_post() -> None:
    likes = [("R1", "R2", -2.5)]
    assert propose(region(HALF_POSTS, [], likes)) != []
    assert propose(region([HALF_POSTS[0], replace(HALF_POSTS[1], quantity=17.0)], [], likes)) == []


def test_a_project_finds_its_partners_where_they_fit_best() -> None:
    """Two leads, three partners: the one in between goes where it is wanted more, and the other project waits."""
    plain = {"resource": "project", "considerations": PARTNER, "mode": Mode.REMOTE}
    facts = [fact(f"R{n}", n, quantity=2.0, unit=Unit.PARTNERS, **plain) for n in (0, 1)]
    facts += [fact(f"O{n}", n, quantity=0.2, unit=Unit.FTE, **plain) for n in (2, 3, 4)]
    pairs = [("R0", "O2", 2.0), ("R0", "O3", -4.0), ("R1", "O3", -4.5), ("R1", "O4", 2.0)]
    found = only(propose(region(facts, pairs)))
    assert found.kind == Kind.CONSORTIUM
    assert found.listings == ("R0", "O2", "O3")


def test_who_got_nothing_for_a_year_goes_before_who_did() -> None:
    facts = [fact("O1", 0, quantity=16.0), *(fact(f"R{n}", n) for n in (1, 2, 3))]
    facts = [replace(f, owner=replace(f.owner, population=5_000), considerations=MONEY) for f in facts]
    pairs = [(f"R{n}", "O1", SURE) for n in (1, 2, 3)]
    for waiting in range(1, 4):
        chosen = only(propose(region(facts, pairs, **{f"town{waiting}": 365.0})))
        assert f"R{waiting}" in chosen.listings


def test_nothing_comes_of_nothing() -> None:
    assert propose(region([], [])) == []
