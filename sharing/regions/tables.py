"""The two tables of a region bundle as rows of text, from CSV files or from the sheets of one spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook

from sharing.errors import RuleBroken, say

TABLES = ("municipalities", "listings")
LARGEST_FILE, LARGEST_UNPACKED, LARGEST_RATIO = 20_000_000, 300_000_000, 200
MOST_ROWS, MOST_COLUMNS = 100_000, 60

# Whatever starts with `=` is a formula. After `+`, `-` and `@` only a call or a DDE link is: "- first item" and
# "+49 6421 …" are what people write.
_FORMULA = re.compile(r"\s*(=|[+\-@][^\s(|]*[(|])")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the cells by column, and what already its form got wrong. `line` counts as the user's program does."""

    line: int
    cells: Mapping[str, str]
    problems: tuple[RuleBroken, ...] = ()

    @property
    def is_readable(self) -> bool:
        """The cells stand under their columns. If not, what they hold would only mislead."""
        return all(problem.field for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_tables(path: Path) -> dict[str, Table]:
    """Both tables of a folder or a spreadsheet. Raises `RuleBroken` where a table cannot be read at all."""
    if path.is_dir():
        return {name: _csv_table(path / f"{name}.csv") for name in TABLES}
    if not path.exists():
        raise RuleBroken("bundle_missing", "There is no folder or file “%(name)s”.", name=path.name)
    if path.suffix.lower() != ".xlsx":
        raise RuleBroken(
            "bundle_unknown", "“%(name)s” is neither a folder with CSV files nor an XLSX file.", name=path.name
        )
    _check_size(path)
    return _sheets(path)


def _check_size(path: Path) -> None:
    if path.stat().st_size > LARGEST_FILE:
        raise RuleBroken(
            "file_too_large",
            "“%(name)s” is larger than %(most)s MB. Split the bundle.",
            name=path.name,
            most=LARGEST_FILE // 1_000_000,
        )


# --- CSV


def _csv_table(path: Path) -> Table:
    if not path.is_file():
        raise RuleBroken("file_missing", "The bundle has no file “%(name)s”.", name=path.name)
    _check_size(path)
    return _table(path.name, _csv_records(_decoded(path.name, path.read_bytes())))


def _decoded(name: str, content: bytes) -> str:
    """UTF-8, with or without its mark. No other encoding is guessed: a wrong guess would be published."""
    try:
        # Half of a surrogate pair passes here, so that one bad row does not cost the whole file.
        return content.decode("utf-8-sig", "surrogatepass")
    except UnicodeDecodeError as error:
        # Bytes 0xff 0xfe begin UTF-16, which is also what "Unicode text" means in spreadsheets.
        line = content.count(b"\n", 0, error.start) + 1
        message = say("Line %(line)s of “%(name)s” is not UTF-8. Save the table as “CSV UTF-8” and try again.")
        raise RuleBroken("not_utf8", message, name=name, line=line) from None


def _csv_records(text: str) -> Iterator[tuple[int, list[str] | RuleBroken]]:
    """Each record with the line it begins in; a quoted cell may go over several lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error:
            message = say(
                "Nothing up to line %(last)s could be read: quotation marks do not match, or a cell is far too long."
            )
            yield line, RuleBroken("broken_quotes", message, last=reader.line_num)


def _delimiter(text: str) -> str:
    """German spreadsheets write semicolons. The column names hold neither, so the header tells."""
    header = re.split("[\r\n]", text, maxsplit=1)[0]
    return ";" if header.count(";") > header.count(",") else ","


# --- XLSX


def _sheets(path: Path) -> dict[str, Table]:
    try:
        _check_unpacked(path)
        return _read_workbook(path)
    except RuleBroken:
        raise
    except Exception as error:  # openpyxl meets a broken file with whatever its parsers happen to raise
        message = say("“%(name)s” cannot be read as a spreadsheet. Save it again as XLSX.")
        raise RuleBroken("broken_spreadsheet", message, name=path.name) from error


def _check_unpacked(path: Path) -> None:
    """A spreadsheet is a ZIP file: a few kilobytes may unpack to gigabytes."""
    try:
        with ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except BadZipFile:
        raise RuleBroken("broken_spreadsheet", "“%(name)s” is not an XLSX file.", name=path.name) from None
    if unpacked > LARGEST_UNPACKED or unpacked > LARGEST_RATIO * path.stat().st_size:
        raise RuleBroken("file_too_large", "“%(name)s” unpacks to more than is sensible.", name=path.name)


def _read_workbook(path: Path) -> dict[str, Table]:
    workbook = load_workbook(path, read_only=True, data_only=False, keep_links=False)
    try:
        sheets = {sheet.title.strip().casefold(): sheet for sheet in workbook.worksheets}
        if missing := [name for name in TABLES if name not in sheets]:
            message = say("The spreadsheet lacks these sheets: %(names)s.")
            raise RuleBroken("sheet_missing", message, names=", ".join(missing))
        return {name: _table(name, _sheet_records(sheets[name])) for name in TABLES}
    finally:
        workbook.close()


def _sheet_records(sheet: Any) -> Iterator[tuple[int, list[str] | RuleBroken]]:
    sheet.reset_dimensions()  # some programs write a wrong extent
    for line, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
        yield line, [_cell_text(cell) for cell in cells]


def _cell_text(cell: Any) -> str:
    """A cell as it would stand in the CSV file; formulas keep their `=`, and a whole number has no decimals."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return str(value) if str(value).startswith("=") else f"={getattr(value, 'text', '')}"
    if cell.data_type == "e":
        return f"={value}"  # an error is what a formula left behind
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.10g}"
    return str(value)


# --- both


def _table(name: str, records: Iterator[tuple[int, list[str] | RuleBroken]]) -> Table:
    columns = _columns(name, next(records, (1, []))[1])
    rows = []
    for line, record in records:
        if isinstance(record, RuleBroken):
            rows.append(Row(line, {}, (record,)))
        elif any(cell.strip() for cell in record):
            rows.append(_row(line, columns, record))
        if len(rows) > MOST_ROWS:
            message = say("“%(name)s” has more than %(most)s rows. Split the bundle.")
            raise RuleBroken("too_many_rows", message, name=name, most=MOST_ROWS)
    return Table(columns, tuple(rows))


def _columns(name: str, header: list[str] | RuleBroken) -> tuple[str, ...]:
    if isinstance(header, RuleBroken):
        raise header
    columns = tuple(cell.strip().casefold() for cell in header)
    if twice := {column for column in columns if column and columns.count(column) > 1}:
        message = say("“%(name)s” has the column “%(column)s” twice.")
        raise RuleBroken("column_twice", message, name=name, column=min(twice))
    return columns


def _row(line: int, columns: tuple[str, ...], record: list[str]) -> Row:
    cells = {column: cell for column, cell in zip(columns, record, strict=False) if column}
    problems = list(_formula_problems(cells))
    if any(cell.strip() for cell in record[len(columns) :]):
        message = say("The row has more cells than the header. Put texts with a comma into quotation marks.")
        problems.append(RuleBroken("too_many_cells", message))
    return Row(line, cells, tuple(problems))


def _formula_problems(cells: Mapping[str, str]) -> Iterable[RuleBroken]:
    for column, cell in cells.items():
        if _FORMULA.match(cell):
            yield RuleBroken("formula", "Replace the formula by its value.", field=column)
