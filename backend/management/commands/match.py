"""`manage.py match explain REQUEST OFFER`: everything that speaks for and against one pair, in words and figures."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from sharing.listings.models import Listing
from sharing.matching.examine import Examination, examine
from sharing.matching.wording import sentences


class Command(BaseCommand):
    help = "Explains how a request and an offer match, or why they do not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["explain"])
        parser.add_argument("request", help="The id of a request.")
        parser.add_argument("offer", help="The id of an offer.")

    def handle(self, *, request: str, offer: str, **_: Any) -> None:
        found = examine(_listing(request, "request"), _listing(offer, "offer"))
        if found.closed_by:
            self.stdout.write(f"These two cannot match: {found.closed_by.replace('_', ' ')}.")
        self._weigh(found)
        for sentence in sentences(found.reasons):
            self.stdout.write(f"  {sentence}")

    def _weigh(self, found: Examination) -> None:
        self.stdout.write(f"{'component':14}{'value':>8}{'weight':>9}{'adds':>9}")
        for part in found.parts:
            self.stdout.write(f"{part.name:14}{part.value:8.4f}{part.weight:9.4f}{part.value * part.weight:+9.4f}")
        self.stdout.write(f"{'together':14}{'':17}{found.own:+9.4f}")
        if found.score is None:
            self.stdout.write("Not stored: others fit better, or the worker has not come to it yet.")
        else:
            told = "worth a notice" if found.notify else "not worth a notice"
            self.stdout.write(f"Probability among all that is on the market: {found.score:.0%}, {told}.")


def _listing(id_: str, direction: str) -> Listing:
    try:
        return Listing.objects.for_matching().get(id=id_, direction=direction)
    except (Listing.DoesNotExist, ValidationError) as error:
        raise CommandError(f"There is no {direction} “{id_}”. The id is the last part of its address.") from error
