"""Proposing networks: planned by one worker, solved by as many as there are."""

from contextlib import suppress
from time import monotonic

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from sharing.networks.follow import keep_time, remind
from sharing.networks.runs import ask_for_proposals, parts_waiting, plan_next, solve_next

TURN = 240.0  # seconds: a part more, and the task is still within its limit
HELPERS = 8  # workers that are called besides the one that planned


@shared_task(ignore_result=True, time_limit=600)
def propose() -> None:
    """Plan what waits, call others to help, and solve. Beat calls it, so whatever gets lost costs a minute."""
    while plan_next(now=timezone.now()):
        pass
    with suppress(OperationalError):
        for _ in range(min(parts_waiting() - 1, HELPERS)):
            solve.delay()
    solve()


@shared_task(ignore_result=True, time_limit=600)
def solve() -> None:
    """Solve parts until none is left, or until it is time to let others have the worker."""
    ends = monotonic() + TURN
    while monotonic() < ends and solve_next(now=timezone.now()):
        pass


@shared_task(ignore_result=True)
def nightly() -> None:
    """All of it, after the night's matching: who waits counts for more from quarter to quarter."""
    ask_for_proposals(None, now=timezone.now())


@shared_task(ignore_result=True)
def keep_networks() -> None:
    """Notices that are over, thresholds and answers that did not come in time, declarations that end."""
    keep_time(now=timezone.now())
    remind(now=timezone.now())
