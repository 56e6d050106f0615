"""The last sign of life of the clock, for the health check."""

from datetime import datetime

from django.db import models


class Pulse(models.Model):
    """One row: when beat's last tick came through broker and worker."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="pulse_is_one_row", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return self.at.isoformat()


def show_life(*, now: datetime) -> None:
    """Note that the clock ticked."""
    Pulse.objects.update_or_create(id=1, defaults={"at": now})
