"""Small region bundles, written by the tests that read them."""

import csv
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from sharing.regions.bundle import REQUIRED

MUNICIPALITY = {
    "key": "99001001",
    "name": "Stadt Lindenau",
    "kind": "Stadt",
    "state": "HE",
    "district": "Kreis Lohrgrund",
    "country": "DE",
    "population": "23400",
    "latitude": "50.55",
    "longitude": "8.4",
}
LISTING = {
    "ref": "R1",
    "municipality": "99001001",
    "direction": "request",
    "resource": "equipment",
    "category": "BAU",
    "title": "Kehrmaschine gesucht",
    "description": "Fünf Stunden je Woche.",
    "language": "de",
    "keywords": "Kehrmaschine;Bauhof",
    "quantity": "5",
    "unit": "hours_per_week",
    "starts_on": "2027-04-01",
    "ends_on": "2027-10-31",
    "mode": "on_site",
    "radius_km": "25",
    "considerations": "fee;exchange",
}


def municipality(**changes: Any) -> dict[str, Any]:
    return MUNICIPALITY | changes


def listing(**changes: Any) -> dict[str, Any]:
    return LISTING | changes


def write_csv(
    folder: Path,
    listings: list[dict[str, Any]],
    municipalities: list[dict[str, Any]] | None = None,
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> Path:
    """A bundle as a folder; columns beyond the usual ones are those of the first row."""
    tables = {"municipalities": [MUNICIPALITY] if municipalities is None else municipalities, "listings": listings}
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding=encoding, newline="", errors="surrogatepass") as file:
            writer = csv.DictWriter(file, list(rows[0]) if rows else REQUIRED[name], delimiter=delimiter)
            writer.writeheader()
            writer.writerows(rows)
    return folder


def write_xlsx(path: Path, listings: list[dict[str, Any]], municipalities: list[dict[str, Any]] | None = None) -> Path:
    """A bundle as one spreadsheet; values keep their type, so numbers and dates become real cells."""
    book = Workbook()
    book.remove(book.active)
    tables = {"municipalities": [MUNICIPALITY] if municipalities is None else municipalities, "listings": listings}
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(list(row.values()))
    book.save(path)
    return path
