"""For probes: /healthz says the process answers, /readyz that the parts it needs work."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from redis import Redis

from sharing.events import Event
from sharing.networks.runs import Part, stuck
from sharing.pulse import Pulse

OLDEST_EVENT_SECONDS = 300  # beat drains four times a minute: by then several drains have failed
OLDEST_BEAT_SECONDS = 120
BROKER_SECONDS = 1


@never_cache
def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """503 with the same body when any part is not well, so that a person sees which."""
    parts = {
        "database": _tried(_database),
        "broker": _tried(_broker),
        "events": _tried(_events),
        "beat": _tried(_beat),
        "proposals": _tried(_proposals),
    }
    well = all(part["ok"] for part in parts.values())
    return JsonResponse({"status": "ok" if well else "unwell", "parts": parts}, status=200 if well else 503)


def _tried(check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return check()
    except Exception as error:  # whatever is wrong with a part, the answer is that it is not well
        return {"ok": False, "error": type(error).__name__}


def _database() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"ok": True}


def _broker() -> dict[str, Any]:
    limits = {"socket_timeout": BROKER_SECONDS, "socket_connect_timeout": BROKER_SECONDS}
    with Redis.from_url(settings.REDIS_URL, **limits) as broker:
        return {"ok": bool(broker.ping())}


def _events() -> dict[str, Any]:
    oldest = Event.objects.pending().order_by("due_at").values_list("due_at", flat=True).first()
    age = max(0.0, (timezone.now() - oldest).total_seconds()) if oldest else 0.0
    parked = Event.objects.parked().count()
    return {"ok": age < OLDEST_EVENT_SECONDS, "oldest_unhandled_seconds": round(age, 1), "parked": parked}


def _proposals() -> dict[str, Any]:
    """Runs and parts that no worker could finish, and parts whose solver failed; the night forgets both."""
    faults = Part.objects.exclude(fault="").count()
    given_up = stuck()
    return {"ok": given_up == 0, "stuck": given_up, "solver_faults": faults}


def _beat() -> dict[str, Any]:
    last = Pulse.objects.values_list("at", flat=True).first()
    age = (timezone.now() - last).total_seconds() if last else None
    return {"ok": age is not None and age < OLDEST_BEAT_SECONDS, "last_seconds_ago": age and round(age, 1)}
