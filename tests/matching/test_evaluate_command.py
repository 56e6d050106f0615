"""`manage.py evaluate`, as a person or a program starts it: without a server, and with nothing in the environment."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.regions.bundles import listing, municipality, write_csv

ROOT = Path(__file__).parents[2]
BARE = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "evaluate", *arguments]
    return subprocess.run(command, cwd=ROOT, env=BARE, capture_output=True, text=True, encoding="utf-8", check=False)


def test_with_json_nothing_else_goes_to_standard_output(tmp_path: Path) -> None:
    done = run(str(write_csv(tmp_path, [listing(), listing(ref="R2", mode="?")])), "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert list(report) == ["pairs", "proposals", "metrics"]
    assert report["metrics"]["refused_rows"] == 1
    assert "listings, line 3, mode “?”: Write one of: on_site, remote, hybrid." in done.stderr


def test_a_missing_folder_is_one_sentence_and_a_failure(tmp_path: Path) -> None:
    done = run(str(tmp_path / "nowhere"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip() == "CommandError: There is no folder or file “nowhere”."


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("evaluate", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_person_reads_titles_chances_and_reasons(tmp_path: Path) -> None:
    places = [municipality(), municipality(key="99001002", name="Gemeinde Haingrund")]
    given = listing(ref="O1", direction="offer", municipality="99001002", title="Kompaktkehrmaschine")
    report = told(str(write_csv(tmp_path, [listing(), given], places)))
    assert "R1  Kehrmaschine gesucht" in report
    assert "O1  Kompaktkehrmaschine" in report
    assert "notify" in report
    assert " km" in report


def test_a_list_of_terms_is_ranked_instead_of_a_region(tmp_path: Path) -> None:
    file = tmp_path / "terms.json"
    file.write_text(json.dumps({"queries": ["Kehrmaschinen"], "docs": ["Bauhof", "Kehrmaschine"], "gold": [[1]]}))
    figures = {"queries": 1, "docs": 2, "recall_at_1": 1.0, "recall_at_10": 1.0}
    assert json.loads(told(str(file), "--terms", "--json")) == figures
    assert "recall_at_10 " in told(str(file), "--terms")


def test_what_is_no_list_of_terms_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="“gold”"):
        told(str(tmp_path / "nowhere.json"), "--terms")
