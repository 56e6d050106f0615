"""The embedded servers: they start anywhere, once, and keep what was committed."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis
from kombu import Connection

from config.launcher.accounts import server_account
from config.launcher.addresses import addresses, broker_url
from config.launcher.errors import LaunchError
from config.launcher.folders import make_private_folder
from config.launcher.layout import Layout
from config.launcher.postgres import Postgres
from config.launcher.servers import Servers, wipe
from tests.launcher.families import descendants, eventually, survivors
from tests.launcher.programs import holding, open_folder, start_holding


@pytest.fixture(autouse=True)
def no_other_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def one_value(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Path, Servers]]:
    """One folder with servers for the tests that only look."""
    with pytest.MonkeyPatch.context() as patch, open_folder() as base:
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("REDIS_URL", raising=False)
        with Servers.start(base, durable=False) as servers:
            yield base, servers


def test_they_answer_at_the_addresses_that_the_folder_gives(running: tuple[Path, Servers]) -> None:
    base, servers = running
    expected = addresses(base)
    assert (servers.database_url, servers.redis_url) == (expected.database_url, expected.redis_url)
    assert one_value(servers.database_url, "SELECT current_database()") == "allmende"
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.ping()
    with Connection(broker_url(servers.redis_url)) as broker:
        assert broker.connect()


def test_text_sorts_the_same_on_every_machine(running: tuple[Path, Servers]) -> None:
    _, servers = running
    if str(one_value(servers.database_url, "SHOW server_version_num")) < "170000":
        pytest.skip("before PostgreSQL 17 there is no built-in locale")
    query = "SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = current_database()"
    assert one_value(servers.database_url, query) == "b C.UTF-8"


def test_a_second_starter_is_told_the_process_number(running: tuple[Path, Servers]) -> None:
    base, _ = running
    with pytest.raises(LaunchError, match=f"Process {os.getpid()} already runs in {base}: stop it first"):
        Servers.start(base)
    with pytest.raises(LaunchError, match="already runs"):
        wipe(base)


def test_the_given_addresses_win_and_nothing_is_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/allmende")
    (tmp_path / "secret").write_text("redis://redis.example/0\n")
    monkeypatch.setenv("REDIS_URL_FILE", str(tmp_path / "secret"))
    before = descendants(os.getpid())
    with Servers.start(tmp_path / "base") as servers:
        assert servers.database_url == "postgresql://db.example/allmende"
        assert servers.redis_url == "redis://redis.example/0"
        assert descendants(os.getpid()) == before
        assert not Layout.of(tmp_path / "base").data.exists()


def test_with_only_a_database_given_valkey_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/allmende")
    with open_folder() as base, Servers.start(base, durable=False) as servers:
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.ping()
        assert not Layout.of(base).data.exists()


def test_of_four_starters_one_starts_and_three_are_told_who_did() -> None:
    with open_folder() as base:
        starters = [start_holding(base) for _ in range(4)]
        assert eventually(lambda: sum(one.poll() is not None for one in starters) == 3, 30)
        [winner] = [one for one in starters if one.poll() is None]
        assert winner.stdout
        assert "postgresql:///" in winner.stdout.readline()
        for one in starters:
            said = one.communicate()[1]
            if one is not winner:
                assert one.returncode == 1
                assert f"already runs in {base}" in said
                assert "ALLMENDE_HOME=" in said
        assert winner.returncode == 0


def test_committed_rows_survive_kill_9_of_the_postmaster_and_uncommitted_ones_do_not() -> None:
    with open_folder() as base:
        with Servers.start(base) as servers:
            execute(
                servers.database_url, "CREATE TABLE kept (id int)", "INSERT INTO kept SELECT generate_series(1, 1000)"
            )
            with closing(psycopg.connect(servers.database_url)) as unfinished:
                unfinished.execute("INSERT INTO kept VALUES (0)")
                os.kill(postmaster(base), signal.SIGKILL)
                assert eventually(lambda: died(servers))
            with pytest.raises(LaunchError, match=r"postgres ended unexpectedly \(SIGKILL\)"):
                servers.check()
        with Servers.start(base) as servers:
            assert one_value(servers.database_url, "SELECT count(*) FROM kept") == 1000


def test_a_killed_postgresql_is_started_again() -> None:
    said: list[str] = []
    with open_folder() as base, Servers.start(base, durable=False) as servers:
        for number in (postmaster(base), valkey(base)):
            os.kill(number, signal.SIGKILL)
        assert eventually(lambda: died(servers))
        assert eventually(lambda: mended(servers, said), 20)
    assert {line.split()[0] for line in said} == {"postgres", "valkey"}


def valkey(base: Path) -> int:
    return next(one.pid for one in descendants(os.getpid()) if f"{base}/valkey/" in one.command)


def mended(servers: Servers, said: list[str]) -> bool:
    servers.mend(said.append)
    try:
        with redis.Redis.from_url(servers.redis_url) as client:
            return bool(client.ping() and one_value(servers.database_url, "SELECT 1") == 1)
    except (redis.ConnectionError, psycopg.OperationalError):
        return False


def died(servers: Servers) -> bool:
    try:
        servers.check()
    except LaunchError:
        return True
    return False


def postmaster(base: Path) -> int:
    return int((Layout.of(base).data / "postmaster.pid").read_text().split()[0])


def test_the_killed_launcher_s_postgresql_ends_cleanly_and_its_data_serves_the_next() -> None:
    with open_folder() as base:
        with holding(base, durable=True) as (launcher, said):
            execute(said["database_url"], "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (1)")
            family = descendants(launcher.pid)
            launcher.kill()
            with Servers.start(base) as servers:  # at once: waits for its predecessor's checkpoint
                assert one_value(servers.database_url, "SELECT count(*) FROM kept") == 1
        assert survivors(family) == []
        assert "not properly shut down" not in (base / "log" / "postgres.log").read_text()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """A folder in which servers have been."""
    with pytest.MonkeyPatch.context() as patch, open_folder() as base:
        patch.delenv("DATABASE_URL", raising=False)
        Servers.start(base, durable=False).stop()
        yield base


@pytest.fixture(params=[["true"], ["sleep", "60"]], ids=["a zombie", "a recycled number"])
def base_with_dead_lock_file(request: pytest.FixtureRequest, cluster: Path) -> Iterator[Path]:
    """Lock files name a process that kill(pid, 0) finds, but which is not the server."""
    data = Layout.of(cluster).data
    account = {"user": data.stat().st_uid, "group": data.stat().st_gid} if os.geteuid() == 0 else {}
    other = subprocess.Popen(request.param, **account)
    if request.param == ["true"]:
        assert eventually(lambda: not Path(f"/proc/{other.pid}/cmdline").read_bytes())
    lines = "\n".join([str(other.pid), str(data), "0", "5432", "", "", "ready", ""])
    (data / "postmaster.pid").write_text(lines)
    Layout.of(cluster).postgres_socket.with_name(".s.PGSQL.5432.lock").write_text(lines)
    yield cluster
    assert other.returncode is None, "nobody waited for it: it was to be seen under its number all the time"
    other.kill()
    other.wait()
    (data / "postmaster.pid").unlink(missing_ok=True)


def test_a_lock_file_that_names_a_dead_server_does_not_stop_the_next(base_with_dead_lock_file: Path) -> None:
    with Servers.start(base_with_dead_lock_file, durable=False) as servers:
        assert one_value(servers.database_url, "SELECT 1") == 1


def test_postgresql_itself_would_be_stopped_by_it(
    base_with_dead_lock_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Postgres, "_adopt_lock_file", lambda self: None)
    with pytest.raises(LaunchError, match=r'lock file "postmaster.pid" already exists'):
        Servers.start(base_with_dead_lock_file, durable=False)


def test_a_first_start_that_was_killed_half_way_is_begun_anew() -> None:
    with open_folder() as base:
        half_done = Layout.of(base).data.with_suffix(".unfinished")
        make_private_folder(half_done.parent, server_account())
        make_private_folder(half_done, server_account())
        (half_done / "PG_VERSION").write_text("18\n")
        with Servers.start(base, durable=False) as servers:
            assert one_value(servers.database_url, "SELECT 1") == 1
        assert not half_done.exists()


def test_data_of_another_postgresql_is_left_alone() -> None:
    with open_folder() as base:
        data = Layout.of(base).data
        make_private_folder(data.parent, server_account())
        make_private_folder(data, server_account())
        (data / "PG_VERSION").write_text("9\n")
        with pytest.raises(LaunchError, match=r"made by PostgreSQL 9, this is \d+: start over with .*--fresh"):
            Servers.start(base, durable=False)
        assert [path.name for path in data.iterdir()] == ["PG_VERSION"]
