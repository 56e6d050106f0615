"""The Celery app and its timetable."""

import os

from celery import Celery, signals
from celery.schedules import crontab
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

app = Celery("allmende", include=["tasks.events", "tasks.digests", "tasks.matching", "tasks.networks", "tasks.upkeep"])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.conf.beat_schedule = {
    "drain": {"task": "tasks.events.drain", "schedule": 15.0},  # what a lost bell left lying
    "digests": {"task": "tasks.digests.tick", "schedule": 2.0 if settings.DIGESTS_AT_ONCE else 60.0},
    "rebuild": {
        "task": "tasks.matching.rebuild",
        "schedule": 60.0,
    },  # nothing to do but after `nightly` and new concepts
    "nightly": {"task": "tasks.matching.nightly", "schedule": crontab(hour=2, minute=30)},
    "propose": {"task": "tasks.networks.propose", "schedule": 2.0 if settings.DIGESTS_AT_ONCE else 60.0},
    "propose-all": {"task": "tasks.networks.nightly", "schedule": crontab(hour=4, minute=30)},
    "keep-networks": {"task": "tasks.networks.keep_networks", "schedule": 3600.0},
    "shelve": {"task": "tasks.matching.shelve", "schedule": 600.0},
    "expire": {"task": "tasks.upkeep.expire_listings", "schedule": 3600.0},
    "pulse": {"task": "tasks.upkeep.beat", "schedule": 15.0},
}


@signals.worker_init.connect
def read_the_model(**_: object) -> None:
    """Once, before the children are forked: they share its 150 MB, and the first match does not wait for it."""
    from sharing.matching.shipped import shipped_knowledge

    shipped_knowledge()


@signals.setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """Having a receiver stops Celery from replacing the project's log format."""
