"""Handling events: rung after each commit, and every few seconds by beat for what a lost bell left lying."""

import time

import structlog
from celery import shared_task
from django.utils import timezone

from sharing.events import handle_batch
from tasks.handlers import HANDLERS

logger = structlog.get_logger(__name__)

BELL_TIMEOUT = 0.1  # seconds a request may lose to a Redis that hangs …
REST_AFTER_FAILURE = 30.0  # … once in this many seconds; beat's drain does the work meanwhile
_silent = {"until": 0.0}


@shared_task(ignore_result=True)
def drain() -> None:
    """Handle every due event, batch by batch."""
    while handle_batch(HANDLERS, now=timezone.now()):
        pass


def ring() -> None:
    """Wake a worker. Only speed hangs on it, so it gives up early and quietly."""
    if time.monotonic() < _silent["until"]:
        return
    try:
        _send()
    except Exception as error:
        _silent["until"] = time.monotonic() + REST_AFTER_FAILURE
        logger.warning("doorbell_silent", error=str(error), seconds=REST_AFTER_FAILURE)


def _send() -> None:
    options = {"socket_timeout": BELL_TIMEOUT, "socket_connect_timeout": BELL_TIMEOUT, "max_retries": 0}
    with drain.app.connection_for_write(transport_options=options) as connection:
        drain.apply_async(connection=connection, retry=False)  # type: ignore[call-arg]  # the stubs lack it
