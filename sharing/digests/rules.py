"""When a digest is due: computed from clock and wish alone, so that ticks may be missed or doubled."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Period(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


MOST_ITEMS = 7  # more is not read
TUESDAY, OFFICE_HOUR = 2, 8
MAX_TRIES = 120  # about five days, as long as mail servers try themselves (RFC 5321, 4.5.4.1)
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """How often, on which ISO weekday (1 = Monday; weekly only), at which local hour."""

    period: Period = Period.WEEKLY
    weekday: int = TUESDAY
    hour: int = OFFICE_HOUR
    time_zone: str = "Europe/Berlin"


def last_due(wish: Wish, now: datetime) -> datetime | None:
    """The latest moment (UTC) at or before `now` at which this member's digest fell due; None for never.

    Days are days in the member's zone. An hour that a clock change skips or repeats is the first moment after
    the gap, or the earlier of the two: `datetime.timestamp` with fold 0 says exactly that.
    """
    if wish.period == Period.NEVER:
        return None
    zone = zone_of(wish.time_zone)
    day = now.astimezone(zone).date()
    for back in range(9):  # a week, and one more day for the hour that has not come yet
        due = datetime.combine(day - timedelta(days=back), time(wish.hour), zone).astimezone(UTC)
        if due <= now and (wish.period == Period.DAILY or due.astimezone(zone).isoweekday() == wish.weekday):
            return due
    raise AssertionError("a week has no such day")  # pragma: no cover


def zone_of(name: str) -> ZoneInfo:
    """The zone, or Berlin's where the system does not know the name: a digest must not die of it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("Europe/Berlin")


def next_try(tries: int, now: datetime) -> datetime:
    """After a passing refusal: in 5, 10, 20, 40, then every 60 minutes."""
    return now + min(timedelta(minutes=5 * 2 ** min(tries - 1, 10)), LONGEST_PAUSE)
