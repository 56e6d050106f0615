"""The Celery app and its timetable."""

import os

from celery import Celery, signals
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

app = Celery("allmende", include=["tasks.events", "tasks.digests", "tasks.upkeep"])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.conf.beat_schedule = {
    "drain": {"task": "tasks.events.drain", "schedule": 15.0},  # what a lost bell left lying
    "digests": {"task": "tasks.digests.tick", "schedule": 2.0 if settings.DIGESTS_AT_ONCE else 60.0},
    "expire": {"task": "tasks.upkeep.expire_listings", "schedule": 3600.0},
    "pulse": {"task": "tasks.upkeep.beat", "schedule": 15.0},
}


@signals.setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """Having a receiver stops Celery from replacing the project's log format."""
