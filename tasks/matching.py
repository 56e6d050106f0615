"""Matching everything anew, tile by tile: as many workers as there are take part."""

from celery import shared_task
from django.utils import timezone

from sharing.matching.rebuild import ask_for_rebuild, rebuild_next


@shared_task(ignore_result=True)
def rebuild() -> None:
    """Work on waiting tiles until none is left. Beat calls it every minute, so a killed worker costs a minute."""
    while rebuild_next(now=timezone.now()):
        pass


@shared_task(ignore_result=True)
def nightly() -> None:
    """Ask for all of it, in the night: what is stored is then what matching from scratch would find."""
    ask_for_rebuild(now=timezone.now())
