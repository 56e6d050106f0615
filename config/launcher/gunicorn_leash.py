"""Makes the workers of gunicorn die with their master: `--config python:config.launcher.gunicorn_leash`."""

import signal
from typing import Any

from config.launcher.leash import tie_to


def post_fork(server: Any, worker: Any) -> None:
    """Without it an idle sync worker lives on for up to 15 seconds, a busy one until its request ends."""
    tie_to(worker.ppid, signal.SIGKILL)
