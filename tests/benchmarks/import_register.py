"""How fast the register of municipalities comes in, beside PostgreSQL's own COPY of the same rows.

`python -m tests.benchmarks.import_register FILE` works in a transaction that it rolls back.
"""

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import django

T = TypeVar("T")


def run(file: Path) -> dict[str, float]:
    """Seconds for reading, a first import, the same file again, and one in which every population changed.

    `copy_seconds` is the time of a bare COPY of the same organisations, keys and events into twin tables with the
    same columns, constraints and indexes, in the same run: what the database itself needs. Nothing is kept.
    """
    from django.db import connection, transaction

    from sharing.events import Event
    from sharing.municipalities.models import OfficialKey, Organisation
    from sharing.municipalities.register import read_register

    read_seconds, register = _timed(lambda: read_register(file.read_bytes()))
    with transaction.atomic():
        Organisation.objects.exists()  # opens the connection outside the timed part
        first, report = _timed(lambda: _import(register))
        tables = [model._meta.db_table for model in (Organisation, OfficialKey, Event)]
        with connection.cursor() as cursor:
            copy_seconds = sum(_copy_into_twin(cursor, table) for table in tables)
        again, repeated = _timed(lambda: _import(register))
        changed_seconds, changed = _timed(lambda: _import(_a_year_on(register)))
        transaction.set_rollback(True)
    rows = len(register.entries)
    return {
        "rows": rows,
        "registered": report.registered,
        "changed_by_second_run": repeated.changed + repeated.registered + repeated.keys_added,
        "read_seconds": read_seconds,
        "import_seconds": first,
        "rows_per_second": rows / (read_seconds + first),
        "again_seconds": again,
        "all_changed_rows": changed.changed,
        "all_changed_seconds": changed_seconds,
        "copy_seconds": copy_seconds,
        "ratio_to_copy": first / copy_seconds,
    }


def _import(register):
    from django.db import connection

    from sharing.actors import SYSTEM
    from sharing.municipalities.imports import import_register

    report = import_register(register, valid_from=None, by=SYSTEM)
    with connection.cursor() as cursor:  # what a commit would check
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    connection.run_on_commit.clear()  # the doorbell would ring for events that are never committed
    return report


def _a_year_on(register):
    """The same register with one resident more everywhere."""

    def grown(entries):
        return tuple(replace(entry, population=(entry.population or 0) + 1) for entry in entries)

    return replace(
        register,
        counties=grown(register.counties),
        associations=grown(register.associations),
        municipalities=grown(register.municipalities),
    )


def _copy_into_twin(cursor, table: str) -> float:
    """Seconds to COPY a table's rows into an empty twin of it; the rows wait in memory."""
    rows = _rows(cursor, f'COPY "{table}" TO STDOUT')
    cursor.execute(f'CREATE TEMPORARY TABLE "{table}_twin" (LIKE "{table}" INCLUDING ALL) ON COMMIT DROP')
    seconds, _ = _timed(lambda: _fill(cursor, f'COPY "{table}_twin" FROM STDIN', rows))
    return seconds


def _rows(cursor, statement: str) -> Sequence[bytes]:
    with cursor.copy(statement) as copy:
        return [bytes(block) for block in copy]


def _fill(cursor, statement: str, rows: Iterable[bytes]) -> None:
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write(row)


def _timed(act: Callable[[], T]) -> tuple[float, T]:
    start = perf_counter()
    result = act()
    return perf_counter() - start, result


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.benchmarks.import_register FILE")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    for name, value in run(Path(sys.argv[1])).items():
        print(f"{name:>24}  {value:,.2f}" if isinstance(value, float) else f"{name:>24}  {value:,}")


if __name__ == "__main__":
    main()
