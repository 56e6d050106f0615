"""What the demo says while it works: one line a step, with the seconds it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from config.launcher.errors import LaunchError

SECONDS_BETWEEN_LINES = 3


class Progress:
    """Speaks on standard error; knows when the time is up."""

    def __init__(self, *, limit: float) -> None:
        self._started = time.monotonic()
        self._limit = limit
        self._updated = 0.0

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        print(f"  {what} …", end="", file=sys.stderr, flush=True)
        yield
        print(f" {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)

    def update(self, line: str, *, last: bool = False) -> None:
        """Overwrite the line on a terminal; elsewhere, such as in a log, say one every few seconds."""
        terminal, due = sys.stderr.isatty(), time.monotonic() - self._updated > SECONDS_BETWEEN_LINES
        if terminal or due or last:
            self._updated = time.monotonic()
            print(f"\r\033[K{line}" if terminal else line, end="" if terminal and not last else "\n", file=sys.stderr)
            sys.stderr.flush()

    def check_time(self, missing: str) -> None:
        """Raise when the limit has passed, with what is still missing."""
        if time.monotonic() - self._started > self._limit:
            raise LaunchError(f"After {self._limit:.0f} seconds the demo is not ready: {missing}. See .local/log/.")
