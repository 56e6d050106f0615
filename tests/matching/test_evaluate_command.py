"""`manage.py evaluate`, as a person or a program starts it: without a server, and with nothing in the environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.regions.bundles import listing, write_csv

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
