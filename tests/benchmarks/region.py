"""A region of 10,000 listings: its import, and all that follows from it, with a real worker."""

import os
import time
from pathlib import Path
from time import perf_counter

from tests.benchmarks.market import Result, empty, import_region, site, waiting
from tests.benchmarks.regions import write_region

LISTINGS = 10_000


def run() -> list[Result]:
    with site() as folder:
        from tests.operations.background import Background

        with Background(folder / "own", os.environ["DATABASE_URL"]) as background:
            background.start_worker()
            background.start_beat()
            results = measured(write_region(folder / "varied", listings=LISTINGS), "different texts")
            empty()
            return results + measured(write_region(folder / "dense", listings=LISTINGS, templates=20), "20 texts")


def measured(bundle: Path, kind: str) -> list[Result]:
    from sharing.models import Match

    start = perf_counter()
    imported = import_region(bundle)
    copied = _seconds_of_a_bare_copy()
    while waiting() and perf_counter() - start < 600:
        time.sleep(0.1)
    total = perf_counter() - start - copied
    return [
        Result(f"import of {LISTINGS:,} listings ({kind}) until all events are handled", total, "s", 60),
        Result("of it until the commit", imported, "s"),
        Result("that, divided by a bare COPY of the same listings", imported / copied, "x"),
        Result("matches found", Match.objects.count(), ""),
    ]


def _seconds_of_a_bare_copy() -> float:
    """The same rows into a twin with the same columns, constraints and indexes: what the database itself needs."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        columns = ", ".join(_columns(cursor))
        with cursor.copy(f"COPY sharing_listing ({columns}) TO STDOUT") as copy:
            rows = [bytes(block) for block in copy]
        cursor.execute("CREATE TEMPORARY TABLE twin (LIKE sharing_listing INCLUDING ALL) ON COMMIT DROP")
        start = perf_counter()
        with cursor.copy(f"COPY twin ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write(row)
        return perf_counter() - start


def _columns(cursor) -> list[str]:
    """Without the one that PostgreSQL computes."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_name = 'sharing_listing' AND is_generated = 'NEVER' ORDER BY ordinal_position"
    )
    return [name for (name,) in cursor.fetchall()]
