"""Matching everything anew, tile by tile, as many workers as there are; and the files that they share."""

from celery import shared_task
from django.conf import settings
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


@shared_task(ignore_result=True, time_limit=24 * 3600)
def shelve() -> None:
    """Bring this machine's files up to date when much has changed."""
    if settings.SHELF_FOLDER:
        from sharing.matching import shelves  # with a compiler, which only a machine with files needs

        if shelves.due():
            shelves.build()
