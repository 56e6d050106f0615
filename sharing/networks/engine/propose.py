"""The engine's one door: which networks to propose to a region, and how good the choice is proven to be."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from sharing.listings.terms import Visibility
from sharing.matching.engine.facts import VISIBILITIES, Side
from sharing.matching.engine.gates import sees
from sharing.networks.engine import capacity, consortium, cycles, demand, supply
from sharing.networks.engine.candidates import SCALE, Candidates
from sharing.networks.engine.capacity import demands
from sharing.networks.engine.packing import components, greedy, pack
from sharing.networks.engine.region import Region
from sharing.networks.engine.terms import Kind, Rules

AT_ONCE = 256  # listings that not everybody may see
SOURCES: Sequence[Callable[[Region, Rules], list[Candidates]]] = (
    cycles.candidates,
    capacity.candidates,
    supply.candidates,
    demand.candidates,
    consortium.candidates,
)


@dataclass(frozen=True, slots=True)
class Leg:
    """One offer serves one request, by id. `covered`: share of the request; `taken`: of the offer, in its own unit;
    both None where the two cannot be compared. `km`: None where a place is unknown."""

    request: str
    offer: str
    covered: float | None
    taken: float | None
    km: float | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """`listings`: ids, requests first, each in order. `legs`: in a ring each from the taker of the one before; none in
    a demand pool. `benefit` as its kind's module has it. `gap`: the share of the benefit of its component that a better
    choice might add. `soft`: a hint only."""

    kind: Kind
    listings: tuple[str, ...]
    legs: tuple[Leg, ...]
    benefit: float
    gap: float = 0.0
    soft: bool = False

    @property
    def id(self) -> str:
        """The same for the same proposal, whatever else the region holds."""
        return hashlib.sha256("\n".join((self.kind, *self.listings)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Choice:
    """`gap`: the share of the benefit that a better choice might add. `fault`: what the solver said, if it failed."""

    proposals: tuple[Proposal, ...]
    gap: float = 0.0
    fault: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """All candidates of a region, one below the other. Make it with `Problem.of`."""

    region: Region
    blocks: tuple[Candidates, ...]
    values: NDArray[np.int64]  # (candidates,)
    uses: csr_matrix  # (candidates, listings)

    @classmethod
    def of(cls, region: Region, blocks: Iterable[Candidates], only: Collection[str] | None = None) -> "Problem":
        """`only` candidates of these listings, if given."""
        some = tuple(block for block in blocks if len(block))
        if only is not None:
            some = tuple(_within(block, region, only) for block in some)
        some = tuple(_seen_by_all(block, region) for block in some)
        listings = len(region.requests) + len(region.offers)
        uses = vstack([csr_matrix((0, listings)), *(block.listings(region) for block in some)], format="csr")
        return cls(region, some, np.concatenate([np.empty(0, np.int64), *(block.value for block in some)]), uses)

    def parts(self) -> Iterator[list[str]]:
        """Listings whose proposals compete, even if only through others: each part can be solved apart."""
        for columns in components(self.uses):
            yield self.region.ids(np.unique(self.uses[columns].indices).tolist())

    def best(self, *, seconds: float) -> Choice:
        """What together is worth most, no listing in two proposals."""
        found = pack(self.values, self.uses, seconds=seconds)
        chosen = (self.proposal(column, gap=found.gap) for column in found.chosen.tolist())
        return Choice(tuple(_in_order(chosen)), round(found.gap, 6), found.fault)

    def proposal(self, column: int, *, gap: float = 0.0, soft: bool = False) -> Proposal:
        block, row = self._where(column)
        legs = [] if block.kind == Kind.DEMAND_POOL else block.members[row][block.members[row] >= 0].tolist()
        return Proposal(
            kind=block.kind,
            listings=tuple(self.region.ids(np.sort(self.uses[column].indices).tolist())),
            legs=tuple(leg_of(self.region, leg) for leg in legs),
            benefit=int(self.values[column]) / SCALE,
            gap=round(gap, 6),
            soft=soft,
        )

    def _where(self, column: int) -> tuple[Candidates, int]:
        for block in self.blocks:
            if column < len(block):
                return block, column
            column -= len(block)
        raise IndexError(column)


def leg_of(region: Region, leg: int) -> Leg:
    """Of the offer as much as the request needs, and all of it where that is not enough."""
    terms, (request, offer) = region.legs.terms, region.pair(leg)
    quantity = region.offers.facts[region.legs.o[leg]].quantity
    share = float(np.minimum(1.0, demands(region)[leg] / (region.offers.measure[region.legs.o[leg]] or 1.0)))
    return Leg(
        request=request,
        offer=offer,
        covered=_known(terms.quantity[leg]),
        taken=None if quantity is None else _known(share * quantity),
        km=_known(terms.km[leg]),
    )


def propose(region: Region, rules: Rules | None = None, *, seconds: float = 60.0) -> list[Proposal]:
    """The proposals that together are best for a region, by kind and listings; then the hints.

    1. Candidates of every kind (`SOURCES`), in an order that depends on nothing but the ids of their listings.
    2. `packing.pack`: no listing in two proposals, most benefit, proven or with the gap.
    3. Hints are chosen greedily among themselves: they reserve nothing, so they compete with no proposal.
    """
    rules = rules or Rules()
    return [*firm(region, rules, seconds=seconds).proposals, *hints(region, rules)]


def firm(region: Region, rules: Rules, *, only: Collection[str] | None = None, seconds: float = 60.0) -> Choice:
    """Steps 1 and 2; of `only` these listings, if given, such as those of one of `Problem.parts`."""
    return problem(region, rules, only).best(seconds=seconds)


def hints(region: Region, rules: Rules) -> list[Proposal]:
    """Step 3."""
    soft = Problem.of(region, cycles.hints(region, rules))
    return _in_order(soft.proposal(column, soft=True) for column in greedy(soft.values, soft.uses).tolist())


def problem(region: Region, rules: Rules, only: Collection[str] | None = None) -> Problem:
    return Problem.of(region, [block for source in SOURCES for block in source(region, rules)], only)


def _within(block: Candidates, region: Region, only: Collection[str]) -> Candidates:
    both = (*region.requests.facts, *region.offers.facts)
    outside = np.array([fact.id not in only for fact in both], float)
    return block.pick(np.flatnonzero(block.listings(region) @ outside == 0))


def _seen_by_all(block: Candidates, region: Region) -> Candidates:
    """Without those in which somebody may not see the listing of somebody else: a network shows all to all."""
    both, uses = Side.join([region.requests, region.offers]), block.listings(region)
    shy = np.flatnonzero(both.visibility != VISIBILITIES.index(Visibility.ALL))
    shy = shy[np.asarray(uses.sum(axis=0)).ravel()[shy] > 0]
    closed = np.zeros(len(block), bool)
    for some in np.array_split(shy, 1 + len(shy) // AT_ONCE):
        hidden = ~sees(both, both.cut(some)) & (both.owner[:, None] != both.owner[some])
        closed |= ((uses @ hidden.astype(float) > 0) & (uses[:, some].toarray() > 0)).any(axis=1)
    return block.pick(np.flatnonzero(~closed))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def _in_order(proposals: Iterable[Proposal]) -> list[Proposal]:
    return sorted(proposals, key=lambda proposal: (proposal.kind, proposal.listings))
