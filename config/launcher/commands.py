"""What `manage.py` does once the packages are there."""

import os
import sys

from config.launcher.errors import LaunchError
from config.launcher.layout import PROJECT, given


def run(argv: list[str]) -> None:
    match argv[1:]:
        case ["test", *arguments]:
            run_tests(arguments)
        case ["demo", *arguments]:
            run_demo(arguments)
        case ["checks"]:
            run_checks()
        case _:
            run_django(argv)


def run_tests(arguments: list[str]) -> None:
    """In the project folder, where pytest finds its settings and its plugin config.pytest_embedded."""
    os.chdir(PROJECT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])


def run_demo(arguments: list[str]) -> None:
    from config.demo import main

    sys.exit(main(arguments))


def run_checks() -> None:
    from config.checks import main

    sys.exit(main())


def run_django(argv: list[str]) -> None:
    """Commands that need a database find the running demo's by themselves: settings.py asks for its address."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if not (given("DATABASE_URL") or given("SECRET_KEY")):
        os.environ.setdefault("DEMO", "True")  # a computer without any configuration is the demo's
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(argv)
    except ImproperlyConfigured as error:
        raise LaunchError(str(error)) from error
    except OperationalError as error:
        if _was_connected(error):
            raise
        raise LaunchError(_way_to_a_database(error)) from error


def _was_connected(error: Exception) -> bool:
    """PostgreSQL numbers what goes wrong on a connection; without a number there was none."""
    return getattr(error.__cause__, "sqlstate", None) is not None


def _way_to_a_database(error: Exception) -> str:
    if given("DATABASE_URL"):
        return f"The database that DATABASE_URL names does not answer, correct the address or start it: {error}"
    return (
        "This command needs a database: start `python3 manage.py demo` in another terminal, "
        "or set DATABASE_URL to a database that runs elsewhere."
    )
