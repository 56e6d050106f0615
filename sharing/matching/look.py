"""What fits some listings, of all that is on the market: from this machine's files, and what is newer from rows."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from sharing.listings.models import Listing
from sharing.listings.terms import Direction
from sharing.matching.book import Row
from sharing.matching.engine.components import Noes
from sharing.matching.engine.facts import Fact, Side
from sharing.matching.engine.gates import within_reach
from sharing.matching.engine.match import Knowledge, Market, Pairs, scored, weighed
from sharing.matching.engine.pages import Pages
from sharing.matching.facts import facts_of
from sharing.matching.known import read

if TYPE_CHECKING:
    from sharing.matching.engine.shelf import Shelf
    from sharing.matching.shelves import Shelves


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What was seen of the market for some listings, and the pairs found for them."""

    market: Market  # of these listings and of what is newer than the files
    rows: tuple[Row, ...]
    on_file: "Shelves | None"


def look(listing_ids: Collection[str], known: Knowledge) -> Looked:
    """The given listings against all that is on the market and in reach."""
    on_file = _shelves()
    live = Listing.objects.live().for_matching()
    mine = list(live.filter(id__in=listing_ids))
    outdated = on_file.outdated() if on_file else frozenset()
    newer = live.filter(id__in=outdated) if on_file else live
    others = [
        newer.filter(direction=direction)
        .in_reach_of([one for one in mine if one.direction != direction])
        .exclude(id__in=listing_ids)
        for direction in Direction
    ]
    facts = facts_of([*mine, *others[0], *others[1]])
    market = Market.of(facts, known, read(facts, known), on_file.codes if on_file else None)
    rows = [*_rows(market, scored(market, known, only=listing_ids))]
    if on_file:
        rows += _on_file(on_file, market, known, mine=listing_ids, outdated=outdated)
    return Looked(market, tuple(rows), on_file)


def _shelves() -> "Shelves | None":
    if not settings.SHELF_FOLDER:
        return None
    from sharing.matching.shelves import shelves  # with a compiler, which only a machine with files needs

    return shelves()


def with_partners(looked: Looked, rows: Iterable[Row], listing_ids: Collection[str], known: Knowledge) -> Market:
    """The market that was looked at, and those partners of the given listings that only the files knew."""
    seen = [*looked.market.requests.facts, *looked.market.offers.facts]
    ids = frozenset(listing_ids)
    absent = {name for row in rows if not ids.isdisjoint(row.pair) for name in row.pair}
    absent.difference_update(fact.id for fact in seen)
    if not absent or looked.on_file is None:
        return looked.market
    partners = facts_of(Listing.objects.for_matching().filter(id__in=absent))
    return Market.of([*seen, *partners], known, read(seen, known) | looked.on_file.readings(absent))


def _rows(market: Market, blocks: Iterable[Pairs]) -> Iterator[Row]:
    for pairs in blocks:
        for r, o, own in zip(pairs.r, pairs.o, pairs.own.tolist(), strict=True):
            request, offer = market.requests.facts[r], market.offers.facts[o]
            yield Row(request.id, offer.id, own, request.owner.id, offer.owner.id)


def _on_file(
    on_file: "Shelves", market: Market, known: Knowledge, *, mine: Collection[str], outdated: frozenset[str]
) -> Iterator[Row]:
    """Pairs of the given listings with what stands in the files and has not changed since."""
    sides = (market.requests, market.asked, on_file.offers), (market.offers, market.given, on_file.requests)
    for side, pages, shelf in sides:
        if not len(shelf):
            continue
        index = shelf.without(outdated.union(mine))
        for place, fact in enumerate(side.facts):
            if fact.id in mine:
                one = side.cut(slice(place, place + 1)), pages.row(place)
                rows, others = shelf.partners(one[0], one[1].centre, index)
                pairs, places = _weighed(one, others, market.noes, known)
                yield from _named(fact, shelf, rows[places], pairs.own.tolist())


def _weighed(
    one: tuple[Side, Pages], others: tuple[Side, Pages], noes: Noes, known: Knowledge
) -> tuple[Pairs, NDArray[np.intp]]:
    """Pairs of one listing with some of the other side, and the places of these."""
    here, there = np.zeros(len(others[0]), np.intp), np.arange(len(others[0]))
    if one[0].facts[0].direction == Direction.REQUEST:
        market = Market(one[0], others[0], one[1], others[1], noes)
        pairs = weighed(market, *within_reach(market.requests, market.offers, here, there), known)
        return pairs, pairs.o
    market = Market(others[0], one[0], others[1], one[1], noes)
    pairs = weighed(market, *within_reach(market.requests, market.offers, there, here), known)
    return pairs, pairs.r


def _named(fact: Fact, shelf: "Shelf", rows: NDArray[np.intp], own: Sequence[float]) -> Iterator[Row]:
    for id_, owner, logit in zip(shelf.told("ids", rows), shelf.told("owners", rows), own, strict=True):
        if fact.direction == Direction.REQUEST:
            yield Row(fact.id, id_, logit, fact.owner.id, owner)
        else:
            yield Row(id_, fact.id, logit, owner, fact.owner.id)
