"""The official register in the directory: in or out, again and again, and nothing of ours lost."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sharing.actors import SYSTEM, Actor
from sharing.errors import NotAllowed
from sharing.events import Event
from sharing.municipalities.imports import import_register
from sharing.municipalities.models import OfficialKey, Organisation
from sharing.municipalities.register import read_register
from tests.municipalities.extracts import AMT, extract, municipality, row

pytestmark = pytest.mark.django_db


def imported(*rows, valid_from=None):
    return import_register(read_register(extract(*(rows or AMT))), valid_from=valid_from, by=SYSTEM)


def holder(key):
    return Organisation.objects.with_key(key).distinct().get()


def events():
    return sorted(Event.objects.order_by("id").values_list("kind", flat=True))


def test_a_first_import_registers_everyone_with_keys_and_events():
    report = imported(valid_from=date(2021, 1, 1))
    assert (report.registered, report.changed, report.same, report.keys_added) == (5, 0, 0, 12)
    assert events() == ["organisation.registered"] * 5
    town = holder("01051044")
    assert (town.name, town.designation, town.population, town.state) == ("Heidstadt", "Stadt", 21_852, "SH")
    assert holder("DE_01051044") == holder("010510044044") == town
    assert set(OfficialKey.objects.values_list("valid_from", flat=True)) == {date(2021, 1, 1)}


def test_a_second_run_with_the_same_file_changes_nothing_and_says_nothing():
    imported()
    before = list(Organisation.objects.order_by("id").values()), list(OfficialKey.objects.order_by("id").values())
    report = imported(valid_from=date(2022, 1, 1))
    assert (report.registered, report.changed, report.same, report.keys_added, report.elsewhere) == (0, 0, 5, 0, 0)
    assert events() == ["organisation.registered"] * 5
    after = list(Organisation.objects.order_by("id").values()), list(OfficialKey.objects.order_by("id").values())
    assert before == after


def test_members_are_administered_by_their_association_and_others_by_nobody_else():
    imported()
    assert holder("01051003").administered_by == holder("010515163")
    assert holder("01051044").administered_by is None


def test_a_fulfilling_municipality_administers_its_neighbours():
    imported(
        row("40", "44", "16062", "Nordhausen"),
        row("50", "58", "160625053", "Heringen, Stadt"),
        municipality("160625053008", "Görsdorf"),
        municipality("160625053064", "Heringen, Stadt", code="63"),
    )
    assert holder("16062008").administered_by == holder("16062064")
    assert holder("16062064").administered_by is None


def test_a_changed_population_is_one_changed_organisation_and_one_event_each():
    imported()
    mine = holder("01051044")
    Organisation.objects.filter(id=mine.id).update(mailbox="rathaus@heidstadt.example")
    report = imported(*AMT[:-1], municipality("010510044044", "Heidstadt, Stadt", " 22 000", code="63"))
    town = holder("01051044")
    assert (town.id, town.population, town.mailbox) == (mine.id, 22_000, "rathaus@heidstadt.example")
    assert town.created_at == mine.created_at
    assert town.updated_at > mine.updated_at
    assert report.changed == 2  # the town, and the county whose sum changed
    assert events().count("organisation.changed") == 2


def test_an_organisation_known_by_one_key_gets_the_others_and_is_no_double():
    known = Organisation.objects.create(name="Heidstadt", mailbox="post@heidstadt.example")
    OfficialKey.objects.create(organisation=known, scheme="ags", value="01051044")
    report = imported()
    assert (report.registered, report.changed) == (4, 1)
    assert holder("010510044044") == known


def test_what_only_a_region_knows_stays_and_its_keys_are_reported():
    other = Organisation.objects.create(name="Kirchbrück", population=7)
    OfficialKey.objects.create(organisation=other, scheme="ags", value="99001001")
    report = imported()
    assert report.elsewhere == 1
    assert Organisation.objects.get(id=other.id).population == 7


def test_a_part_of_the_register_leaves_the_rest_alone():
    imported()
    report = imported(*AMT[:5])
    assert report.elsewhere == 3
    assert holder("01051044").population == 21_852


def test_an_empty_cell_keeps_what_is_known():
    imported()
    imported(*AMT[:-1], row("60", "63", "010510044044", "Heidstadt, Stadt"))
    assert (holder("01051044").population, holder("01051044").latitude) == (21_852, 54.25)


MOVED = (*AMT[:-2], municipality("010515163044", "Heidstadt, Stadt", " 21 852", code="63"))


def test_a_move_into_an_association_ends_the_old_key_and_names_its_successor():
    imported()
    report = imported(*MOVED, valid_from=date(2022, 1, 1))
    old, new = OfficialKey.objects.get(value="010510044044"), OfficialKey.objects.get(value="010515163044")
    assert (old.valid_until, old.successor, new.valid_from) == (date(2021, 12, 31), new, date(2022, 1, 1))
    assert (report.keys_added, report.keys_ended, report.elsewhere) == (1, 1, 0)
    assert holder("01051044").administered_by == holder("010515163")


def test_without_a_date_the_old_key_stays_and_is_reported():
    imported()
    report = imported(*MOVED)
    assert (report.keys_ended, report.elsewhere) == (0, 1)
    assert holder("010510044044") == holder("010515163044")


def test_leaving_an_association_ends_its_administration_but_not_one_that_operators_set():
    imported(*MOVED)
    friend = Organisation.objects.create(name="Friend")
    Organisation.objects.filter(name="Averlund").update(administered_by=friend)
    imported(*AMT[:3], row("50", "50", "010510003", "A"), municipality("010510003003", "Averlund"), *AMT[4:])
    assert holder("01051044").administered_by is None
    assert holder("01051003").administered_by == friend


def test_a_key_that_ended_is_refused_until_a_later_day_is_named():
    former = Organisation.objects.create(name="Former")
    OfficialKey.objects.create(organisation=former, scheme="ags", value="01051044", valid_until=date(2020, 12, 31))
    report = imported()
    assert [(refusal.line, refusal.code) for refusal in report.refusals] == [(8, "key_ended")]
    assert report.registered == 4
    assert not imported(valid_from=date(2021, 1, 1)).refusals
    assert holder("01051044").name == "Heidstadt"


@pytest.mark.parametrize(
    ("owners", "code"),
    [(("A", "B"), "several_holders"), (("A", "A"), None)],
)
def test_keys_that_contradict_each_other_refuse_the_row_and_nothing_else(owners, code):
    made = {name: Organisation.objects.create(name=name) for name in set(owners)}
    OfficialKey.objects.create(organisation=made[owners[0]], scheme="ags", value="01051044")
    OfficialKey.objects.create(organisation=made[owners[1]], scheme="ars", value="010510044044")
    report = imported()
    assert [refusal.code for refusal in report.refusals] == ([code] if code else [])
    assert report.registered == 4


def test_one_organisation_with_the_keys_of_two_rows_is_taken_for_neither_twice():
    both = Organisation.objects.create(name="Both")
    OfficialKey.objects.create(organisation=both, scheme="ars", value="010515163")
    OfficialKey.objects.create(organisation=both, scheme="ags", value="01051003")
    report = imported()
    assert [(refusal.line, refusal.code) for refusal in report.refusals] == [(5, "one_for_two")]


def test_only_the_house_imports():
    with pytest.raises(NotAllowed):
        import_register(read_register(extract(*AMT)), valid_from=None, by=Actor())


def queries(count):
    """Of an import that registers `count` municipalities more, one change, and the sums that follow."""
    members = [municipality(f"010515163{n:03}", f"Ort {n} von {count}") for n in range(count)]
    register = read_register(extract(*AMT[:3], *members))
    with CaptureQueriesContext(connection) as captured:
        import_register(register, valid_from=None, by=SYSTEM)
    return len(captured)


def test_within_a_batch_the_number_of_queries_does_not_grow_with_the_rows():
    imported()
    assert queries(10) == queries(400)


def test_progress_is_told_in_steps():
    steps = []
    import_register(read_register(extract(*AMT)), valid_from=None, by=SYSTEM, progress=lambda *s: steps.append(s))
    assert steps == [("organisations", 5, 5), ("keys", 12, 12)]


# --- the command


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "register.csv"
    path.write_bytes(extract(*AMT, municipality("010515163012", "Buchen", "viele")))
    return path


def run(*arguments):
    out, err = StringIO(), StringIO()
    call_command("import_register", *map(str, arguments), stdout=out, stderr=err, no_color=True)
    return out.getvalue(), err.getvalue()


def test_the_command_imports_reports_and_shows_its_progress(file):
    out, err = run(file, "--valid-from", "2021-01-01")
    assert "line 9, bevoelkerung “viele”: This is not a number" in out
    assert "5 new, 0 changed, 0 the same" in out
    assert "Refused rows: 1." in out
    assert "organisations: 5 of 5" in err
    assert Organisation.objects.count() == 5


def test_a_dry_run_reports_the_same_and_leaves_nothing(file):
    out, _ = run(file, "--dry-run")
    assert "5 new" in out
    assert "nothing was kept" in out
    assert not Organisation.objects.exists()
    assert not OfficialKey.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize("content", [b"name;email\n", b"\xff\xfe", b"PK\x03\x04"])
def test_a_wrong_file_is_one_sentence_and_no_traceback(file, content):
    file.write_bytes(content)
    with pytest.raises(CommandError, match="was not imported"):
        run(file)


def test_a_missing_file_is_one_sentence_and_no_traceback(tmp_path):
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run(tmp_path / "none.csv")
