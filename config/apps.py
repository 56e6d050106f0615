"""Makes the Celery app the default one in every process, so that the doorbell knows its broker."""

from django.apps import AppConfig


class WiringConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        import config.celery  # noqa: F401  (here and not above: it needs the settings)
