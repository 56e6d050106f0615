"""PostgreSQL and Valkey together: started when the environment names no others, stopped, deleted."""

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from config.launcher.accounts import server_account
from config.launcher.addresses import addresses
from config.launcher.errors import LaunchError
from config.launcher.folders import only_one, refuse_foreign
from config.launcher.layout import Layout, given
from config.launcher.postgres import Postgres, wait_for_predecessor
from config.launcher.processes import Supervisor
from config.launcher.valkey import start_valkey


@dataclass(frozen=True)
class Servers:
    """A context manager; changes nothing in the environment of this process."""

    database_url: str
    redis_url: str
    _supervisor: Supervisor
    _held: ExitStack

    @classmethod
    def start(cls, base: Path, *, durable: bool = True) -> "Servers":
        """Hold the folder and start what DATABASE_URL and REDIS_URL do not name."""
        layout = Layout.of(base)
        given_database, given_redis = given("DATABASE_URL"), given("REDIS_URL")
        with ExitStack() as opening:
            opening.enter_context(only_one(layout.base))
            supervisor = opening.enter_context(Supervisor(layout.logs))
            if not (given_database and given_redis):
                _require_linux()
            if not given_database:
                Postgres.prepare(layout, durable=durable).start(supervisor)
            if not given_redis:
                start_valkey(layout, supervisor)
            ours = addresses(layout.base)
            return cls(
                given_database or ours.database_url, given_redis or ours.redis_url, supervisor, opening.pop_all()
            )

    def check(self) -> None:
        """Raise when a server has ended."""
        self._supervisor.check()

    def mend(self, say: Callable[[str], None]) -> None:
        """Start again a server that has ended, and say so."""
        self._supervisor.mend(say)

    def stop(self) -> None:
        self._held.close()

    def __enter__(self) -> "Servers":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def wipe(base: Path) -> None:
    """Delete what the servers and the demo made in this folder, and nothing else; refuse while they run."""
    layout = Layout.of(base)
    owners = {os.geteuid()} | _server_owner()
    with only_one(layout.base):
        wait_for_predecessor(layout)
        for folder in layout.made:
            if folder.exists():
                refuse_foreign(folder, owners)
                shutil.rmtree(folder)


def _server_owner() -> set[int]:
    account = server_account() if os.geteuid() == 0 else None
    return {account.uid} if account else set()


def _require_linux() -> None:
    if sys.platform != "linux":
        raise LaunchError("The embedded servers run on Linux only: set DATABASE_URL and REDIS_URL to others.")
