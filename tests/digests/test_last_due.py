"""When a digest is due, over the clock changes of fifteen years in four zones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.digests.rules import LONGEST_PAUSE, MAX_TRIES, Period, Wish, last_due, next_try

ZONES = ["Europe/Berlin", "UTC", "Pacific/Apia", "America/St_Johns"]  # Apia left out a whole day in 2011, and has DST
BERLIN = ZoneInfo("Europe/Berlin")
moments = st.datetimes(datetime(2020, 1, 8), datetime(2035, 12, 31), timezones=st.just(UTC))
wishes = st.builds(
    Wish,
    period=st.sampled_from([Period.DAILY, Period.WEEKLY]),
    weekday=st.integers(1, 7),
    hour=st.integers(0, 23),
    time_zone=st.sampled_from(ZONES),
)


def dues(wish, start, end, step=timedelta(minutes=30)):
    """Every moment that a clock ticking every half hour would find."""
    found, now = set(), start
    while now <= end:
        found.add(last_due(wish, now))
        now += step
    return sorted(due for due in found if due >= start)


@given(wish=wishes, now=moments)
def test_it_is_past_recent_and_at_the_hour_that_was_wished_for(wish, now):
    due = last_due(wish, now)
    local = due.astimezone(ZoneInfo(wish.time_zone))
    assert due <= now
    assert now - due < timedelta(days=7 if wish.period == Period.WEEKLY else 1, hours=2)
    assert wish.period == Period.DAILY or local.isoweekday() == wish.weekday
    exists = datetime(local.year, local.month, local.day, wish.hour, tzinfo=local.tzinfo)
    if exists.astimezone(UTC).astimezone(local.tzinfo).hour == wish.hour:  # else the clocks leave that hour out
        assert (local.hour, local.minute, local.fold) == (wish.hour, 0, 0)


@given(wish=wishes, now=moments, later=st.timedeltas(timedelta(0), timedelta(days=9)))
def test_it_never_goes_back(wish, now, later):
    assert last_due(wish, now) <= last_due(wish, now + later)


@given(wish=wishes, now=moments)
def test_asked_at_the_due_moment_and_any_time_until_the_next_it_is_the_same(wish, now):
    due = last_due(wish, now)
    assert last_due(wish, due) == due
    assert last_due(wish, due + (now - due) / 2) == due
    assert last_due(wish, due - timedelta(microseconds=1)) < due


@given(weekday=st.integers(1, 7), hour=st.integers(0, 23), zone=st.sampled_from(ZONES), now=moments)
def test_every_iso_week_has_exactly_one(weekday, hour, zone, now):
    wish = Wish(Period.WEEKLY, weekday, hour, zone)
    walk = [last_due(wish, now)]
    for _ in range(60):
        walk.append(last_due(wish, walk[-1] - timedelta(microseconds=1)))
    weeks = [due.astimezone(ZoneInfo(zone)).isocalendar()[:2] for due in walk]
    assert len(set(weeks)) == len(weeks)
    first, last = walk[-1].astimezone(ZoneInfo(zone)).date(), walk[0].astimezone(ZoneInfo(zone)).date()
    assert (last - first).days == 7 * 60


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        ((2026, 3, 29), 2, "2026-03-29T01:00:00+00:00"),  # 2 o'clock is left out: it is 3 at once
        ((2026, 10, 25), 2, "2026-10-25T00:00:00+00:00"),  # 2 o'clock comes twice: the first
        ((2026, 3, 29), 8, "2026-03-29T06:00:00+00:00"),
        ((2026, 10, 25), 8, "2026-10-25T07:00:00+00:00"),
    ],
)
def test_clock_changes_in_berlin(day, hour, expected):
    wish = Wish(Period.DAILY, hour=hour)
    evening = datetime(*day, 23, tzinfo=BERLIN)
    assert last_due(wish, evening).isoformat() == expected
    midnight = datetime(*day, tzinfo=BERLIN).astimezone(UTC)
    assert len(dues(wish, midnight, midnight + timedelta(hours=23))) == 1


def test_the_default_is_tuesday_at_eight_in_berlin():
    assert last_due(Wish(), datetime(2026, 11, 26, tzinfo=UTC)) == datetime(2026, 11, 24, 7, tzinfo=UTC)


def test_never_is_never():
    assert last_due(Wish(Period.NEVER), datetime(2026, 11, 26, tzinfo=UTC)) is None


def test_a_zone_that_nobody_knows_is_berlin():
    now = datetime(2026, 11, 26, tzinfo=UTC)
    assert last_due(Wish(time_zone="Mars/Olympus"), now) == last_due(Wish(), now)
    assert last_due(Wish(time_zone="../etc"), now) == last_due(Wish(), now)


def test_retries_go_on_for_days_and_at_least_every_hour():
    now = start = datetime(2026, 1, 1, tzinfo=UTC)
    for tries in range(1, MAX_TRIES):
        assert timedelta(0) < next_try(tries, now) - now <= LONGEST_PAUSE
        now = next_try(tries, now)
    assert timedelta(days=4) < now - start < timedelta(days=6)
