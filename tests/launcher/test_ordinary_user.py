"""Users other than root, with fewer rights or no name."""

from pathlib import Path

import pytest

from tests.launcher.programs import HOLD, NOBODY, as_ordinary_user, open_folder


def test_an_ordinary_user_starts_the_servers_in_a_folder_of_his_own() -> None:
    start_in_own_home = f"import os, sys; os.umask(0o077); os.mkdir(sys.argv[1])\n{HOLD}"
    with open_folder() as folder:
        folder.chmod(0o777)
        ended = as_ordinary_user(start_in_own_home, str(folder / "mine"), "throw-away")
        assert ended.returncode == 0, ended.stderr
        assert f"host={folder}/mine/postgres/run" in ended.stdout
        assert (folder / "mine" / "postgres" / "data" / "PG_VERSION").stat().st_uid == NOBODY


def test_a_user_without_a_name_is_told_about_database_url() -> None:
    with open_folder() as folder:
        folder.chmod(0o777)
        ended = as_ordinary_user(HOLD, str(folder / "base"), "throw-away", uid=1_000_620_000)
        assert ended.returncode == 1
        assert ended.stderr.startswith("The user number 1000620000 has no name in /etc/passwd")
        assert "set DATABASE_URL" in ended.stderr


@pytest.mark.parametrize("name", ["new", "existing"])
def test_a_folder_that_may_not_be_written_is_answered_with_allmende_home(name: str) -> None:
    with open_folder() as folder:
        (folder / "existing").mkdir()
        ended = as_ordinary_user(HOLD, str(folder / name), "throw-away")
        assert ended.returncode == 1
        assert ended.stderr.startswith(f"{folder / name}")
        assert "cannot be written (Permission denied): set ALLMENDE_HOME to a folder that you may write" in ended.stderr


def test_data_of_root_is_not_touched_by_an_ordinary_user() -> None:
    with open_folder() as folder:
        (folder / "postgres").mkdir()
        folder.chmod(0o777)
        ended = as_ordinary_user(HOLD, str(folder), "throw-away")
        assert ended.returncode == 1
        assert ended.stderr.startswith(f"{folder / 'postgres'} belongs to another account")
        assert Path(folder / "postgres").stat().st_uid == 0
