"""What the demo says while it works: one line a step, with the seconds it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from config.launcher.errors import LaunchError


class Progress:
    """Speaks on standard error; knows when the time is up."""

    def __init__(self, *, limit: float) -> None:
        self._started = time.monotonic()
        self._limit = limit
        self._last = ""

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        print(f"  {what} …", end="", file=sys.stderr, flush=True)
        yield
        print(f" {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)

    def update(self, line: str) -> None:
        """Overwrite the last line on a terminal; elsewhere say it only when it is new."""
        if line.rstrip("\n") != self._last.rstrip("\n") or line.endswith("\n"):
            start = "\r\033[K" if sys.stderr.isatty() else ""
            end = "" if sys.stderr.isatty() or line.endswith("\n") else "\n"
            print(start + line, end=end, file=sys.stderr, flush=True)
            self._last = line

    def check_time(self, missing: str) -> None:
        """Raise when the limit has passed, with what is still missing."""
        if time.monotonic() - self._started > self._limit:
            raise LaunchError(f"After {self._limit:.0f} seconds the demo is not ready: {missing}. See .local/log/.")
