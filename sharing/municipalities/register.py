"""Reads the official German register of municipalities (Gemeindeverzeichnis, quarterly extract) into plain data."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from sharing.errors import RuleBroken, say
from sharing.municipalities.register_entries import (
    ASSOCIATIONS,
    BODILESS,
    CITIES_WITHOUT_COUNTY,
    COUNTIES,
    GVV,
    INDEPENDENT,
    MUNICIPALITIES,
    STATES,
    UNINHABITED,
    Entry,
    Refusal,
    Register,
    administration_of,
    designation_of,
    with_neighbours,
    with_sums,
)
from sharing.municipalities.terms import Level
from sharing.texts import is_blank, line_problems, normalise

T = TypeVar("T")
Cells = Mapping[str, str]

LARGEST_FILE = 50_000_000
RECORD_TYPES = ("10", "20", "30", "40", "50", "60")  # Land, Regierungsbezirk, Region, Kreis, Verband, Gemeinde
KEY_PARTS = {"land": 2, "rb": 1, "kreis": 2, "vb": 4, "gemeinde": 3}
COLUMNS = (
    "satzart", "textkennzeichen", *KEY_PARTS, "gemeindename", "bevoelkerung", "laengengrad", "breitengrad",
)  # fmt: skip

_NUMBER = re.compile(r"[0-9]{1,3}([.,][0-9]{1,15})?")
# "Kiel, Landeshauptstadt" is called Kiel; "Weißwasser/O.L., Stadt / Běła Woda" keeps its second name.
_TITLE = re.compile(r",[^/]*?(?=\s*/|$)|\s\(VGem\)$")
_REGIONS = ("Region ", "Städteregion ", "Regionalverband ")


def read_register(content: bytes) -> Register:
    """The register from its CSV form: record types 10 to 60, keys in parts, decimal commas, blanks in numbers.

    A row that cannot be used is refused and the rest goes on. Raises `RuleBroken` where the file as a whole is not
    the register: another encoding, other columns, semicolons, a spreadsheet, no municipality in it.
    """
    return _Reader().read(_rows(_decoded(content)))


# --- the form of the file


def _decoded(content: bytes) -> str:
    if len(content) > LARGEST_FILE:
        raise RuleBroken("file_too_large", "The file is larger than %(most)s MB.", most=LARGEST_FILE // 1_000_000)
    if content.startswith(b"PK"):
        raise RuleBroken("spreadsheet", "This is a spreadsheet or an archive. Save the sheet as “CSV UTF-8”.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = say("Line %(line)s is not UTF-8. Save the table as “CSV UTF-8” and try again.")
        raise RuleBroken("not_utf8", message, line=line) from None


def _rows(text: str) -> Iterator[tuple[int, Cells | RuleBroken]]:
    """Each row with its line. A record is one line here, so a lost quotation mark costs one row, not the rest."""
    lines = text.split("\n")
    columns = _columns(lines[0])
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            yield number, _cells(columns, line.rstrip("\r"))


def _columns(header: str) -> list[str]:
    # Column names need no quotation marks; splitting plainly cannot fail on whatever a wrong file begins with.
    columns = [name.strip(' "\r').casefold() for name in header.split(",")]
    missing = [name for name in COLUMNS if name not in columns]
    if missing and header.count(";") > header.count(","):
        raise RuleBroken("semicolons", "The columns are separated by semicolons. Save the table with commas.")
    if missing:
        message = say("This is not the register of municipalities: the columns %(missing)s are missing.")
        raise RuleBroken("columns_missing", message, missing=", ".join(missing))
    return columns


def _cells(columns: list[str], line: str) -> Cells | RuleBroken:
    try:
        cells = next(csv.reader([line], strict=True))
    except csv.Error:
        return RuleBroken("broken_quotes", "The quotation marks do not match.")
    if len(cells) != len(columns):
        message = say("The row has %(found)s cells, the header %(wanted)s.")
        return RuleBroken("cell_count", message, found=len(cells), wanted=len(columns))
    return dict(zip(columns, map(normalise, cells), strict=True))


# --- from rows to entries


class _Reader:
    """One pass over the file: parents first, so that every municipality finds its county and its association."""

    def __init__(self) -> None:
        self._refusals: list[Refusal] = []
        self._first: dict[str, int] = {}  # ARS or AGS: the line that had it first
        self._districts: dict[str, str] = {}  # key of a Kreis: its name
        self._kinds: dict[str, tuple[str, str]] = {}  # ARS of an association: Textkennzeichen, name
        self._incomplete: set[str] = set()  # ARS of those who lack a member, so that their sums would be wrong

    def read(self, rows: Iterable[tuple[int, Cells | RuleBroken]]) -> Register:
        by_type = self._by_type(rows)
        if not by_type["60"] and not self._refusals:
            raise RuleBroken("no_municipalities", "The file holds no municipalities (record type 60).")
        inhabited = [row for row in by_type["60"] if row[1]["textkennzeichen"] != UNINHABITED]
        counties = self._each(by_type["40"], self._county)
        associations = self._each(by_type["50"], self._association)
        municipalities = with_neighbours(self._each(inhabited, self._municipality), self._kinds)
        return Register(
            counties=tuple(with_sums(counties, municipalities, self._incomplete)),
            associations=tuple(with_sums(associations, municipalities, self._incomplete)),
            municipalities=tuple(municipalities),
            refusals=tuple(sorted(self._refusals, key=lambda refusal: refusal.line)),
            uninhabited=len(by_type["60"]) - len(inhabited),
            bodiless=sum(kind != INDEPENDENT for kind, _ in self._kinds.values()) - len(associations),
        )

    def _by_type(self, rows: Iterable[tuple[int, Cells | RuleBroken]]) -> dict[str, list[tuple[int, Cells]]]:
        by_type: dict[str, list[tuple[int, Cells]]] = {code: [] for code in RECORD_TYPES}
        for line, cells in rows:
            if isinstance(cells, RuleBroken):
                self._refuse(line, {}, cells)
                self._incomplete.add("")  # whose member it was cannot be known
            elif cells["satzart"] not in by_type:
                self._refuse(line, cells, RuleBroken("unknown_record", "This is no record type.", field="satzart"))
                self._incomplete.add("")
            else:
                by_type[cells["satzart"]].append((line, cells))
        return by_type

    def _each(self, rows: Iterable[tuple[int, Cells]], parse: Callable[[int, Cells], Entry | None]) -> list[Entry]:
        entries = []
        for line, cells in rows:
            try:
                entry = parse(line, cells)
            except RuleBroken as problem:
                self._refuse(line, cells, problem)
                self._incomplete |= _parents(cells, problem)
            else:
                entries += [entry] if entry else []
        return entries

    def _county(self, line: int, cells: Cells) -> Entry | None:
        key, name, code = self._key(line, cells, 3), _name(cells), cells["textkennzeichen"]
        if code in CITIES_WITHOUT_COUNTY:
            # In Bavaria the city and the county around it have one name, and a district must tell them apart.
            self._districts[key] = name if "," in name else f"{name}, Stadt"
            return None
        designation = designation_of(code, COUNTIES)
        self._districts[key] = name
        if name.startswith(_REGIONS):
            designation = name.split()[0]
        return self._entry(line, Level.COUNTY, ags=key, ars=key, name=name, designation=designation)

    def _association(self, line: int, cells: Cells) -> Entry | None:
        key, name, code = self._key(line, cells, 4), _without_title(_name(cells)), cells["textkennzeichen"]
        kind = code, STATES[key[:2]]
        bodiless = code == INDEPENDENT or kind in BODILESS
        designation = "" if bodiless else designation_of(code, ASSOCIATIONS)
        self._kinds[key] = code, name
        if bodiless:
            return None
        self._check_parent(key[:5], self._districts, field="kreis")
        designation = "Gemeindeverwaltungsverband" if kind == GVV else designation
        return self._entry(line, Level.MUNICIPAL_ASSOCIATION, ags="", ars=key, name=name, designation=designation)

    def _municipality(self, line: int, cells: Cells) -> Entry:
        key, name = self._key(line, cells, 5), _name(cells)
        self._check_parent(key[:5], self._districts, field="kreis")
        self._check_parent(key[:9], self._kinds, field="vb")
        designation = designation_of(cells["textkennzeichen"], MUNICIPALITIES)
        if designation == "Gemeinde" and name.endswith(", Flecken"):
            designation = "Flecken"
        ags = key[:5] + key[9:]
        self._check_once(f"AGS {ags}", line)
        entry = self._entry(
            line, Level.MUNICIPALITY, ags=ags, ars=key, name=_without_title(name), designation=designation
        )
        latitude, longitude = _place(cells)
        population = _value(cells, "bevoelkerung", _whole)
        runs = administration_of(key, (self._kinds[key[:9]][0], STATES[key[:2]]))
        return replace(entry, population=population, latitude=latitude, longitude=longitude, administration=runs)

    def _entry(self, line: int, level: Level, *, ags: str, ars: str, name: str, designation: str) -> Entry:
        return Entry(
            line=line,
            level=level,
            ags=ags,
            ars=ars,
            name=name,
            designation=designation,
            state=STATES[ars[:2]],
            district=self._districts[ars[:5]],
        )

    def _key(self, line: int, cells: Cells, parts: int) -> str:
        """The first parts of a key put together, each with its leading zeros. Raises `RuleBroken`."""
        for name, digits in list(KEY_PARTS.items())[:parts]:
            if not (cells[name].isascii() and cells[name].isdigit() and len(cells[name]) == digits):
                message = say("Write %(digits)s digits, with leading zeros.")
                raise RuleBroken("malformed_key", message, field=name, digits=digits)
        key = "".join(cells[name] for name in list(KEY_PARTS)[:parts])
        if key[:2] not in STATES:
            raise RuleBroken("unknown_state", "Länder have the numbers 01 to 16.", field="land")
        self._check_once(key, line)
        return key

    def _check_once(self, key: str, line: int) -> None:
        if (first := self._first.setdefault(key, line)) != line:
            raise RuleBroken("key_twice", "Line %(first)s has this key already.", field="gemeindename", first=first)

    def _check_parent(self, key: str, known: Mapping[str, object], *, field: str) -> None:
        if key not in known:
            message = say("The file has no usable row for %(key)s, to which this one belongs.")
            raise RuleBroken("parent_missing", message, field=field, key=key)

    def _refuse(self, line: int, cells: Cells, problem: RuleBroken) -> None:
        value = "".join(c if c.isprintable() else "·" for c in cells.get(problem.field, "")[:60])
        self._refusals.append(Refusal(line, problem.field, value, problem.code, problem.message, problem.params))


# --- cells


def _name(cells: Cells) -> str:
    name = cells["gemeindename"]
    if is_blank(name):
        raise RuleBroken("missing", "This cell must not be empty.", field="gemeindename")
    for problem in line_problems(name, field="gemeindename", longest=120):
        raise problem
    return name


def _without_title(name: str) -> str:
    return _TITLE.sub("", name)


def _value(cells: Cells, column: str, parse: Callable[[str], T | None]) -> T | None:
    """What a cell says, blanks between its digits aside; None if it is empty."""
    text = "".join(cells[column].split())
    if text and (value := parse(text)) is not None:
        return value
    if text:
        raise RuleBroken("not_a_number", "This is not a number as the register writes it.", field=column)
    return None


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,8}", text) else None


def _degrees(text: str) -> float | None:
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def _place(cells: Cells) -> tuple[float | None, float | None]:
    """Latitude and longitude in degrees; a box around Germany catches columns that were swapped."""
    latitude, longitude = _value(cells, "breitengrad", _degrees), _value(cells, "laengengrad", _degrees)
    if (latitude is None) != (longitude is None):
        raise RuleBroken("half_a_place", "Give both degrees or neither.", field="laengengrad")
    if latitude is not None and longitude is not None and not (47 <= latitude <= 56 and 5 <= longitude <= 16):
        raise RuleBroken("not_in_germany", "This place is not in Germany.", field="laengengrad")
    return latitude, longitude


def _parents(cells: Cells, problem: RuleBroken) -> set[str]:
    """Whose sums lack a refused row; with a broken key that could be anyone's."""
    parts = [cells[name] for name in KEY_PARTS]
    return {""} if problem.code == "malformed_key" else {"".join(parts[:3]), "".join(parts[:4])}
