"""What PostgreSQL's planner believes about a table, refreshed where a bulk of rows has just come in."""

from django.db import connection, models

MANY = 2_000  # below that, a wrong plan costs less than looking


def refresh_statistics(new_rows: int, *tables: type[models.Model]) -> None:
    """Count what this transaction has added, if it is much.

    Autovacuum may look while we are at work, see none of our rows and note that the tables are empty. The foreign-key
    checks of what follows are then planned as walks through the whole table: a minute instead of a second.
    """
    if new_rows >= MANY:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"ANALYZE {connection.ops.quote_name(table._meta.db_table)}")
