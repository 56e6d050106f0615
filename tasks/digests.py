"""The digests' clock and their delivery."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from sharing.digests import actions
from sharing.digests.models import Digest


@shared_task(ignore_result=True)
def tick() -> None:
    """Write the digests that fell due, then hand out every unsent one. Missed or doubled, nothing changes."""
    now = timezone.now()
    actions.gather(now=now, at_once=settings.DIGESTS_AT_ONCE)
    for digest_id in Digest.objects.to_send(now=now).values_list("id", flat=True):
        send.delay(digest_id=str(digest_id))


@shared_task(ignore_result=True)
def send(*, digest_id: str) -> None:
    """Deliver one digest."""
    actions.send(digest_id, now=timezone.now())
