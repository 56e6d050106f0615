"""What the engine knows of a listing, and of who owns it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sharing.listings.rules import Draft
from sharing.listings.terms import HOURS_PER_DAY, HOURS_PER_FTE, Consideration, KnowledgeLevel, Mode, Unit, Visibility

NO_MEASURE, RATE, AMOUNT, EURO = 0, 1, 2, 5
# Kind and size of one unit. Hours a week are a rate and days an amount: a common window turns one into the other.
# `partners` counts who takes part, not what one of them brings: one offer is one partner, so nothing to compare.
MEASURES: dict[Unit, tuple[int, float]] = {
    Unit.HOURS_PER_WEEK: (RATE, 1.0),
    Unit.FTE: (RATE, float(HOURS_PER_FTE)),
    Unit.DAYS: (AMOUNT, float(HOURS_PER_DAY)),
    Unit.PIECES: (3, 1.0),
    Unit.PLACES: (4, 1.0),
    Unit.EURO: (EURO, 1.0),
    Unit.PROJECT: (6, 1.0),
    Unit.PARTNERS: (NO_MEASURE, 1.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who stands behind a listing. `administration` is who acts for it, where that is somebody else."""

    id: str
    country: str = ""
    state: str = ""
    district: str = ""
    latitude: float | None = None
    longitude: float | None = None
    population: int | None = None
    administration: str = ""

    @property
    def acting(self) -> str:
        return self.administration or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One listing as the engine sees it. Days are ordinals (`date.toordinal`), both inclusive; radius in km."""

    id: str
    owner: Owner
    direction: str
    resource: str
    category: str
    title: str
    first_day: int
    last_day: int
    description: str = ""
    keywords: tuple[str, ...] = ()
    language: str = "de"
    quantity: float | None = None
    unit: Unit | None = None
    mode: Mode = Mode.ON_SITE
    radius_km: float | None = None
    considerations: frozenset[Consideration] = frozenset()
    level: KnowledgeLevel | None = None
    visibility: Visibility = Visibility.ALL
    audience: frozenset[str] = frozenset()
    changed: int | None = None  # day of its last change, an ordinal

    @property
    def text(self) -> str:
        """All words of the listing as one text."""
        return "\n".join((self.title, *self.keywords, self.description))

    @property
    def measure(self) -> tuple[int, float]:
        """Kind and size of the quantity; kind `NO_MEASURE` where there is nothing to compare."""
        if self.quantity is None or self.unit is None:
            return NO_MEASURE, 0.0
        kind, size = MEASURES[self.unit]
        return kind, self.quantity * size


def fact_of(draft: Draft, *, id: str, owner: Owner, changed: int | None = None) -> Fact:  # noqa: A002  as the field is called
    """The fact of a publishable draft. Raises `ValueError` if its window is open."""
    if draft.starts_on is None or draft.ends_on is None:
        raise ValueError("A listing without a window cannot be matched.")
    return Fact(
        id=id,
        owner=owner,
        direction=draft.direction,
        resource=draft.resource,
        category=draft.category,
        title=draft.title,
        first_day=draft.starts_on.toordinal(),
        last_day=draft.ends_on.toordinal(),
        description=draft.description,
        keywords=draft.keywords,
        language=draft.language,
        quantity=None if draft.quantity is None else float(draft.quantity),
        unit=draft.unit,
        mode=draft.mode,
        radius_km=draft.radius_km,
        considerations=frozenset(draft.considerations),
        level=draft.level,
        changed=changed,
        visibility=draft.visibility,
        audience=frozenset(str(organisation) for organisation in draft.audience),
    )


class Codes:
    """Small integers for words, the same on both sides, so that arrays can compare them."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._codes = {word: code for code, word in enumerate(words)}

    def of(self, value: str) -> int:
        return self._codes.setdefault(value, len(self._codes))

    def words(self) -> list[str]:
        """By code: `Codes(codes.words())` gives the same codes."""
        return list(self._codes)


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Facts of one direction as columns: every array has the shape (n,)."""

    facts: tuple[Fact, ...]  # what explanations are made of; none where the columns come from files
    audience: tuple[frozenset[int], ...]  # owners to whom a listing for NAMED is shown; none as well
    owner: NDArray[np.int64]
    acting: NDArray[np.int64]
    state: NDArray[np.int64]  # together with its country
    district: NDArray[np.int64]  # together with state and country
    category: NDArray[np.int64]
    resource: NDArray[np.int64]
    first_day: NDArray[np.int64]
    last_day: NDArray[np.int64]
    latitude: NDArray[np.float64]  # degrees; NaN where unknown
    longitude: NDArray[np.float64]
    radius: NDArray[np.float64]  # km; infinite where there is no limit
    on_site: NDArray[np.bool_]
    remote: NDArray[np.bool_]
    sale: NDArray[np.bool_]
    visibility: NDArray[np.int64]  # place in `VISIBILITIES`
    language: NDArray[np.int64]
    level: NDArray[np.int64]  # place in `LEVELS`, from 1; 0 where nobody said
    terms: NDArray[np.int64]  # considerations, a bit each
    population: NDArray[np.float64]  # NaN where unknown
    changed: NDArray[np.float64]  # day of the last change; NaN where unknown
    kind: NDArray[np.int64]  # of the quantity, as in `MEASURES`
    measure: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.owner)

    def cut(self, rows: slice | NDArray[np.intp]) -> "Side":
        """Some of the rows, with the same codes."""
        places = np.arange(len(self))[rows].tolist()
        return Side(**{name: _cut(column, rows, places) for name, column in self.columns().items()})

    def columns(self) -> dict[str, Any]:
        return {column.name: getattr(self, column.name) for column in fields(self)}

    @staticmethod
    def join(sides: Sequence["Side"]) -> "Side":
        """One below the other; all of the same codes."""
        together = zip(*(side.columns().items() for side in sides), strict=True)
        return Side(**{columns[0][0]: _joined([column for _, column in columns]) for columns in together})


def _joined(columns: Sequence[Any]) -> Any:
    if isinstance(columns[0], tuple):
        return tuple(chain.from_iterable(columns))
    return np.concatenate(columns)


def _cut(column: Any, rows: slice | NDArray[np.intp], places: Sequence[int]) -> Any:
    if isinstance(column, tuple):
        return tuple(column[place] for place in places) if column else ()
    return column[rows]


VISIBILITIES, LEVELS, TERMS = tuple(Visibility), tuple(KnowledgeLevel), tuple(Consideration)


def side_of(facts: Sequence[Fact], codes: Codes) -> Side:
    """Columns of some facts; give both sides the same `codes`."""
    owners = [fact.owner for fact in facts]
    measures = [fact.measure for fact in facts]
    return Side(
        facts=tuple(facts),
        audience=tuple(frozenset(map(codes.of, sorted(fact.audience))) for fact in facts),
        owner=_integers(codes.of(o.id) for o in owners),
        acting=_integers(codes.of(o.acting) for o in owners),
        state=_integers(codes.of(f"{o.country}\0{o.state}") for o in owners),
        district=_integers(codes.of(f"{o.country}\0{o.state}\0{o.district}") for o in owners),
        category=_integers(codes.of(f.category) for f in facts),
        resource=_integers(codes.of(f.resource) for f in facts),
        first_day=_integers(f.first_day for f in facts),
        last_day=_integers(f.last_day for f in facts),
        latitude=_floats((o.latitude for o in owners), missing=np.nan),
        longitude=_floats((o.longitude for o in owners), missing=np.nan),
        radius=_floats((f.radius_km for f in facts), missing=np.inf),
        on_site=_flags(f.mode == Mode.ON_SITE for f in facts),
        remote=_flags(f.mode == Mode.REMOTE for f in facts),
        sale=_flags(Consideration.SALE in f.considerations for f in facts),
        visibility=_integers(VISIBILITIES.index(f.visibility) for f in facts),
        language=_integers(codes.of(f.language) for f in facts),
        level=_integers(LEVELS.index(f.level) + 1 if f.level else 0 for f in facts),
        terms=_integers(sum(1 << TERMS.index(c) for c in f.considerations) for f in facts),
        population=_floats((o.population for o in owners), missing=np.nan),
        changed=_floats((f.changed for f in facts), missing=np.nan),
        kind=_integers(kind for kind, _ in measures),
        measure=_floats((size for _, size in measures), missing=0.0),
    )


def _integers(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, np.int64)


def _flags(values: Iterable[bool]) -> NDArray[np.bool_]:
    return np.fromiter(values, np.bool_)


def _floats(values: Iterable[float | None], *, missing: float) -> NDArray[np.float64]:
    return np.fromiter((missing if value is None else value for value in values), np.float64)
