"""The parser of the official register: real forms in, plain entries out, and a clear no to everything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.errors import RuleBroken
from sharing.municipalities.register import read_register
from sharing.municipalities.terms import KeyScheme, Level
from tests.municipalities.extracts import AMT, HEADER, extract, municipality, row


def names(register):
    return [entry.name for entry in register.municipalities]


def codes(register):
    return [(refusal.line, refusal.column, refusal.code) for refusal in register.refusals]


def test_an_extract_is_read_into_counties_associations_and_municipalities():
    register = read_register(extract(*AMT))
    assert [(e.ars, e.name, e.designation) for e in register.entries] == [
        ("01051", "Dithmarschen", "Kreis"),
        ("010515163", "Nordermoor", "Amt"),
        ("010515163003", "Averlund", "Gemeinde"),
        ("010515163010", "Brickholm", "Flecken"),
        ("010510044044", "Heidstadt", "Stadt"),
    ]
    assert not register.refusals


def test_a_municipality_has_its_keys_its_place_and_its_region():
    entry = read_register(extract(*AMT)).municipalities[0]
    assert entry.keys == (
        (KeyScheme.AGS, "01051003"),
        (KeyScheme.ARS, "010515163003"),
        (KeyScheme.LAU, "DE_01051003"),
    )
    assert (entry.population, entry.latitude, entry.longitude) == (1500, 54.25, 9.0)
    assert (entry.state, entry.district, entry.level) == ("SH", "Dithmarschen", Level.MUNICIPALITY)


def test_counties_have_ags_and_ars_and_associations_only_an_ars():
    register = read_register(extract(*AMT))
    assert register.counties[0].keys == ((KeyScheme.AGS, "01051"), (KeyScheme.ARS, "01051"))
    assert register.associations[0].keys == ((KeyScheme.ARS, "010515163"),)


def test_an_association_lies_where_its_residents_live():
    amt = read_register(extract(*AMT)).associations[0]
    assert (amt.population, amt.latitude, amt.longitude) == (2000, 54.25, 9.25)


def test_sums_stay_unknown_where_a_members_row_was_refused():
    rows = [*AMT, municipality("010515163012", "Buchen", "viele")]
    register = read_register(extract(*rows))
    assert register.associations[0].population is register.counties[0].population is None


@pytest.mark.parametrize(
    ("code", "land", "designation", "runs"),
    [
        ("51", "01051", "Amt", "association"),
        ("52", "03151", "Samtgemeinde", "association"),
        ("53", "07131", "Verbandsgemeinde", "association"),
        ("54", "09171", "Verwaltungsgemeinschaft", "association"),
        ("55", "01051", "Kirchspielslandgemeinde", "association"),
        ("56", "14521", "Verwaltungsverband", "association"),
        ("56", "08115", "Gemeindeverwaltungsverband", "not said"),
        ("54", "08115", None, "not said"),
        ("54", "14521", None, "not said"),
        ("57", "15081", None, "not said"),
        ("58", "16062", None, "neighbour"),
        ("50", "16062", None, "itself"),
    ],
)
def test_who_administers_follows_from_the_kind_of_association(code, land, designation, runs):
    register = read_register(
        extract(
            row("40", "44", land, "Kreis"),
            row("50", code, f"{land}5001", "Moorstadt, Stadt"),
            municipality(f"{land}5001001", "Averlund"),
            municipality(f"{land}5001002", "Moorstadt, Stadt", code="63"),
        )
    )
    ars = f"{land}5001001"
    expected = {"association": ars[:9], "neighbour": f"{land}5001002", "itself": ars, "not said": None}[runs]
    assert [entry.designation for entry in register.associations] == ([designation] if designation else [])
    assert register.municipalities[0].administration == expected


def test_a_city_without_a_county_is_no_county_and_not_mistaken_for_the_county_of_its_name():
    register = read_register(
        extract(
            row("40", "41", "09163", "Rosenheim"),
            row("50", "50", "091630000", "Rosenheim"),
            municipality("091630000000", "Rosenheim", code="61"),
            row("40", "44", "09187", "Rosenheim"),
        )
    )
    assert [(e.name, e.ars) for e in register.counties] == [("Rosenheim", "09187")]
    assert register.municipalities[0].district == "Rosenheim, Stadt"
    assert register.counties[0].district == "Rosenheim"


@pytest.mark.parametrize(
    ("official", "name"),
    [
        ("Kiel, Landeshauptstadt", "Kiel"),
        ("Seebad, Kurort, Stadt", "Seebad"),
        ("Weißwasser/O.L., Stadt / Běła Woda", "Weißwasser/O.L. / Běła Woda"),
        ("Bautzen / Budyšin, Stadt", "Bautzen / Budyšin"),
        ("Cottbus/Chóśebuz", "Cottbus/Chóśebuz"),
    ],
)
def test_titles_are_no_part_of_a_name_and_second_languages_are(official, name):
    rows = [*AMT[:3], municipality("010515163003", official)]
    assert names(read_register(extract(*rows))) == [name]


def test_uninhabited_areas_are_counted_and_left_out():
    rows = [*AMT, row("50", "50", "010519105", "Forst"), municipality("010519105105", "Forst", "  0", code="66")]
    register = read_register(extract(*rows))
    assert (register.uninhabited, len(register.municipalities), register.refusals) == (1, 3, ())


def test_an_empty_cell_says_nothing():
    entry = read_register(extract(*AMT[:3], row("60", "64", "010515163003", "Averlund"))).municipalities[0]
    assert (entry.population, entry.latitude, entry.longitude) == (None, None, None)


@pytest.mark.parametrize(
    ("bad", "column", "code"),
    [
        (municipality("010515163012", "Buchen", "1.250"), "bevoelkerung", "not_a_number"),
        (municipality("010515163012", "Buchen", "-5"), "bevoelkerung", "not_a_number"),
        (municipality("010515163012", "Buchen", "٣"), "bevoelkerung", "not_a_number"),
        (municipality("010515163012", "Buchen", east="neun"), "laengengrad", "not_a_number"),
        (municipality("010515163012", "Buchen", east=""), "laengengrad", "half_a_place"),
        (municipality("010515163012", "Buchen", east="54,2"), "laengengrad", "not_in_germany"),
        (municipality("010515163012", " "), "gemeindename", "missing"),
        (municipality("010515163012", "x" * 121), "gemeindename", "too_long"),
        (municipality("010515163012", "Bu\x00chen"), "gemeindename", "control_character"),
        (municipality("010515163012", "Bu\u202echen"), "gemeindename", "bidi_override"),
        (municipality("010515163012", "Buchen", code="99"), "textkennzeichen", "unknown_kind"),
        (municipality("01051516301", "Buchen"), "gemeinde", "malformed_key"),
        (municipality("01051516301٣", "Buchen"), "gemeinde", "malformed_key"),
        (municipality("990515163012", "Buchen"), "land", "unknown_state"),
        (municipality("010995163012", "Buchen"), "kreis", "parent_missing"),
        (municipality("010519999012", "Buchen"), "vb", "parent_missing"),
        (municipality("010515163003", "Buchen"), "gemeindename", "key_twice"),
        (municipality("010510044003", "Buchen"), "gemeindename", "key_twice"),
        (row("70", "64", "010515163012", "Buchen"), "satzart", "unknown_record"),
        ('60,64,01,0,51,5163,012,"Buchen', "", "broken_quotes"),
        ("60,64,01,0,51,5163,012,Buchen", "", "cell_count"),
        (municipality("010515163012", "Buchen") + ",zu viel", "", "cell_count"),
    ],
)
def test_a_bad_row_is_refused_with_its_place_and_costs_no_other_row(bad, column, code):
    register = read_register(extract(*AMT[:4], bad, *AMT[4:]))
    assert codes(register) in ([(6, column, code)], [(9, column, code)], [(8, column, code)])
    assert names(register) == ["Averlund", "Brickholm", "Heidstadt"]


def test_a_refusal_reads_as_a_sentence():
    refusal = read_register(extract(*AMT, municipality("010515163012", "Buchen", "viele"))).refusals[0]
    assert str(refusal) == "line 9, bevoelkerung “viele”: This is not a number as the register writes it."


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "columns_missing"),
        (b"\x89PNG\r\n\x1a\n", "not_utf8"),
        (b"PK\x03\x04....", "spreadsheet"),
        (extract(*AMT).decode("utf-8-sig").encode("utf-16"), "not_utf8"),
        (extract(*AMT, municipality("010515163012", "Grün")).decode("utf-8-sig").encode("latin-1"), "not_utf8"),
        (extract(*AMT).replace(b",", b";"), "semicolons"),
        (extract(*AMT, header=HEADER.replace("bevoelkerung", "people")), "columns_missing"),
        (b"name,email\nA,a@example.org\n", "columns_missing"),
        (b"x" * 200_000, "columns_missing"),
        (extract(), "no_municipalities"),
    ],
)
def test_a_file_that_is_not_the_register_is_refused_as_a_whole(content, code):
    with pytest.raises(RuleBroken) as refused:
        read_register(content)
    assert refused.value.code == code


def test_missing_columns_are_named():
    with pytest.raises(RuleBroken, match="columns bevoelkerung are missing"):
        read_register(extract(*AMT, header=HEADER.replace("bevoelkerung", "people")))


def test_line_ends_of_windows_change_nothing():
    assert read_register(extract(*AMT).replace(b"\n", b"\r\n")) == read_register(extract(*AMT))


@given(st.permutations(AMT))
def test_the_order_of_the_rows_changes_nothing(rows):
    def facts(register):
        return {(e.ars, e.name, e.designation, e.population, e.longitude, e.administration) for e in register.entries}

    assert facts(read_register(extract(*rows))) == facts(read_register(extract(*AMT)))


@given(st.integers(min_value=0, max_value=99_999_999))
def test_numbers_with_blanks_are_the_numbers_they_show(people):
    shown = f" {people:,}".replace(",", " ")
    register = read_register(extract(*AMT[:3], municipality("010515163003", "Averlund", shown)))
    assert register.municipalities[0].population == people


@given(st.text())
def test_no_row_whatsoever_breaks_the_reader(text):
    register = read_register(extract(*AMT, text.encode("utf-8", "ignore").decode()))
    assert {"Averlund", "Brickholm", "Heidstadt"} <= set(names(register))


@given(st.binary())
def test_no_file_whatsoever_breaks_the_reader(content):
    with pytest.raises(RuleBroken):
        read_register(content)
