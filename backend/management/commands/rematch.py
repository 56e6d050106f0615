"""`manage.py rematch`: everything on the market is matched anew; the worker does it, tile by tile."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from sharing.matching.rebuild import ask_for_rebuild, rebuild_next


class Command(BaseCommand):
    help = "Matches everything anew, tile by tile, together with the workers that run."

    def handle(self, **_: Any) -> None:
        waiting = ask_for_rebuild(now=timezone.now())
        done = 0
        while tile := rebuild_next(now=timezone.now()):
            done += 1
            self.stdout.write(f"{done} of {waiting}  {tile}")
        self.stdout.write("Nothing is left to do here.")
