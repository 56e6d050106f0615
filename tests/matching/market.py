"""Facts for the engine's tests: one request, one offer that fits it, and strategies that vary them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from sharing.listings.terms import Consideration, KnowledgeLevel, Mode, Unit, Visibility
from sharing.matching.engine.encoder import Encoder, Vectors
from sharing.matching.engine.facts import Fact, Owner
from sharing.matching.engine.match import Knowledge, Market, Suggestion, suggest
from sharing.matching.engine.reading import Reading, readings
from sharing.matching.engine.score import BIAS, Weights, default_weights
from sharing.matching.shipped import shipped_knowledge

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


class Remembering:
    """An encoder that answers the same text from memory: tests ask for few texts, and for each very often."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self._known = encoder, dict[str, Vectors]()
        self.name, self.version, self.size = encoder.name, encoder.version, encoder.size

    def encode(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= zip(new, self._encoder.encode(new), strict=True)
        return np.stack([self._known[text] for text in texts]) if texts else np.empty((0, self.size), np.float32)


@cache
def knowledge() -> Knowledge:
    """What ships, read once for all tests of a process."""
    shipped = shipped_knowledge()
    return replace(shipped, encoder=Remembering(shipped.encoder))


_read: dict[object, Reading] = {}


def market(facts: Sequence[Fact]) -> Market:
    """A market under the shipped knowledge; what a test before has read is not read again."""
    known = knowledge()
    keys = {f.id: (f.direction, f.language, f.category, f.title, f.description, f.keywords) for f in facts}
    new = {keys[fact.id]: fact for fact in facts if keys[fact.id] not in _read}
    _read.update(zip(new, readings(list(new.values()), known.encoder, known.concepts), strict=True))
    return Market.of(facts, known, {id_: _read[key] for id_, key in keys.items()})


def suggested(requests: Sequence[Fact], offers: Sequence[Fact], weights: Weights | None = None) -> list[Suggestion]:
    """What would be suggested, by the shipped weights or by others."""
    known = knowledge() if weights is None else replace(knowledge(), weights=weights)
    return suggest(market([*requests, *offers]), known)


def everything(**changes: Any) -> Weights:
    """The shipped weights, so lenient that every pair whose gates are open is suggested."""
    shipped = default_weights()
    return replace(shipped, own={**shipped.own, BIAS: 20.0}, suggest=0.0, **changes)


HOSTILE = (
    "",
    "Kehrmaschine",
    "12 345 / 67",
    "\0\ud800",
    "🧹🚜🏳️‍🌈",
    "Ищем подметальную машину на лето",
    "نبحث عن آلة كنس للشوارع",
    "Wij zoeken a balayeuse für die Straßenreinigung with driver, два дня",
    ("Kehrmaschine mit Fahrer. " * 400)[:10_000],
)
_texts = st.sampled_from(
    ["Kehrmaschine", "Kompaktkehrmaschine mit Bediener", "Standesamt", "Datenschutz", "data platform", *HOSTILE]
)
_days = st.integers(740_000, 740_400)
owners = st.builds(
    Owner,
    id=st.sampled_from("ABCDE"),
    country=st.sampled_from(["DE", "NL"]),
    state=st.sampled_from(["HE", "NW"]),
    district=st.sampled_from(["X", "Y"]),
    latitude=st.none() | st.floats(50, 51) | st.just(0.0),
    longitude=st.floats(8, 9) | st.just(0.0),
    population=st.none() | st.sampled_from([0, 1, 800, 23_400, 4_000_000]),
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
        last_day=first + draw(st.integers(0, 300) | st.just(90 * 365)),
        language=draw(st.sampled_from(["de", "en"])),
        quantity=draw(st.none() | st.floats(0.5, 40) | st.sampled_from([0.01, 1e7])),
        unit=draw(st.sampled_from([Unit.HOURS_PER_WEEK, Unit.FTE, Unit.DAYS, Unit.PIECES, Unit.PARTNERS])),
        mode=draw(st.sampled_from(Mode)),
        radius_km=draw(st.none() | st.integers(1, 100)),
        considerations=draw(st.frozensets(st.sampled_from([Consideration.FEE, Consideration.SALE]), max_size=1)),
        level=draw(st.none() | st.sampled_from(KnowledgeLevel)),
        visibility=draw(st.sampled_from(Visibility)),
        audience=draw(st.frozensets(st.sampled_from("ABCDE"))),
        changed=draw(st.none() | st.integers(739_000, 740_000)),
    )
