"""Proposing networks: planned by one worker, solved by as many as there are."""

from celery import shared_task
from django.utils import timezone

from sharing.networks.follow import keep_time
from sharing.networks.runs import ask_for_proposals, plan_next, solve_next


@shared_task(ignore_result=True)
def propose() -> None:
    """Plan what waits, and solve parts until none is left. Beat calls it, so a killed worker costs a minute."""
    while plan_next(now=timezone.now()):
        pass
    while solve_next(now=timezone.now()):
        pass


@shared_task(ignore_result=True)
def nightly() -> None:
    """All of it, after the night's matching: who waits counts for more from quarter to quarter."""
    ask_for_proposals(None, now=timezone.now())


@shared_task(ignore_result=True)
def keep_networks() -> None:
    """Notices that are over, thresholds and answers that did not come in time."""
    keep_time(now=timezone.now())
