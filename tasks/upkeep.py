"""What the house does for itself: closing what is over, showing that the clock runs."""

from celery import shared_task
from django.utils import timezone

from sharing.actors import SYSTEM
from sharing.listings import actions
from sharing.pulse import show_life


@shared_task(ignore_result=True)
def expire_listings() -> None:
    """Close the listings whose last day has passed."""
    actions.expire(today=timezone.localdate(), by=SYSTEM)


@shared_task(ignore_result=True)
def beat() -> None:
    """Leave a sign that clock, broker and worker are alive; /readyz reads it."""
    show_life(now=timezone.now())
