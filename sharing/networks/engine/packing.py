"""Which candidates together are best: weighted set packing, solved exactly where time allows, and with a proven gap."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csc_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

Values = NDArray[np.int64]
Rows = NDArray[np.intp]

FEW = 3_000  # columns that are given to the solver as they are
PRICED = 2_000  # columns that join in one round of pricing
BEST_OF_EACH = 3  # columns of each listing to begin with
CLOSE = 1e-6
MANY = 100_000  # columns up to which the rest is left to branch and bound
FREED = 10  # proposals of a neighbourhood that are chosen anew at once
MOMENT = 1.0  # seconds for a neighbourhood


class SolverFailed(Exception):
    """The solver gave neither a solution nor a bound; the message is its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Packing:
    """`chosen`: columns, ascending. `bound`: no packing is worth more; equal to `value` where that is proven. `fault`:
    what the solver said where it failed; what was found before is kept."""

    chosen: Rows
    value: int
    bound: int
    fault: str = ""

    @property
    def gap(self) -> float:
        """Share of the bound that may be missing."""
        return (self.bound - self.value) / self.bound if self.bound else 0.0


def pack(values: Values, uses: csr_matrix, *, seconds: float) -> Packing:
    """maximise v x, subject to A' x <= 1, x binary: no listing in two proposals.

    `values` (columns,): positive integers. `uses` (columns, rows): 1 where a column needs a row.

    1. Components: columns that share no row, not even through others, are solved apart.
    2. Small ones: branch and bound (HiGHS).
    3. Others: column generation. The linear relaxation over a few columns gives a price for each row; columns worth
       more than their rows cost join, until there are none. That optimum, rounded down, is the bound.
    4. A first packing: the larger shares of the relaxation first, or the more valuable columns first. Then branch and
       bound over the columns that joined; then over all whose reduced cost is not worse than the gap, among which every
       better packing must lie (reduced-cost variable fixing). Proven if this ends in time.
    5. Else neighbourhoods of the best packing are solved again until the time is over.

    The same input gives the same packing as long as `seconds` suffice.
    """
    ends, chosen, bound, fault = monotonic() + seconds, [], 0, ""
    parts = list(components(uses))
    for number, columns in enumerate(parts):
        # The small ones come first and hardly need any; no hard one may use up what those after it need.
        share = (ends - monotonic()) / (2 if number < len(parts) - 1 else 1)
        found = _solved(values[columns], _used(uses[columns]), seconds=max(share, 0.0))
        chosen.append(columns[found.chosen])
        bound, fault = bound + found.bound, fault or found.fault
    together = np.sort(np.concatenate(chosen)) if chosen else np.empty(0, np.intp)
    return Packing(together, int(values[together].sum()), bound, fault)


def components(uses: csr_matrix) -> Iterator[Rows]:
    """Columns that are connected by rows, smallest sets first."""
    columns, rows = uses.shape
    if not columns:
        return
    entries = uses.tocoo()
    graph = csr_matrix((entries.data, (entries.row, entries.col + columns)), shape=(columns + rows,) * 2)
    label = connected_components(graph, directed=False)[1][:columns]
    order = np.argsort(label, kind="stable")
    sets = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    yield from sorted(sets, key=lambda some: (len(some), int(some[0])))


def greedy(values: Values, uses: csr_matrix) -> Rows:
    """The most valuable first, as long as its rows are free: what a packing is compared with."""
    taken, chosen = np.zeros(uses.shape[1], bool), []
    for column in np.lexsort((np.arange(len(values)), -values)).tolist():
        rows = uses.indices[uses.indptr[column] : uses.indptr[column + 1]]
        if not taken[rows].any():
            taken[rows] = True
            chosen.append(column)
    return np.array(sorted(chosen), np.intp)


def _used(uses: csr_matrix) -> csr_matrix:
    """Without the rows that nothing here uses."""
    return uses[:, np.unique(uses.indices)]


def _solved(values: Values, uses: csr_matrix, *, seconds: float) -> Packing:
    ends, first = monotonic() + seconds, greedy(values, uses)
    best = Packing(first, _worth(values, first), int(values.sum()))
    try:
        if len(values) <= FEW:
            return _branched(values, uses, np.arange(len(values)), best, ends=ends)
        return _priced(values, uses, best, ends=ends)
    except SolverFailed as failure:
        return replace(best, fault=str(failure))


def _priced(values: Values, uses: csr_matrix, best: Packing, *, ends: float) -> Packing:
    """Steps 3 to 5 of `pack`."""
    prices, shares = _relaxed(values, uses, best.chosen, ends=ends)
    reduced = values - uses @ prices
    bound = int(prices.sum() + np.maximum(reduced, 0).sum() + CLOSE)
    rounded = greedy(shares * values.max() * FEW + values, uses)
    start = max(best.chosen, rounded, key=lambda some: _worth(values, some))
    best = Packing(start, _worth(values, start), bound)
    best = _branched(values, uses, np.flatnonzero(shares >= 0), best, ends=_part(ends, 0.3), whole=False)
    # A column with less cannot be in a packing that is worth more than the best one.
    within = np.flatnonzero(reduced > best.value + 1 - prices.sum() - CLOSE)
    if len(within) <= MANY:
        best = _branched(values, uses, within, best, ends=_part(ends, 0.5))
    return _improved(values, uses, within, best, ends=ends)


def _part(ends: float, share: float) -> float:
    return monotonic() + share * (ends - monotonic())


def _worth(values: Values, chosen: Rows) -> int:
    return int(values[chosen].sum())


def _relaxed(
    values: Values, uses: csr_matrix, first: Rows, *, ends: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Step 3 of `pack`: (prices of the rows, share of each column in the optimum of the relaxation; -1 where it never
    joined)."""
    joined = np.zeros(len(values), bool)
    joined[first] = True
    joined[_best_of_each(values.astype(float), uses, BEST_OF_EACH)] = True
    prices, shares = np.zeros(uses.shape[1]), np.where(joined, 0.0, -1.0)
    while monotonic() < ends:
        columns = np.flatnonzero(joined)
        at_most_once: Any = csc_matrix(uses[columns].T)  # the stubs know dense matrices only
        found = linprog(-values[columns], A_ub=at_most_once, b_ub=np.ones(uses.shape[1]), method="highs")
        if found.status != 0:
            raise SolverFailed(found.message)
        prices, shares[columns] = np.maximum(-found.ineqlin.marginals, 0.0), found.x
        reduced = values - uses @ prices
        worth = np.flatnonzero(reduced > CLOSE)
        if not len(worth):
            break
        joined[worth[np.argsort(-reduced[worth], kind="stable")[:PRICED]]] = True
        joined[worth[_best_of_each(reduced[worth], uses[worth], 1)]] = True
    return prices, shares


def _best_of_each(worth: NDArray[np.float64], uses: csr_matrix, most: int) -> Rows:
    """The columns that are among the best of one of their rows."""
    entries = uses.tocoo()
    order = np.lexsort((entries.row, -worth[entries.row], entries.col))
    row = entries.col[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    return np.unique(entries.row[order][rank < most])


def _branched(
    values: Values, uses: csr_matrix, columns: Rows, best: Packing, *, ends: float, whole: bool = True
) -> Packing:
    """The better of `best` and of what branch and bound finds among some columns. `whole`: whatever is better than
    `best` lies among them, so that their bound holds for all."""
    seconds = ends - monotonic()
    if best.value >= best.bound or seconds <= 0 or not len(columns):
        return best
    at_most_once = LinearConstraint(csc_matrix(uses[columns].T), -np.inf, 1.0)
    found = milp(
        -values[columns],
        constraints=at_most_once,
        integrality=np.ones(len(columns), np.int64),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    if found.status not in (0, 1):
        raise SolverFailed(found.message)
    bound = best.bound
    if whole and found.mip_dual_bound is not None:
        bound = min(bound, max(best.value, int(np.floor(CLOSE - found.mip_dual_bound))))
    chosen = columns[found.x > 0.5] if found.x is not None else best.chosen
    value = _worth(values, chosen)
    return Packing(chosen, value, max(bound, value)) if value > best.value else Packing(best.chosen, best.value, bound)


def _improved(values: Values, uses: csr_matrix, within: Rows, best: Packing, *, ends: float) -> Packing:
    """Step 5 of `pack`: large neighbourhood search (Shaw 1998), always the same neighbourhoods."""
    chance, columns = np.random.default_rng(0), uses[within]
    by_row = columns.tocsc()
    while best.value < best.bound and monotonic() < ends and len(best.chosen):
        freed = _around(columns, by_row, uses[best.chosen], int(chance.integers(len(best.chosen))))
        kept = best.chosen[~freed]
        taken = np.asarray(uses[kept].sum(axis=0)).ravel()
        open_ = within[(columns @ taken) == 0]
        part = best.chosen[freed]
        start = Packing(part, _worth(values, part), best.bound - _worth(values, kept))
        better = _branched(values, uses, open_, start, ends=min(ends, monotonic() + MOMENT), whole=False)
        if better.value > start.value:
            chosen = np.sort(np.concatenate([kept, better.chosen]))
            best = Packing(chosen, _worth(values, chosen), best.bound)
    return best


def _around(columns: csr_matrix, by_row: csc_matrix, chosen: csr_matrix, start: int) -> NDArray[np.bool_]:
    """(chosen,): those that share rows with one of them through other columns, at most `FREED`, the nearest first."""
    freed = np.zeros(chosen.shape[0], bool)
    freed[start] = True
    while True:
        rows = np.zeros(chosen.shape[1])
        rows[chosen[freed].indices] = 1
        reached = np.zeros(chosen.shape[1])
        reached[columns[(columns @ rows) > 0].indices] = 1
        found = (chosen @ reached) > 0
        if found.sum() > FREED or (found == freed).all():
            return freed
        freed = found
