"""Set packing: proven where time allows, never worse than greedy, and honest about what is left."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from sharing.networks.engine import packing
from sharing.networks.engine.cycles import cycles
from sharing.networks.engine.packing import components, greedy, pack

ROWS = 7
LARGE = 4_000, 150, 300
columns = st.lists(
    st.tuples(st.sets(st.integers(0, ROWS - 1), min_size=1, max_size=4), st.integers(1, 50)), min_size=0, max_size=9
)


def problem(some: list[tuple[set[int], int]]) -> tuple[np.ndarray, csr_matrix]:
    uses = np.zeros((len(some), ROWS))
    for place, (rows, _) in enumerate(some):
        uses[place, list(rows)] = 1
    return np.array([value for _, value in some], np.int64), csr_matrix(uses)


def best(some: list[tuple[set[int], int]]) -> int:
    sets = (chosen for size in range(len(some) + 1) for chosen in combinations(some, size))
    disjoint = (chosen for chosen in sets if sum(len(r) for r, _ in chosen) == len({x for r, _ in chosen for x in r}))
    return max(sum(value for _, value in chosen) for chosen in disjoint)


def pools(columns: int, offers: int, requests: int) -> tuple[np.ndarray, csr_matrix]:
    """Each column is one offer with two to four requests nearby, and worth about as much as it has requests."""
    chance = np.random.default_rng(0)
    uses = np.zeros((columns, offers + requests))
    for column in range(columns):
        offer = int(chance.integers(offers))
        near = offer * requests // offers + chance.choice(20, int(chance.integers(2, 5)), replace=False)
        uses[column, [offer, *(offers + near % requests)]] = 1
    worth = chance.integers(700, 1_300, offers + requests)
    return (uses @ worth).astype(np.int64), csr_matrix(uses)


@settings(max_examples=100, deadline=None)
@given(columns)
def test_small_problems_are_solved_as_by_trying_everything(some: list[tuple[set[int], int]]) -> None:
    found = pack(*problem(some), seconds=30)
    assert found.value == found.bound == best(some)
    assert found.gap == 0


@settings(max_examples=100, deadline=None)
@given(columns)
def test_column_generation_finds_the_same(some: list[tuple[set[int], int]]) -> None:
    """What is small is given to the solver whole; here nothing counts as small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "FEW", 0)
        patch.setattr(packing, "BEST_OF_EACH", 1)
        patch.setattr(packing, "PRICED", 1)
        found = pack(*problem(some), seconds=30)
    assert found.value == found.bound == best(some)


def test_a_large_problem_is_solved_nearly_and_far_better_than_greedy() -> None:
    values, uses = pools(*LARGE)
    found = pack(values, uses, seconds=5)
    assert np.asarray(uses[found.chosen].sum(axis=0)).max() == 1
    assert found.value > 1.1 * values[greedy(values, uses)].sum()
    assert found.gap < 0.1


def test_when_the_time_is_over_the_best_so_far_comes_with_what_may_be_missing() -> None:
    values, uses = pools(*LARGE)
    found = [pack(values, uses, seconds=seconds) for seconds in (0.0, 0.05, 0.5, 3.0)]
    assert found[0].value >= values[greedy(values, uses)].sum()
    assert max(one.value for one in found) <= min(one.bound for one in found)


def test_neighbourhoods_never_make_it_worse() -> None:
    values, uses = pools(*LARGE)
    first = greedy(values, uses)
    worth = int(values[first].sum())
    start = packing.Packing(first, worth, 10 * worth)
    better = packing._improved(values, uses, np.arange(len(values)), start, ends=packing.monotonic() + 2)
    assert better.value > worth
    assert np.asarray(uses[better.chosen].sum(axis=0)).max() == 1


def test_when_the_solver_fails_what_was_found_before_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Failed:
        status, message, x, mip_dual_bound = 4, "out of memory", None, None

    monkeypatch.setattr(packing, "milp", lambda *_, **__: Failed())
    some = [({0, 1}, 3), ({1, 2}, 4), ({2, 3}, 3)]
    found = pack(*problem(some), seconds=30)
    assert (found.value, found.fault) == (4, "out of memory")
    assert found.gap > 0


def test_columns_without_a_common_row_are_solved_apart() -> None:
    _, uses = problem([({0, 1}, 1), ({2}, 1), ({1, 3}, 1), ({4, 5}, 1), ({5, 6}, 1)])
    assert [part.tolist() for part in components(uses)] == [[1], [0, 2], [3, 4]]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda arc: arc[0] != arc[1]), max_size=12))
def test_every_cycle_is_found_once(arcs: list[tuple[int, int]]) -> None:
    giver, taker = (np.array([arc[side] for arc in arcs], np.intp) for side in (0, 1))
    found = [tuple(map(int, cycle)) for block in cycles(giver, taker, 4) for cycle in block]
    assert len(found) == len(set(found))
    assert set(found) == set(walked(arcs, 4))


def walked(arcs: list[tuple[int, int]], longest: int) -> list[tuple[int, ...]]:
    """By walking from each vertex, one arc after the other."""
    found: list[tuple[int, ...]] = []

    def walk(path: tuple[int, ...]) -> None:
        start, end = arcs[path[0]][0], arcs[path[-1]][1]
        if end == start:
            found.append(path)
        elif len(path) < longest and end > start and all(arcs[place][0] != end for place in path):
            for place, (giver, _) in enumerate(arcs):
                if giver == end:
                    walk((*path, place))

    for place in range(len(arcs)):
        walk((place,))
    return [path for path in found if all(arcs[a][1] == arcs[b][0] for a, b in pairwise(path)) and len(path) > 1]
