"""A region bundle: municipalities and listings from spreadsheets. Good rows come in, wrong ones out with a reason."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sharing.errors import RuleBroken, say
from sharing.regions.readers import ListingReader, MunicipalityReader
from sharing.regions.rows import ListingRow, MunicipalityRow, Refusal, shown
from sharing.regions.tables import Table, read_tables
from sharing.taxonomy import shipped

__all__ = ["Bundle", "ListingRow", "MunicipalityRow", "Refusal", "read_bundle"]

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "municipalities": (
        "key", "name", "kind", "state", "district", "country", "population", "latitude", "longitude",
    ),
    "listings": (
        "ref", "municipality", "direction", "resource", "category", "title", "description", "language", "keywords",
        "quantity", "unit", "starts_on", "ends_on", "mode", "radius_km", "considerations",
    ),
}  # fmt: skip
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "municipalities": (),
    "listings": ("department", "level", "benefit", "partner_kinds", "participation", "contact"),
}


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle holds, in the order of its rows. `notes` are about columns nobody knows."""

    municipalities: tuple[MunicipalityRow, ...]
    listings: tuple[ListingRow, ...]
    refusals: tuple[Refusal, ...]
    notes: tuple[RuleBroken, ...] = ()

    @property
    def refused_rows(self) -> int:
        return len({(refusal.table, refusal.line) for refusal in self.refusals})


def read_bundle(
    path: Path, *, today: date, known_keys: Collection[str] = (), categories: Collection[str] | None = None
) -> Bundle:
    """The bundle in a folder or an XLSX file.

    `today` decides what is already over. A listing's municipality must be a good row of the bundle or in `known_keys`;
    its category in `categories` (without: the list that ships). Raises `RuleBroken` where the bundle as a whole
    cannot be read: a file, sheet or column is missing, an encoding is wrong, it is too large.
    """
    tables = read_tables(path)
    for name, table in tables.items():
        _check_columns(name, table)
    municipalities = MunicipalityReader()
    places = [place for row in tables["municipalities"].rows if (place := municipalities.read(row))]
    listings = ListingReader(
        today=today,
        keys={place.key for place in places}.union(known_keys),
        categories=shipped.codes() if categories is None else categories,
    )
    adverts = [advert for row in tables["listings"].rows if (advert := listings.read(row))]
    refusals = (*municipalities.refusals, *listings.refusals)
    return Bundle(tuple(places), tuple(adverts), refusals, tuple(_notes(tables)))


def _check_columns(name: str, table: Table) -> None:
    if missing := [column for column in REQUIRED[name] if column not in table.columns]:
        message = say("The table “%(table)s” lacks these columns: %(columns)s.")
        raise RuleBroken("column_missing", message, table=name, columns=", ".join(missing))


def _notes(tables: Mapping[str, Table]) -> Iterator[RuleBroken]:
    for name, table in tables.items():
        for column in table.columns:
            if column and column not in REQUIRED[name] + OPTIONAL[name]:
                message = say("The column “%(column)s” of the table “%(table)s” is unknown and was not read.")
                yield RuleBroken("unknown_column", message, field=shown(column), column=shown(column), table=name)
