"""manage.py: one door, clear sentences."""

import subprocess
import sys
from pathlib import Path

from config.launcher.layout import PROJECT
from tests.launcher.programs import environment, run_to_end


def manage(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return run_to_end(sys.executable, str(PROJECT / "manage.py"), *arguments, env=environment(**env))


def test_a_command_without_a_database_is_told_how_to_get_one(tmp_path: Path) -> None:
    ended = manage("migrate", ALLMENDE_HOME=str(tmp_path))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "manage.py: This command needs a database: start `python3 manage.py demo` in another terminal, "
        "or set DATABASE_URL to a database that runs elsewhere.\n"
    )


def test_a_database_that_does_not_answer_is_named_by_its_variable(tmp_path: Path) -> None:
    ended = manage(
        "migrate", ALLMENDE_HOME=str(tmp_path), DATABASE_URL=f"postgresql:///x?host={tmp_path}", SECRET_KEY="x" * 50
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("manage.py: The database that DATABASE_URL names does not answer")
    assert "Traceback" not in ended.stderr


def test_a_setting_that_is_missing_is_a_sentence(tmp_path: Path) -> None:
    ended = manage("check", ALLMENDE_HOME=str(tmp_path), DATABASE_URL="postgresql://db.example/allmende")
    assert ended.returncode == 2
    assert ended.stderr.startswith("manage.py: Set SECRET_KEY (or SECRET_KEY_FILE")
    assert "Traceback" not in ended.stderr


def test_tests_are_pytest_s() -> None:
    ended = manage("test", "--version")
    assert ended.returncode == 0
    assert ended.stdout.startswith("pytest ")
