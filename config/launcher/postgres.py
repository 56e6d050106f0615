"""One private PostgreSQL cluster that listens on a Unix socket only."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from config.launcher.accounts import Account, server_account
from config.launcher.addresses import DATABASE, ROLE
from config.launcher.binaries import major_version, postgres_home, within_reach
from config.launcher.errors import LaunchError
from config.launcher.folders import make_folder, make_private_folder, refuse_foreign
from config.launcher.layout import Layout
from config.launcher.processes import Supervisor, on_leash

# A throw-away cluster may lose everything in a power cut.
NOT_DURABLE = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


@dataclass(frozen=True)
class Postgres:
    layout: Layout
    account: Account | None
    home: Path
    durable: bool

    @classmethod
    def prepare(cls, layout: Layout, *, durable: bool) -> "Postgres":
        """Everything short of starting: account, folders, programs, cluster."""
        account = server_account()
        make_folder(layout.room)
        if layout.room != layout.base:
            refuse_foreign(layout.room, {os.geteuid()})
        for folder in (layout.data.parent, layout.postgres_socket.parent):
            make_private_folder(folder, account)
        server = cls(layout, account, within_reach(postgres_home(), layout.data.parent), durable)
        wait_for_predecessor(layout)
        server.ensure_cluster()
        return server

    def ensure_cluster(self) -> None:
        if not self.layout.data.exists():
            self._create_cluster()
        made_by, have = (self.layout.data / "PG_VERSION").read_text().strip(), major_version(self.home)
        if made_by != str(have):
            raise LaunchError(
                f"The data in {self.layout.data} was made by PostgreSQL {made_by}, this is {have}: "
                "start over with `python3 manage.py demo --fresh`."
            )

    def _create_cluster(self) -> None:
        """Beside its place and moved there when complete, so that a killed first start leaves no half cluster."""
        unfinished = self.layout.data.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major_version(self.home) >= 17 else []
        sync = [] if self.durable else ["--no-sync"]
        options = ["-U", ROLE, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", *locale, *sync]
        self._run("initdb", "-D", str(unfinished), *options)
        self._run("postgres", "--single", "-D", str(unfinished), "template1", said=f"CREATE DATABASE {DATABASE};\n")
        unfinished.rename(self.layout.data)

    def start(self, supervisor: Supervisor) -> None:
        socket_folder = f"unix_socket_directories={self.layout.postgres_socket.parent}"
        settings = ["listen_addresses=", socket_folder, "unix_socket_permissions=0700", "timezone=UTC"]
        supervisor.start(
            "postgres",
            [
                *(str(self.home / "bin" / "postgres"), "-D", str(self.layout.data)),
                *(word for setting in settings for word in ("-c", setting)),
                *([] if self.durable else NOT_DURABLE),
            ],
            env=_environment(),
            cwd=Path("/"),
            account=self.account,
            stop_signal=signal.SIGINT,  # "fast": ends the connections and writes a checkpoint
            death_signal=signal.SIGINT if self.durable else signal.SIGQUIT,
            patience=60,
            before=self._adopt_lock_file,
        )
        supervisor.wait_until(self.answers, "PostgreSQL takes connections")

    def answers(self) -> bool:
        """A connection is the only honest sign of life: `pg_ctl status` trusts a process number."""
        where = ["-h", str(self.layout.postgres_socket.parent), "-U", ROLE, "-d", DATABASE]
        ready = [str(self.home / "bin" / "pg_isready"), "-q", *where]
        if not self.layout.postgres_socket.exists():
            return False
        return subprocess.run(ready, env=_environment(), check=False).returncode == 0

    def _adopt_lock_file(self) -> None:
        """Write our own number into a dead server's lock file.

        PostgreSQL believes in a zombie's or a recycled number and refuses to start; its parent's it takes for stale.
        Deleting the file would also hide the shared memory it names, by which PostgreSQL finds surviving backends.
        """
        lock_file = self.layout.data / "postmaster.pid"
        if lock_file.exists():
            lines = lock_file.read_text().splitlines(keepends=True)
            lock_file.write_text("".join([f"{os.getpid()}\n", *lines[1:]]))
        self.layout.postgres_socket.with_name(f"{self.layout.postgres_socket.name}.lock").unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str, said: str = "") -> None:
        command = on_leash([str(self.home / "bin" / program), *arguments], self.account)
        done = subprocess.run(
            command, input=said, capture_output=True, text=True, env=_environment(), cwd="/", check=False
        )
        if done.returncode != 0:
            raise LaunchError(f"PostgreSQL's {program} failed: {done.stderr.strip() or done.stdout.strip()}")


def wait_for_predecessor(layout: Layout, patience: float = 30) -> None:
    """A server whose launcher was killed may still be writing its last checkpoint."""
    deadline = time.monotonic() + patience
    while (number := _owner(layout.data)) is not None:
        if time.monotonic() > deadline:
            raise LaunchError(f"PostgreSQL (process {number}) still works on {layout.data}: stop it and try again.")
        time.sleep(0.05)


def _owner(data: Path) -> int | None:
    """The number of the living server on this data; a zombie or an unrelated process under that number is none."""
    try:
        number = int((data / "postmaster.pid").read_text().split()[0])
        arguments = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")  # a zombie has no arguments
    except (OSError, ValueError, IndexError):
        return None
    return number if os.fsencode(data) in arguments else None


def _environment() -> dict[str, str]:
    """Ours without PGPORT and the like, which would steer server and tools away from the folder."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
