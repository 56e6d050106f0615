"""Facts for the engine's tests: one request, one offer that fits it, and strategies that vary them."""

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import strategies as st

from sharing.listings.terms import Consideration, Mode, Unit, Visibility
from sharing.matching.engine.facts import Fact, Owner

NEED = Owner(id="need", country="DE", state="HE", district="Lohrgrund", latitude=50.55, longitude=8.40)
GIVE = Owner(id="give", country="DE", state="HE", district="Lohrgrund", latitude=50.60, longitude=8.33)
_REQUEST = Fact(
    id="R",
    owner=NEED,
    direction="request",
    resource="equipment",
    category="BAU",
    title="Kehrmaschine mit Fahrer gesucht",
    first_day=date(2027, 4, 1).toordinal(),
    last_day=date(2027, 10, 31).toordinal(),
    quantity=5.0,
    unit=Unit.HOURS_PER_WEEK,
)
_OFFER = replace(
    _REQUEST,
    id="O",
    owner=GIVE,
    direction="offer",
    title="Kompaktkehrmaschine samt Bediener",
    first_day=date(2027, 3, 1).toordinal(),
    last_day=date(2027, 11, 30).toordinal(),
    quantity=20.0,
)


def request(**changes: Any) -> Fact:
    return replace(_REQUEST, **changes)


def offer(**changes: Any) -> Fact:
    return replace(_OFFER, **changes)


_texts = st.sampled_from(
    ["Kehrmaschine", "Kompaktkehrmaschine mit Bediener", "Standesamt", "Datenschutz", "data platform", "", "\0\ud800"]
)
_days = st.integers(740_000, 740_400)
owners = st.builds(
    Owner,
    id=st.sampled_from("ABCDE"),
    country=st.sampled_from(["DE", "NL"]),
    state=st.sampled_from(["HE", "NW"]),
    district=st.sampled_from(["X", "Y"]),
    latitude=st.none() | st.floats(50, 51),
    longitude=st.floats(8, 9),
)


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[Fact], list[Fact]]:
    """Some requests and some offers, with all that gates and scores look at."""
    return draw(_facts("request", "R")), draw(_facts("offer", "O"))


def _facts(direction: str, prefix: str) -> st.SearchStrategy[list[Fact]]:
    return st.lists(_fact(direction), min_size=1, max_size=5).map(
        lambda facts: [replace(fact, id=f"{prefix}{place}") for place, fact in enumerate(facts)]
    )


@st.composite
def _fact(draw: st.DrawFn, direction: str) -> Fact:
    first = draw(_days)
    return Fact(
        id="",
        owner=draw(owners),
        direction=direction,
        resource=draw(st.sampled_from(["equipment", "expertise"])),
        category=draw(st.sampled_from(["BAU", "DSB"])),
        title=draw(_texts),
        description=draw(_texts),
        first_day=first,
        last_day=first + draw(st.integers(0, 300)),
        quantity=draw(st.none() | st.floats(0.5, 40)),
        unit=draw(st.sampled_from([Unit.HOURS_PER_WEEK, Unit.FTE, Unit.DAYS, Unit.PIECES])),
        mode=draw(st.sampled_from(Mode)),
        radius_km=draw(st.none() | st.integers(1, 100)),
        considerations=draw(st.frozensets(st.sampled_from([Consideration.FEE, Consideration.SALE]), max_size=1)),
        visibility=draw(st.sampled_from(Visibility)),
        audience=draw(st.frozensets(st.sampled_from("ABCDE"))),
    )
