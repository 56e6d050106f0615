"""Valkey, mail catcher, worker and beat as processes of their own, around a database: for tests and benchmarks."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from redis import Redis

from config.launcher.layout import Layout
from config.launcher.mailsink import received, start_mailsink
from config.launcher.processes import Child, Supervisor
from config.launcher.valkey import start_valkey

CELERY = [sys.executable, "-m", "celery", "--app", "config.celery"]


class Background:
    """A context manager. Its Valkey is its own, so that it may be flushed and stopped beside other tests."""

    def __init__(self, folder: Path, database_url: str, **settings: str) -> None:
        folder.mkdir(exist_ok=True)
        layout = Layout.of(folder)
        self.mails = folder / "mail"
        self.redis_url = f"unix://{layout.valkey_socket}?db=0"
        self._layout, self._supervisor = layout, Supervisor(folder / "log")
        self._env = {
            **os.environ,
            "DATABASE_URL": database_url,
            "REDIS_URL": self.redis_url,
            "DEMO": "True",
            "LOG_LEVEL": "INFO",
            "DIGESTS_AT_ONCE": "True",
            "EMAIL_HOST": "127.0.0.1",
            **settings,
        }

    def __enter__(self) -> "Background":
        start_valkey(self._layout, self._supervisor)
        return self

    def __exit__(self, *_: object) -> None:
        self._supervisor.stop()

    def start_mailsink(self) -> None:
        self.mails.mkdir()
        self._env["EMAIL_PORT"] = str(start_mailsink(self._supervisor, self.mails))

    def start_worker(self, *, concurrency: int = 2) -> Child:
        """Returns when it listens."""
        options = ["worker", "--concurrency", str(concurrency), "--loglevel", "INFO", "--without-gossip"]
        worker = self._supervisor.start("worker", [*CELERY, *options], env=self._env)
        wait_until(lambda: b"ready." in worker.log.read_bytes(), "the worker is ready", worker)
        return worker

    def start_beat(self) -> Child:
        return self._supervisor.start("beat", [*CELERY, "beat", "--loglevel", "INFO"], env=self._env)

    def flush(self) -> None:
        with Redis.from_url(self.redis_url) as broker:
            broker.flushall()

    def received(self) -> list[Path]:
        return received(self.mails)


def kill(worker: Child) -> None:
    """With -9, so that it can put nothing in order."""
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait()


def children(process: int) -> list[int]:
    return [int(number) for number in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until(ready: Callable[[], bool], what: str, witness: Child, patience: float = 30) -> None:
    """Raise when it takes too long, with what the witness has to say."""
    deadline = time.monotonic() + patience
    while not ready():
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {patience:.0f} seconds in vain: {what}\n{witness.tail()}")
        time.sleep(0.02)


def address_of(database: str) -> str:
    """The address of another database on the server that DATABASE_URL names."""
    return make_conninfo(**{**conninfo_to_dict(os.environ["DATABASE_URL"]), "dbname": database})
