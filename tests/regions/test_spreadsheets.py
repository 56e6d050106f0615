"""Region bundles as one spreadsheet."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from sharing.errors import RuleBroken
from sharing.regions.bundle import Bundle, read_bundle
from tests.regions.bundles import listing, municipality, write_csv, write_xlsx


def read(path: Path) -> Bundle:
    return read_bundle(path, today=date(2027, 1, 1))


def test_a_spreadsheet_says_the_same_as_the_folder(tmp_path: Path) -> None:
    rows = [listing(), listing(ref="R2", title="Noch eine")]
    assert read(write_xlsx(tmp_path / "region.XLSX", rows)) == read(write_csv(tmp_path, rows))


def test_real_numbers_and_dates_are_understood(tmp_path: Path) -> None:
    typed = listing(
        municipality=99001001,
        quantity=0.5,
        unit="fte",
        radius_km=25.0,
        starts_on=date(2027, 4, 1),
        ends_on=datetime(2027, 10, 31),
    )
    places = [municipality(key=99001001, population=23400.0, latitude=50.55)]
    bundle = read(write_xlsx(tmp_path / "region.xlsx", [typed], places))
    (row,) = bundle.listings
    assert (row.owner, row.draft.quantity, row.draft.radius_km) == ("99001001", Decimal("0.5"), 25)
    assert (row.draft.starts_on, row.draft.ends_on) == (date(2027, 4, 1), date(2027, 10, 31))
    assert (bundle.municipalities[0].population, bundle.municipalities[0].latitude) == (23400, 50.55)


def test_a_key_that_lost_its_zero_as_a_number_is_refused_not_guessed(tmp_path: Path) -> None:
    bundle = read(write_xlsx(tmp_path / "region.xlsx", [listing()], [municipality(), municipality(key=5570044)]))
    (refusal,) = bundle.refusals
    assert (refusal.line, refusal.column, refusal.value, refusal.code) == (3, "key", "5570044", "leading_zero_lost")


def test_a_formula_cell_is_refused(tmp_path: Path) -> None:
    bundle = read(write_xlsx(tmp_path / "region.xlsx", [listing(quantity="=2+3"), listing(ref="R2")]))
    (refusal,) = bundle.refusals
    assert (refusal.line, refusal.column, refusal.value, refusal.code) == (2, "quantity", "=2+3", "formula")
    assert [row.ref for row in bundle.listings] == ["R2"]


def test_empty_rows_are_passed_over_and_counted(tmp_path: Path) -> None:
    nothing = dict.fromkeys(listing())
    bundle = read(write_xlsx(tmp_path / "region.xlsx", [listing(), nothing, listing(ref="R2")]))
    assert [row.line for row in bundle.listings] == [2, 4]
    assert not bundle.refusals


def test_a_missing_sheet_is_named(tmp_path: Path) -> None:
    book = Workbook()
    book.save(tmp_path / "region.xlsx")
    with pytest.raises(RuleBroken, match="lacks these sheets: municipalities, listings"):
        read(tmp_path / "region.xlsx")


@pytest.mark.parametrize("content", [b"", b"not a spreadsheet", b"PK\x03\x04 half of one"])
def test_what_is_no_spreadsheet_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "region.xlsx"
    path.write_bytes(content)
    with pytest.raises(RuleBroken) as refused:
        read(path)
    assert refused.value.code == "broken_spreadsheet"


def test_a_zip_without_a_workbook_is_a_broken_spreadsheet(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "region.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(RuleBroken) as refused:
        read(tmp_path / "region.xlsx")
    assert refused.value.code == "broken_spreadsheet"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "region.xlsx", "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 30_000_000)
    with pytest.raises(RuleBroken) as refused:
        read(tmp_path / "region.xlsx")
    assert refused.value.code == "file_too_large"


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "region.ods").write_bytes(b"PK")
    with pytest.raises(RuleBroken, match="neither a folder with CSV files nor an XLSX file"):
        read(tmp_path / "region.ods")
