"""What people and programs touch, as a Django app: commands, templates, static files."""

from django.apps import AppConfig


class BackendConfig(AppConfig):
    name = "backend"
