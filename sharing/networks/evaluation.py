"""The proposals for a region bundle, in memory, and how they compare with the structures somebody has marked in it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sharing.matching.engine.match import Knowledge, Market, alike, best_pairs
from sharing.matching.labels import labels_of, unreadable
from sharing.networks.engine.propose import Proposal, propose
from sharing.networks.engine.region import Region
from sharing.networks.engine.terms import Kind

Structure = tuple[Kind, frozenset[str]]


def region_of(market: Market, knowledge: Knowledge) -> Region:
    """All of a market as one region."""
    pairs, requests, offers = best_pairs(market, knowledge), market.requests.facts, market.offers.facts
    likes = alike(market, knowledge)
    return Region.of(
        (*requests, *offers),
        [(requests[r].id, offers[o].id, own) for r, o, own in zip(pairs.r, pairs.o, pairs.own.tolist(), strict=True)],
        [(requests[a].id, requests[b].id, own) for a, b, own in zip(likes.r, likes.o, likes.own.tolist(), strict=True)],
        weights=knowledge.weights,
    )


def proposals_of(market: Market, knowledge: Knowledge, *, seconds: float = 60.0) -> list[Proposal]:
    return propose(region_of(market, knowledge), seconds=seconds)


def read_structures(bundle: Path) -> frozenset[Structure] | None:
    """The networks that `expected.json` marks, as kind and refs; None where there are no labels.

    Raises `RuleBroken` if the file is not what REGION_FORMAT.md describes.
    """
    labels = labels_of(bundle)
    if labels is None:
        return None
    try:
        return frozenset(_structures(labels))
    except (AttributeError, TypeError, IndexError, KeyError) as error:
        raise unreadable() from error


def _structures(labels: Mapping[str, Any]) -> Iterable[Structure]:
    for name, kind in (("swaps", Kind.SWAP), ("rings", Kind.RING)):
        for entry in labels.get(name, ()):
            yield kind, frozenset(ref for leg in entry["legs"] for ref in (leg[1], leg[3]))
    for name, kind, one, many in (
        ("capacity_pools", Kind.CAPACITY_POOL, "offer", "requests"),
        ("supply_pools", Kind.SUPPLY_POOL, "request", "offers"),
        ("consortia", Kind.CONSORTIUM, "lead", "members"),
    ):
        for entry in labels.get(name, ()):
            yield kind, frozenset((entry[one], *entry[many]))
    for entry in labels.get("demand_pools", ()):
        yield Kind.DEMAND_POOL, frozenset(entry["requests"])


def compared(proposals: Sequence[Proposal], expected: frozenset[Structure]) -> dict[str, Any]:
    """Found, missed and not marked; hints count for neither side."""
    proposed = {(p.kind, frozenset(p.listings)) for p in proposals if not p.soft}
    return {
        "structures": len(expected),
        "structures_found": len(expected & proposed),
        "structures_missed": _lines(expected - proposed),
        "proposals_not_marked": _lines(proposed - expected),
    }


def _lines(structures: Iterable[Structure]) -> list[str]:
    return sorted(f"{kind} {' '.join(sorted(listings))}" for kind, listings in structures)


def as_json(proposal: Proposal, owners: Mapping[str, str]) -> dict[str, Any]:
    """`owners`: key of the municipality by listing. A leg is giver, offer, taker, request."""
    legs = [[owners[leg.offer], leg.offer, owners[leg.request], leg.request] for leg in proposal.legs]
    return {
        "kind": str(proposal.kind),
        "id": proposal.id,
        "listings": list(proposal.listings),
        "legs": legs,
        "benefit": proposal.benefit,
        "gap": proposal.gap,
        "soft": proposal.soft,
    }


def owners_of(market: Market) -> dict[str, str]:
    return {fact.id: fact.owner.id for fact in (*market.requests.facts, *market.offers.facts)}
