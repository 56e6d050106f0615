"""manage.py describe_api [--check]: keeps docs/openapi.yaml equal to what the code says."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

FILE = Path("docs") / "openapi.yaml"


class Command(BaseCommand):
    help = f"Writes the API's description to {FILE}; a change there is a change for partner cities."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail where the file is out of date")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        text = OpenApiYamlRenderer().render(schema, renderer_context={}).decode()  # type: ignore[no-untyped-call]
        if not check:
            FILE.write_text(text, encoding="utf-8")
        elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
            raise CommandError(f"{FILE} is out of date: run `python3 manage.py describe_api` and look at the change.")
