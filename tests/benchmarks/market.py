"""A throw-away site for one benchmark: its own servers and worker, and the questions that all benchmarks ask."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from config.launcher.errors import LaunchError
from config.launcher.servers import Servers, wipe


@dataclass(frozen=True)
class Result:
    """One line of the table. `limit` is the largest value that is good enough; None: only told for comparison."""

    name: str
    value: float
    unit: str
    limit: float | None = None

    @property
    def ok(self) -> bool:
        return self.limit is None or self.value <= self.limit

    def __str__(self) -> str:
        target = "" if self.limit is None else f"≤ {self.limit:g} {self.unit}"
        verdict = "" if self.limit is None else "ok" if self.ok else "MISSED"
        return f"{self.name:<72} {self.value:>10.2f} {self.unit:<6} {target:<12} {verdict}"


@contextmanager
def site() -> Iterator[Path]:
    """Servers as in production (every commit reaches the disk), Django set up, tables there. Gives a folder."""
    base = Path(tempfile.mkdtemp(prefix="allmende-benchmark-"))
    base.chmod(0o711)  # root's PostgreSQL runs under another account and must get in
    for name in ("DATABASE_URL", "REDIS_URL", "DATABASE_URL_FILE", "REDIS_URL_FILE"):
        os.environ.pop(name, None)  # never somebody's data
    try:
        with Servers.start(base) as servers:
            os.environ |= {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url, "DEMO": "True"}
            os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR"}
            _set_up()
            yield base
    except LaunchError as error:
        sys.exit(str(error))
    finally:
        wipe(base)
        shutil.rmtree(base, ignore_errors=True)


def _set_up() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def empty() -> None:
    """As after migrate."""
    from django.core.management import call_command

    call_command("flush", verbosity=0, interactive=False)


def import_region(folder: Path) -> float:
    """Seconds for reading and importing a bundle, up to its commit."""
    from datetime import date

    from django.utils import timezone

    from sharing.actors import SYSTEM
    from sharing.regions.actions import import_bundle
    from sharing.regions.bundle import read_bundle

    start = perf_counter()
    bundle = read_bundle(folder, today=date(2026, 11, 23))
    assert not bundle.refusals, bundle.refusals[0]
    import_bundle(bundle, by=SYSTEM, now=timezone.now())
    return perf_counter() - start


def waiting() -> int:
    """How many events are not handled yet."""
    from sharing.models import Event

    return Event.objects.pending().count()
