"""From a commit to its stored matches, with a real worker: how long it takes, and whether anything gets lost."""

import statistics
import time
from pathlib import Path
from time import perf_counter

from tests.benchmarks.market import Result, empty, import_region, site, waiting
from tests.benchmarks.regions import write_region

BASE, MEASURED, STORM = 2_000, 100, 1_000
PATIENCE = 120


def run() -> list[Result]:
    with site() as folder:
        from tests.operations.background import Background

        with Background(folder / "own", _database()) as background:
            _ring_at(background)
            return [*latency(folder, background), *losses(background)]


def latency(folder: Path, background) -> list[Result]:
    """(a) One after the other, each measured from its commit until its matches can be read."""
    import_region(write_region(folder / "base", listings=BASE))
    worker = background.start_worker()
    background.start_beat()
    _until(lambda: waiting() == 0, "the base is matched")
    seconds = sorted(_publish_and_wait() for _ in range(MEASURED))
    worker.stop()
    return [
        Result(f"matches stored after a publish, {BASE:,} live listings, p95 of {MEASURED}", seconds[94], "s", 2),
        Result("the same, median", statistics.median(seconds), "s"),
    ]


def losses(background) -> list[Result]:
    """(b) A storm of publishes while the worker is killed and the broker flushed."""
    from sharing.models import Event, Match
    from tests import factories
    from tests.operations.background import kill

    empty()
    worker = background.start_worker()
    offer = factories.published(radius_km=None)
    for number in range(STORM):
        factories.published(factories.SWEEPING)
        if number in (250, 500, 750):
            kill(worker)
            background.flush()
            worker.mend(lambda _: None)
    start = perf_counter()
    _until(lambda: waiting() == 0, "the storm is over")
    lost = STORM - Match.objects.standing().filter(offer=offer).count()
    parked = Event.objects.parked().count()
    return [
        Result(f"lost of {STORM:,} publishes, 3 kill -9 of the worker and 3 FLUSHALL", lost + parked, "", 0),
        Result("until the last of them was handled", perf_counter() - start, "s", 30),
    ]


def _publish_and_wait() -> float:
    from sharing.models import Event, Match
    from tests import factories

    listing = factories.published(factories.SWEEPING)
    start = perf_counter()
    told = Event.objects.filter(subject_id=listing.id, kind="listing.published", handled_at__isnull=False)
    _until(told.exists, "the listing is matched", pause=0.005)
    seconds = perf_counter() - start
    Match.objects.touching([listing.id]).first()
    return seconds


def _until(done, what: str, pause: float = 0.05) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{PATIENCE} seconds were not enough until {what}")
        time.sleep(pause)


def _database() -> str:
    import os

    return os.environ["DATABASE_URL"]


def _ring_at(background) -> None:
    """This process publishes: its bell rings at the worker's broker."""
    from config.launcher.addresses import broker_url
    from tasks.events import drain

    drain.app.conf.broker_write_url = broker_url(background.redis_url)
