"""Small regions for tests: a few towns in a row, what they offer and want, and how likely the pairs are."""

from collections.abc import Iterable
from datetime import date
from itertools import combinations
from typing import Any

from hypothesis import strategies as st

from sharing.listings.terms import Consideration, Mode, Unit
from sharing.matching.engine.facts import Fact, Owner
from sharing.matching.engine.gates import closed_by
from sharing.matching.engine.score import default_weights
from sharing.networks.engine.region import Region, Scored

MOST_LEGS = 14  # so that every combination of them can be tried
YEAR = date(2027, 1, 1).toordinal()
SURE = 4.0  # logit of a pair that anybody would call a match
TOWNS = [
    Owner(id=f"town{n}", country="DE", latitude=51.0, longitude=9.0 + n / 10, population=4_000 * (n + 1))
    for n in range(6)
]


def fact(id: str, town: int, **changes: Any) -> Fact:  # noqa: A002  as the field is called
    """A request if its id begins with R, else an offer: eight hours a week for a year, in kind."""
    plain: dict[str, Any] = {
        "id": id,
        "owner": TOWNS[town],
        "direction": "request" if id.startswith("R") else "offer",
        "resource": "expertise",
        "category": "IT",
        "title": id,
        "first_day": YEAR,
        "last_day": YEAR + 364,
        "quantity": 8.0,
        "unit": Unit.HOURS_PER_WEEK,
        "mode": Mode.HYBRID,
        "considerations": frozenset({Consideration.EXCHANGE}),
    }
    return Fact(**plain | changes)


def region(facts: Iterable[Fact], pairs: Iterable[Scored], likes: Iterable[Scored] = (), **waiting: float) -> Region:
    return Region.of(facts, pairs, likes, weights=default_weights(), waiting=waiting)


@st.composite
def small(draw: st.DrawFn, most: int = 12) -> tuple[list[Fact], list[Scored], list[Scored]]:
    """Up to `most` listings, with pairs and likes where no gate closes them."""
    facts = [
        fact(
            f"{draw(st.sampled_from('RO'))}{number}",
            draw(st.integers(0, len(TOWNS) - 1)),
            resource=draw(st.sampled_from(["expertise", "project"])),
            quantity=draw(st.sampled_from([3.0, 8.0, 16.0, 19.5, 39.0])),
            unit=draw(st.sampled_from([Unit.HOURS_PER_WEEK, Unit.HOURS_PER_WEEK, Unit.DAYS, Unit.PARTNERS])),
            first_day=YEAR + draw(st.sampled_from([0, 0, 100])),
            considerations=frozenset({draw(st.sampled_from([*Consideration][:-1]))}),
        )
        for number in range(draw(st.integers(0, most)))
    ]
    requests = [f for f in facts if f.direction == "request"]
    offers = [f for f in facts if f.direction == "offer"]
    logits = st.sampled_from([-2.0, 0.0, 1.0, SURE])
    pairs = [(r.id, o.id, draw(logits)) for r in requests for o in offers if not closed_by(r, o)]
    likes = [(a.id, b.id, draw(logits)) for a, b in combinations(requests, 2) if not closed_by(a, b)]
    return facts, draw(st.permutations(pairs))[:MOST_LEGS], likes
