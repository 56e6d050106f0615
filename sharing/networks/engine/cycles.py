"""Swaps and rings: everyone gives one thing and gets another, and the circle closes."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sharing.listings.terms import Consideration
from sharing.networks.engine.candidates import Candidates, of
from sharing.networks.engine.region import Mask, Places, Region, accepts, shares
from sharing.networks.engine.terms import Kind, Rules

MOST_PATHS = 10_000_000  # of one length; where thousands of towns all want and have the same there are more

Cycles = NDArray[np.intp]  # (cycles, length): places of arcs, each from the taker of the one before


def candidates(region: Region, rules: Rules) -> list[Candidates]:
    """Where all listings accept something in return; the others are `hints`."""
    both = _in_kind(region)
    return _valued(region, rules, np.flatnonzero(both & (region.legs.alone >= rules.closing)))


def hints(region: Region, rules: Rules) -> list[Candidates]:
    """Circles of two or three that close, though somebody asked for money: worth a remark, not a notice."""
    found = _valued(region, replace(rules, longest_ring=3), np.flatnonzero(region.legs.alone >= rules.hint))
    in_kind = _in_kind(region)
    return [some.pick(~_all(in_kind, some.members)) for some in found]


def cycles(giver: Places, taker: Places, longest: int) -> list[Cycles]:
    """All simple cycles of 2 to `longest` arcs, shortest first, each once: it begins at its smallest vertex.

    1. A path begins with any arc whose giver is smaller than its taker.
    2. It is complete with every arc from where it ends to where it began, found by binary search.
    3. Else it grows by every arc from where it ends that leads to a vertex above the first and not on the path.

    `giver`, `taker` (arcs,): vertices from 0. O(sum over paths of the out-degree at their end), in whole arrays.
    """
    vertices = int(max(giver.max(), taker.max())) + 1 if len(giver) else 0
    key = giver * vertices + taker
    order = np.argsort(key, kind="stable")
    key, found = key[order], []
    paths = np.flatnonzero(giver < taker)[:, None]
    for length in range(2, longest + 1):
        first, end = giver[paths[:, 0]], taker[paths[:, -1]]
        back = end * vertices + first
        found.append(_with(paths, order, np.searchsorted(key, back), np.searchsorted(key, back, side="right")))
        if length < longest:
            above = end * vertices + first + 1
            grown = _with(paths, order, np.searchsorted(key, above), np.searchsorted(key, (end + 1) * vertices))
            on_path = (giver[grown[:, :-1]] == taker[grown[:, -1:]]).any(axis=1)
            paths = grown[~on_path]
    return found


def _with(paths: Cycles, order: Places, low: Places, high: Places) -> Cycles:
    """Every path with each of the arcs `order[low:high]`; of too many the first."""
    counts = high - low
    counts = np.where(np.cumsum(counts) <= MOST_PATHS, counts, 0)
    rows = np.repeat(np.arange(len(paths)), counts)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.column_stack([paths[rows], order[low[rows] + within]])


def _in_kind(region: Region) -> Mask:
    """(legs,): both listings accept exchange or mutual aid."""
    requests, offers = (
        accepts(side, Consideration.EXCHANGE, Consideration.MUTUAL) for side in (region.requests, region.offers)
    )
    return requests[region.legs.r] & offers[region.legs.o]


def _valued(region: Region, rules: Rules, arcs: Places) -> list[Candidates]:
    """Benefit: sum over the legs of probability x share covered x weight of who gets it, times acceptance ** length.

    A weak leg is believed where the others are strong, since circles seldom close by chance: `rules.ring` for the mean.
    """
    legs = region.legs
    giver, taker = region.offers.acting[legs.o[arcs]], region.requests.acting[legs.r[arcs]]
    benefit = legs.alone * shares(legs.terms) * region.weight[legs.r]
    found = []
    for cycle in cycles(giver, taker, rules.longest_ring):
        members = arcs[cycle]
        members = members[legs.alone[members].mean(axis=1) >= rules.ring]
        length = members.shape[1]
        value = benefit[members].sum(axis=1) * rules.acceptance**length
        found.append(of(Kind.SWAP if length == 2 else Kind.RING, [members], value))
    return found


def _all(flags: Mask, members: Cycles) -> Mask:
    return np.asarray(flags[members].all(axis=1))
