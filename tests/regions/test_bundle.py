"""Region bundles as folders of CSV files: good rows come in, wrong ones out with line, column, value and reason."""

import tempfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.errors import RuleBroken
from sharing.listings.terms import Consideration, KnowledgeLevel, Unit
from sharing.municipalities.terms import KeyScheme, OrganisationKind
from sharing.regions.bundle import Bundle, Refusal, read_bundle
from tests.regions.bundles import listing, municipality, write_csv

TODAY = date(2027, 1, 1)


def read(folder: Path, **options: object) -> Bundle:
    return read_bundle(folder, **{"today": TODAY, **options})  # type: ignore[arg-type]


def only_refusal(bundle: Bundle) -> Refusal:
    assert len(bundle.refusals) == 1, [str(refusal) for refusal in bundle.refusals]
    return bundle.refusals[0]


def test_a_good_bundle_comes_in_whole(tmp_path: Path) -> None:
    bundle = read(write_csv(tmp_path, [listing()]))
    (place,), (row,) = bundle.municipalities, bundle.listings
    assert bundle.refusals == bundle.notes == ()
    assert (place.key, place.scheme, place.designation, place.population, place.line) == (
        "99001001",
        KeyScheme.AGS,
        "Stadt",
        23400,
        2,
    )
    assert (row.ref, row.owner, row.line) == ("R1", "99001001", 2)
    assert (row.draft.quantity, row.draft.unit) == (Decimal(5), Unit.HOURS_PER_WEEK)
    assert row.draft.keywords == ("Kehrmaschine", "Bauhof")
    assert row.draft.considerations == (Consideration.FEE, Consideration.EXCHANGE)


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_commas_and_semicolons_are_read_with_and_without_the_utf8_mark(
    tmp_path: Path, delimiter: str, encoding: str
) -> None:
    bundle = read(write_csv(tmp_path, [listing()], delimiter=delimiter, encoding=encoding))
    assert [row.draft.description for row in bundle.listings] == ["Fünf Stunden je Woche."]


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"direction": "offr"}, "direction", "unknown_choice"),
        ({"category": "XYZ"}, "category", "unknown_category"),
        ({"title": ""}, "title", "missing"),
        ({"title": "\u202eesrever"}, "title", "bidi_override"),
        ({"title": "Nul\0byte"}, "title", "control_character"),
        ({"title": "half a pair \ud83d"}, "title", "control_character"),
        ({"description": "Nul\0byte"}, "description", "control_character"),
        ({"description": "half a pair \udc00"}, "description", "control_character"),
        ({"title": "x" * 161}, "title", "too_long"),
        ({"title": "=HYPERLINK(1)"}, "title", "formula"),
        ({"title": "@SUM(1+1)"}, "title", "formula"),
        ({"description": "-2+3+cmd|' /C calc'!A0"}, "description", "formula"),
        ({"ref": ""}, "ref", "missing"),
        ({"municipality": "99001002"}, "municipality", "unknown_municipality"),
        ({"municipality": "5570044"}, "municipality", "leading_zero_lost"),
        ({"municipality": "5,57E+06"}, "municipality", "malformed_key"),
        ({"language": "deutsch"}, "language", "malformed"),
        ({"quantity": "viel"}, "quantity", "not_a_number"),
        ({"quantity": "1.250,5"}, "quantity", "not_a_number"),
        ({"quantity": "50.000"}, "quantity", "too_many_decimals"),
        ({"quantity": "0"}, "quantity", "quantity_out_of_range"),
        ({"quantity": "1e5"}, "quantity", "not_a_number"),
        ({"unit": ""}, "unit", "unit_missing"),
        ({"unit": "stunden"}, "unit", "unknown_choice"),
        ({"unit": "partners", "quantity": "2,5"}, "quantity", "not_whole"),
        ({"unit": "partners", "quantity": "0.5"}, "quantity", "not_whole"),
        ({"starts_on": "01.04.2027"}, "starts_on", "date_not_iso"),
        ({"ends_on": "2027-02-30"}, "ends_on", "no_such_day"),
        ({"ends_on": "2027-03-31"}, "ends_on", "ends_before_start"),
        ({"starts_on": "2026-01-01", "ends_on": "2026-12-31"}, "ends_on", "already_over"),
        ({"ends_on": ""}, "ends_on", "missing"),
        ({"mode": "online"}, "mode", "unknown_choice"),
        ({"radius_km": "2,5"}, "radius_km", "not_whole"),
        ({"radius_km": "0"}, "radius_km", "radius_out_of_range"),
        ({"considerations": "fee;gratis"}, "considerations", "unknown_choice"),
        ({"contact": "kein Postfach"}, "contact", "malformed"),
        ({"participation": "inform"}, "participation", "only_for_projects"),
    ],
)
def test_a_wrong_cell_keeps_its_row_out_and_says_why(
    tmp_path: Path, changes: dict[str, str], column: str, code: str
) -> None:
    others = dict.fromkeys(changes.keys() - listing().keys(), "")
    bundle = read(write_csv(tmp_path, [listing(**changes), listing(ref="R2", **others)]))
    refusal = only_refusal(bundle)
    assert (refusal.table, refusal.line, refusal.column, refusal.code) == ("listings", 2, column, code)
    assert str(refusal).startswith(f"listings, line 2, {column} ")
    assert [row.ref for row in bundle.listings] == ["R2"]


def test_a_title_without_anything_to_see_is_refused(tmp_path: Path) -> None:
    bundle = read(write_csv(tmp_path, [listing(title="\u200b\u200d\u2060")]))
    assert not bundle.listings
    assert {refusal.code for refusal in bundle.refusals} == {"blank", "missing"}
    assert bundle.refusals[0].value == "\\u200b\\u200d\\u2060"


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"key": "9900100"}, "key", "leading_zero_lost"),
        ({"key": "990010"}, "key", "malformed_key"),
        ({"key": "10101", "country": "AT"}, "key", "key_of_other_country"),
        ({"name": ""}, "name", "missing"),
        ({"country": "Deutschland"}, "country", "malformed"),
        ({"population": "2,5"}, "population", "not_whole"),
        ({"latitude": "95"}, "latitude", "degrees_out_of_range"),
        ({"latitude": "50.55.1"}, "latitude", "not_a_number"),
        ({"longitude": ""}, "longitude", "half_a_place"),
    ],
)
def test_a_wrong_municipality_is_refused(tmp_path: Path, changes: dict[str, str], column: str, code: str) -> None:
    refusal = only_refusal(read(write_csv(tmp_path, [], [municipality(**changes)])))
    assert (refusal.table, refusal.line, refusal.column, refusal.code) == ("municipalities", 2, column, code)


def test_decimal_commas_are_understood(tmp_path: Path) -> None:
    rows = [listing(quantity="0,15", unit="fte")]
    bundle = read(write_csv(tmp_path, rows, [municipality(latitude="50,55", longitude="8,4")]))
    assert bundle.listings[0].draft.quantity == Decimal("0.15")
    assert bundle.municipalities[0].latitude == 50.55


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_every_end_of_line_is_one(tmp_path: Path, end: str) -> None:
    file = write_csv(tmp_path, [listing(), listing(ref="R2")], delimiter=";") / "listings.csv"
    file.write_bytes(file.read_bytes().replace(b"\r\n", end.encode()))
    assert [row.line for row in read(tmp_path).listings] == [2, 3]


def test_a_cell_beyond_all_measure_costs_only_its_row(tmp_path: Path) -> None:
    bundle = read(write_csv(tmp_path, [listing(description="x" * 200_000), listing(ref="R2")]))
    assert (only_refusal(bundle).line, [row.ref for row in bundle.listings]) == (2, ["R2"])


def test_texts_people_write_are_no_formulas(tmp_path: Path) -> None:
    texts = ["- first\n- second (or third)", "+49 (0) 6421 1", "-5 bis +3 Grad (je nach Lage)", "@all: bitte lesen"]
    bundle = read(write_csv(tmp_path, [listing(ref=f"R{n}", description=text) for n, text in enumerate(texts)]))
    assert [row.draft.description for row in bundle.listings] == texts


def test_quantity_unit_and_radius_may_stay_open(tmp_path: Path) -> None:
    (row,) = read(write_csv(tmp_path, [listing(quantity="", unit="", radius_km="", considerations="")])).listings
    assert (row.draft.quantity, row.draft.unit, row.draft.radius_km, row.draft.considerations) == (None, None, None, ())


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    long = listing(ref="R1", description="one\ntwo\r\nthree")
    bundle = read(write_csv(tmp_path, [long, listing(ref="R2"), listing(ref="R3", mode="?")]))
    assert [row.line for row in bundle.listings] == [2, 5]
    assert only_refusal(bundle).line == 6


def test_of_two_rows_with_one_ref_the_second_is_refused_and_names_the_first(tmp_path: Path) -> None:
    bundle = read(write_csv(tmp_path, [listing(), listing(title="Noch einmal")]))
    refusal = only_refusal(bundle)
    assert (refusal.line, refusal.code, refusal.params["first"]) == (3, "twice", 2)
    assert [row.line for row in bundle.listings] == [2]


def test_two_municipalities_may_use_the_same_ref(tmp_path: Path) -> None:
    places = [municipality(), municipality(key="NL_GM9901", country="NL")]
    bundle = read(write_csv(tmp_path, [listing(), listing(municipality="NL_GM9901")], places))
    assert len(bundle.listings) == 2
    assert bundle.municipalities[1].scheme is KeyScheme.LAU


def test_of_two_municipalities_with_one_key_the_second_is_refused(tmp_path: Path) -> None:
    refusal = only_refusal(read(write_csv(tmp_path, [], [municipality(), municipality(name="Anders")])))
    assert (refusal.table, refusal.line, refusal.code) == ("municipalities", 3, "twice")


def test_a_municipality_that_is_known_already_need_not_be_in_the_bundle(tmp_path: Path) -> None:
    write_csv(tmp_path, [listing(municipality="05570044")])
    assert not read(tmp_path).listings
    assert read(tmp_path, known_keys={"05570044"}).listings


def test_one_row_may_have_several_problems_and_all_are_named(tmp_path: Path) -> None:
    bundle = read(write_csv(tmp_path, [listing(mode="?", quantity="x", starts_on="morgen")]))
    assert [refusal.column for refusal in bundle.refusals] == ["quantity", "starts_on", "mode"]
    assert bundle.refused_rows == 1


def test_the_optional_columns_are_understood_and_unknown_ones_noted_once(tmp_path: Path) -> None:
    extra = {"department": "Bauhof", "level": "expert", "contact": "bauhof@lindenau.example", "remark": "x"}
    bundle = read(write_csv(tmp_path, [listing(resource="expertise", **extra), listing(ref="R2", **extra)]))
    row = bundle.listings[0]
    assert (row.department, row.draft.level, row.draft.contact) == (
        "Bauhof",
        KnowledgeLevel.EXPERT,
        "bauhof@lindenau.example",
    )
    assert [note.params["column"] for note in bundle.notes] == ["remark"]


def test_a_project_may_name_its_partners(tmp_path: Path) -> None:
    extra = {"resource": "project", "partner_kinds": "science;business", "benefit": "Kühle Wege"}
    (row,) = read(write_csv(tmp_path, [listing(**extra)])).listings
    assert row.draft.partner_kinds == (OrganisationKind.SCIENCE, OrganisationKind.BUSINESS)


def test_a_row_with_more_cells_than_the_header_is_refused(tmp_path: Path) -> None:
    file = write_csv(tmp_path, [listing()]) / "listings.csv"
    file.write_text(file.read_text("utf-8").replace("Fünf Stunden", "Fünf, sechs, Stunden"), "utf-8")
    assert only_refusal(read(tmp_path)).code == "too_many_cells"


def test_a_broken_quote_costs_its_row_but_not_those_before_it(tmp_path: Path) -> None:
    file = write_csv(tmp_path, [listing(), listing(ref="R2", title="X")]) / "listings.csv"
    file.write_text(file.read_text("utf-8").replace(",X,", ',"X,'), "utf-8")
    bundle = read(tmp_path)
    assert [row.ref for row in bundle.listings] == ["R1"]
    assert (only_refusal(bundle).line, only_refusal(bundle).code) == (3, "broken_quotes")


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    write_csv(tmp_path, [listing(description="plain"), listing(ref="R2")], encoding="cp1252")
    with pytest.raises(RuleBroken) as refused:
        read(tmp_path)
    assert (refused.value.code, refused.value.params["line"]) == ("not_utf8", 3)


def test_missing_files_and_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(RuleBroken, match=r"municipalities\.csv"):
        read(tmp_path)
    rows = [{column: value for column, value in listing().items() if column not in {"title", "unit"}}]
    with pytest.raises(RuleBroken, match="title, unit"):
        read(write_csv(tmp_path, rows))
    with pytest.raises(RuleBroken) as refused:
        read(tmp_path / "nowhere")
    assert refused.value.code == "bundle_missing"


def test_a_file_beyond_the_limit_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sharing.regions.tables.LARGEST_FILE", 100)
    with pytest.raises(RuleBroken, match="Split the bundle"):
        read(write_csv(tmp_path, [listing()]))
    monkeypatch.undo()
    monkeypatch.setattr("sharing.regions.tables.MOST_ROWS", 1)
    with pytest.raises(RuleBroken, match="more than 1 rows"):
        read(write_csv(tmp_path, [listing(), listing(ref="R2")]))


hostile = st.text(st.characters(), max_size=40) | st.sampled_from(
    ["=1+1", "\0", "\ud800", '"', "\r", "\u202e", "9" * 30]
)


@given(st.dictionaries(st.sampled_from(sorted(listing())), hostile, max_size=4))
def test_whatever_stands_in_a_row_it_is_in_or_out(changes: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bundle = read(write_csv(Path(folder), [listing(**changes), listing(ref="a good row")]))
    assert len(bundle.listings) + bundle.refused_rows == 2 - (not any(listing(**changes).values()))
    for refusal in bundle.refusals:
        assert len(refusal.value) <= 60
        assert refusal.value.isprintable()
        assert str(refusal)


@given(
    title=st.text("abcäöü,;\"'", min_size=1, max_size=30),
    quantity=st.decimals(1, 900, places=2),
    delimiter=st.sampled_from(",;"),
)
def test_what_is_written_is_what_is_read(title: str, quantity: Decimal, delimiter: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = [listing(title=f"T {title}", quantity=str(quantity))]
        (row,) = read(write_csv(Path(folder), rows, delimiter=delimiter)).listings
    assert row.draft == replace(row.draft, title=f"T {title}", quantity=quantity)
