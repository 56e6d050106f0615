"""From rows of text to municipalities and listings, or to the reasons why not."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Generic, TypeVar

from sharing.errors import RuleBroken, say
from sharing.listings.rules import Draft, check_publishable
from sharing.listings.terms import Consideration, Direction, KnowledgeLevel, Mode, Participation, Resource, Unit
from sharing.municipalities.rules import scheme_of
from sharing.municipalities.terms import OrganisationKind
from sharing.regions import cells as read
from sharing.regions.cells import Cells
from sharing.regions.rows import ListingRow, MunicipalityRow, Refusal, shown
from sharing.regions.tables import Row

T = TypeVar("T")

LARGEST_POPULATION = 2_000_000_000
LONGEST_REF, LONGEST_NAME, LONGEST_SHORT, LONGEST_DISTRICT = 60, 200, 80, 120


class _Reader(Generic[T]):
    """What both tables share: refusals, and the line in which each identity was first seen."""

    table = ""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []
        self._first: dict[tuple[str, ...], int] = {}

    def read(self, row: Row) -> T | None:
        """What the row says, or None if it is refused."""
        cells = Cells(row)
        good = self._parse(cells, row.line) if row.is_readable else None
        if cells.problems:
            self._refuse(row, cells.problems)
        return None if cells.problems else good

    def _parse(self, cells: Cells, line: int) -> T | None:
        """What the cells say; what is wrong with them stands in `cells.problems` afterwards."""
        raise NotImplementedError

    def _refuse(self, row: Row, problems: Iterable[RuleBroken]) -> None:
        for problem in problems:
            column = problem.field if problem.field in row.cells else ""
            value = shown(row.cells.get(column, ""))
            self.refusals.append(
                Refusal(self.table, row.line, column, value, problem.code, problem.message, problem.params)
            )

    def _check_once(self, cells: Cells, line: int, *columns: str) -> None:
        """The first row of an identity stands, whatever else is wrong with it: which one is meant is not guessed."""
        identity = tuple(cells.text(column) for column in columns)
        first = self._first.setdefault(identity, line)
        if all(identity) and first != line:
            message = say("Line %(first)s already has this %(columns)s. Keep one of the two rows.")
            cells.add(RuleBroken("twice", message, field=columns[-1], first=first, columns=" + ".join(columns)))


class MunicipalityReader(_Reader[MunicipalityRow]):
    """Reads the rows of municipalities.csv one by one; what is wrong gathers in `refusals`."""

    table = "municipalities"

    def _parse(self, cells: Cells, line: int) -> MunicipalityRow | None:
        values = dict(_values(cells, _MUNICIPALITY, required={"key", "name", "country"}))
        cells.add(*_place_problems(cells), *_country_problems(values))
        self._check_once(cells, line, "key")
        if cells.problems:
            return None
        return MunicipalityRow(
            scheme=scheme_of(values["key"]), designation=values.pop("kind", ""), line=line, **{**_NOWHERE, **values}
        )


class ListingReader(_Reader[ListingRow]):
    """Reads the rows of listings.csv one by one; what is wrong gathers in `refusals`."""

    table = "listings"

    def __init__(self, *, today: date, keys: Collection[str], categories: Collection[str]) -> None:
        super().__init__()
        self._today, self._keys, self._categories = today, frozenset(keys), frozenset(categories)

    def _parse(self, cells: Cells, line: int) -> ListingRow | None:
        ref = cells.required("ref", read.line_of(LONGEST_REF))
        owner = cells.required("municipality", self._owner)
        department = cells.optional("department", read.line_of(LONGEST_DISTRICT))
        draft = self._draft(cells)
        self._check_once(cells, line, "municipality", "ref")
        if ref is None or owner is None or draft is None:
            return None
        return ListingRow(ref=ref, owner=owner, line=line, draft=draft, department=department or "")

    def _draft(self, cells: Cells) -> Draft | None:
        """The content, checked by the rules that hold at every door."""
        values = dict(_values(cells, {**_LISTING, "category": self._category}, required=_FILLED))
        cells.add(*_quantity_problems(values))
        if not {"direction", "resource", "category", "title"} <= values.keys():
            return None
        draft = Draft(**values)
        try:
            check_publishable(draft, today=self._today, benefit_required=False)
        except RuleBroken as broken:
            # A cell that could not be read is empty in the draft: saying that it is missing as well would mislead.
            unread = {problem.field for problem in cells.problems}
            cells.add(*(p for p in broken.problems if isinstance(p, RuleBroken) and p.field not in unread))
        return draft

    def _owner(self, text: str) -> str:
        if (key := _key(text)) not in self._keys:
            message = say("No municipality has this key. Add it to the table of municipalities, or mend its row there.")
            raise RuleBroken("unknown_municipality", message)
        return key

    def _category(self, text: str) -> str:
        if (code := text.upper()) not in self._categories:
            message = say("There is no such category. Write one of: %(choices)s.")
            raise RuleBroken("unknown_category", message, choices=", ".join(sorted(self._categories)))
        return code


def _values(
    cells: Cells, parsers: Mapping[str, Callable[[str], Any]], *, required: Collection[str]
) -> Iterator[tuple[str, Any]]:
    """What could be read, by column; empty cells are left out."""
    for column, parse in parsers.items():
        get = cells.required if column in required else cells.optional
        if (value := get(column, parse)) is not None:
            yield column, value


def _key(text: str) -> str:
    """An official key. Spreadsheets drop its leading zero; putting one back would be a guess."""
    try:
        scheme_of(text)
    except RuleBroken:
        if text.isdecimal() and len(text) in (4, 7):
            message = say("A leading zero seems lost. Format the column as text and write all %(digits)s digits.")
            raise RuleBroken("leading_zero_lost", message, digits=len(text) + 1) from None
        raise
    return text


def _population(text: str) -> int:
    if (people := read.whole(text)) > LARGEST_POPULATION:
        raise RuleBroken("too_many_people", "There are not that many people.")
    return people


def _place_problems(cells: Cells) -> Iterator[RuleBroken]:
    for column, other in (("latitude", "longitude"), ("longitude", "latitude")):
        if cells.text(other) and not cells.text(column):
            yield RuleBroken("half_a_place", "Give latitude and longitude together.", field=column)


def _country_problems(values: Mapping[str, Any]) -> Iterator[RuleBroken]:
    """An Austrian code of five digits looks like the AGS of a Kreis."""
    if {"key", "country"} <= values.keys() and values["country"] != "DE" and "_" not in values["key"]:
        message = say("Outside Germany write the LAU code with its country in front, such as AT_10101.")
        yield RuleBroken("key_of_other_country", message, field="key")


def _quantity_problems(values: Mapping[str, Any]) -> Iterator[RuleBroken]:
    quantity = values.get("quantity", 1)
    if values.get("unit") == Unit.PARTNERS and (quantity < 1 or quantity != int(quantity)):
        yield RuleBroken("not_whole", "Partners are counted in whole numbers from 1.", field="quantity")


_NOWHERE: Mapping[str, Any] = {
    "state": "", "district": "", "population": None, "latitude": None, "longitude": None,
}  # fmt: skip
_MUNICIPALITY: Mapping[str, Callable[[str], Any]] = {
    "key": _key,
    "name": read.line_of(LONGEST_NAME),
    "kind": read.line_of(LONGEST_SHORT),
    "state": read.line_of(LONGEST_SHORT),
    "district": read.line_of(LONGEST_DISTRICT),
    "country": read.matching("[A-Z]{2}", say("Write two capital letters, such as DE.")),
    "population": _population,
    "latitude": read.degrees(90),
    "longitude": read.degrees(180),
}
_FILLED = frozenset({"direction", "resource", "category", "title", "language", "starts_on", "ends_on", "mode"})
_LISTING: Mapping[str, Callable[[str], Any]] = {
    "direction": read.one_of(Direction),
    "resource": read.one_of(Resource),
    "title": str,
    "description": str,
    "language": read.matching("[a-z]{2}", say("Write two small letters, such as de.")),
    "keywords": read.parts,
    "quantity": read.quantity,
    "unit": read.one_of(Unit),
    "starts_on": read.day,
    "ends_on": read.day,
    "mode": read.one_of(Mode),
    "radius_km": read.whole,
    "considerations": read.some_of(Consideration),
    "level": read.one_of(KnowledgeLevel),
    "benefit": str,
    "partner_kinds": read.some_of(OrganisationKind),
    "participation": read.one_of(Participation),
    "contact": read.email,
}
