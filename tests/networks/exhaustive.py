"""The same proposals the slow way: every combination of legs and requests, tried one by one."""

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations, permutations

import numpy as np

from sharing.listings.terms import Consideration, Unit
from sharing.matching.engine.facts import EURO, RATE
from sharing.matching.engine.gates import distances
from sharing.networks.engine.consortium import CLEARLY
from sharing.networks.engine.region import Region
from sharing.networks.engine.terms import BANDS, Kind, Rules

Found = tuple[Kind, frozenset[str], int]  # kind, listings, benefit x 1000
IN_KIND = {Consideration.EXCHANGE, Consideration.MUTUAL}


def everything(region: Region, rules: Rules) -> set[Found]:
    legs = range(len(region.legs))
    found = {_circle(region, rules, order) for n in range(2, rules.longest_ring + 1) for order in permutations(legs, n)}
    for size in range(2, rules.most_members + 1):
        for some in combinations(legs, size):
            found |= {_capacity(region, rules, some), _supply(region, rules, some)}
        for wanting in combinations(range(len(region.requests)), size):
            found.add(_demand(region, rules, wanting))
    return {one for one in (found | set(_consortia(region, rules))) if one is not None}


def best(found: Collection[Found]) -> int:
    """The most that a set of proposals without a common listing is worth, by all sets of listings."""
    place = {name: number for number, name in enumerate(sorted({name for _, names, _ in found for name in names}))}
    masks = [(sum(1 << place[name] for name in names), worth) for _, names, worth in found]
    most = [0] * (1 << len(place))
    for listings in range(len(most)):
        for mask, worth in masks:
            if mask & listings == mask:
                most[listings] = max(most[listings], worth + most[listings ^ mask])
    return most[-1]


def _circle(region: Region, rules: Rules, order: Sequence[int]) -> Found | None:
    givers, takers = _givers(region, order), _takers(region, order)
    if len(set(givers)) < len(order) or givers[0] != min(givers):
        return None
    if any(taker != giver for taker, giver in zip(takers, [*givers[1:], givers[0]], strict=True)):
        return None
    alone = [float(region.legs.alone[leg]) for leg in order]
    if min(alone) < rules.closing or np.mean(alone) < rules.ring:
        return None
    if any(not f.considerations & IN_KIND for leg in order for f in _facts(region, leg)):
        return None
    worth = sum(p * _share(region, leg) * _weight(region, leg) for p, leg in zip(alone, order, strict=True))
    kind = Kind.SWAP if len(order) == 2 else Kind.RING
    return kind, _ids(region, order), _thousandths(worth * rules.acceptance ** len(order))


def _capacity(region: Region, rules: Rules, some: Sequence[int]) -> Found | None:
    legs, offers = region.legs, {int(region.legs.o[leg]) for leg in some}
    if len(offers) > 1 or len(set(_takers(region, some))) < len(some):
        return None
    if any(legs.terms.partial[leg] or legs.among_requests[leg] < rules.leg for leg in some):
        return None
    if any(np.isnan(legs.terms.offered[leg]) for leg in some):
        return None
    for leg in some:
        others = [_like(region, leg, other) for other in some if other != leg]
        if legs.among_requests[leg] < rules.sure and max(others) < rules.near:
            return None
    parts = [float(region.requests.measure[legs.r[leg]] / legs.terms.offered[leg]) for leg in some]
    if sum(parts) > 1 + 1e-6:
        return None
    worth = sum(
        float(legs.among_requests[leg]) * _weight(region, leg) * (1 + part)
        for leg, part in zip(some, parts, strict=True)
    )
    return Kind.CAPACITY_POOL, _ids(region, some), _thousandths(worth)


def _supply(region: Region, rules: Rules, some: Sequence[int]) -> Found | None:
    legs, requests = region.legs, {int(region.legs.r[leg]) for leg in some}
    if len(requests) > 1 or len(set(_givers(region, some))) < len(some) or _answered(region, rules, *requests):
        return None
    if any(not legs.terms.quantity[leg] < 1 or legs.terms.window[leg] < 0.75 for leg in some):
        return None
    if any(legs.among_offers[leg] < rules.leg for leg in some):
        return None
    parts = [float(legs.terms.offered[leg] / region.requests.measure[legs.r[leg]]) for leg in some]
    if sum(parts) < 1 - 1e-6 or sum(parts) - min(parts) >= 1 - 1e-6:
        return None
    chances = [float(legs.among_offers[leg]) for leg in some]
    worth = sum(p * part for p, part in zip(chances, parts, strict=True)) / sum(parts) * _weight(region, some[0])
    return Kind.SUPPLY_POOL, _ids(region, some), _thousandths(worth)


def _demand(region: Region, rules: Rules, wanting: Sequence[int]) -> Found | None:
    requests = region.requests
    kinds = {int(requests.kind[r]) for r in wanting}
    if len(kinds) > 1 or not kinds <= {RATE, EURO} or any(_answered(region, rules, r) for r in wanting):
        return None
    pairs = list(combinations(wanting, 2))
    likes = [_alike(region, a, b) for a, b in pairs]
    places = np.array(pairs).T
    if min(likes) < rules.like or distances(requests, requests, *places).max() > rules.diameter_km:
        return None
    if min(requests.last_day[r] for r in wanting) - max(requests.first_day[r] for r in wanting) + 1 < rules.common_days:
        return None
    band, total = BANDS[kinds.pop()], sum(float(requests.measure[r]) for r in wanting)
    least = rules.kin_whole if abs(total - band.whole) <= 0.025 * band.whole else rules.kin
    if not band.least <= total <= band.most or np.mean(likes) < least:
        return None
    worth = float(np.mean(likes)) * sum(float(region.weight[r]) for r in wanting) * rules.acceptance ** len(wanting)
    return Kind.DEMAND_POOL, frozenset(requests.facts[r].id for r in wanting), _thousandths(worth)


def _consortia(region: Region, rules: Rules) -> Iterator[Found]:
    legs = region.legs
    partners = [leg for leg in range(len(legs)) if _partnership(region, leg)]
    for lead, fact in enumerate(region.requests.facts):
        mine = [
            leg
            for leg in partners
            if legs.r[leg] == lead and legs.own[leg] >= _best_of(region, partners, leg) - CLEARLY
        ]
        mine.sort(key=lambda leg: (-legs.own[leg], leg))
        least = max(2, int(fact.quantity or 0)) if fact.unit == Unit.PARTNERS else 2
        mine = mine[: max(least, sum(bool(legs.among_offers[leg] >= rules.leg) for leg in mine))]
        for size in range(least, max(least, rules.most_members) + 1):
            for some in combinations(mine, size):
                if len(set(_givers(region, some))) == size:
                    worth = sum(float(legs.among_offers[leg]) for leg in some) * _weight(region, some[0])
                    yield Kind.CONSORTIUM, _ids(region, some), _thousandths(worth)


def _partnership(region: Region, leg: int) -> bool:
    request, offer = _facts(region, leg)
    both = request.considerations & offer.considerations
    return Consideration.PARTNERSHIP in both and (request.unit == Unit.PARTNERS or request.resource == "project")


def _best_of(region: Region, partners: Sequence[int], leg: int) -> float:
    return max(float(region.legs.own[other]) for other in partners if region.legs.o[other] == region.legs.o[leg])


def _answered(region: Region, rules: Rules, request: int) -> bool:
    legs = region.legs
    return any(
        legs.r[leg] == request and not legs.terms.partial[leg] and legs.alone[leg] >= rules.answered
        for leg in range(len(legs))
    )


def _like(region: Region, one: int, other: int) -> float:
    return _alike(region, int(region.legs.r[one]), int(region.legs.r[other]))


def _alike(region: Region, a: int, b: int) -> float:
    likes = region.likes
    return max(
        (float(p) for x, y, p in zip(likes.a, likes.b, likes.chance, strict=True) if {x, y} == {a, b}), default=0.0
    )


def _facts(region: Region, leg: int) -> tuple:  # type: ignore[type-arg]
    return region.requests.facts[region.legs.r[leg]], region.offers.facts[region.legs.o[leg]]


def _givers(region: Region, some: Sequence[int]) -> list[int]:
    return [int(region.offers.acting[region.legs.o[leg]]) for leg in some]


def _takers(region: Region, some: Sequence[int]) -> list[int]:
    return [int(region.requests.acting[region.legs.r[leg]]) for leg in some]


def _share(region: Region, leg: int) -> float:
    share = float(region.legs.terms.quantity[leg])
    return 1.0 if np.isnan(share) else share


def _weight(region: Region, leg: int) -> float:
    return float(region.weight[region.legs.r[leg]])


def _ids(region: Region, some: Sequence[int]) -> frozenset[str]:
    return frozenset(fact.id for leg in some for fact in _facts(region, leg))


def _thousandths(worth: float) -> int:
    return int(np.round(worth * 1000))
