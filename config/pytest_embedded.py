"""pytest plugin: throw-away servers for one test run, started before Django reads its settings."""

import os
import shutil
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from config.launcher.errors import LaunchError
from config.launcher.layout import given
from config.launcher.leash import tie_to
from config.launcher.servers import Servers, wipe

PREFIX = "allmende-test-"


# A wrapper runs before the plain hooks, and pytest-django reads the settings in a plain one.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    os.environ.setdefault("DEMO", "True")  # settings that need no secret of this computer
    os.environ.setdefault("LOG_LEVEL", "WARNING")  # a failed test should not drown in lines about requests
    if "PYTEST_XDIST_WORKER" in os.environ:
        tie_to(os.getppid(), signal.SIGKILL)  # its servers are the controller's, so it dies with the controller
    elif not (given("DATABASE_URL") and given("REDIS_URL")):
        _start_servers(early_config)
    return (yield)


def _start_servers(config: pytest.Config) -> None:
    _remove_left_behind()
    base = Path(tempfile.mkdtemp(prefix=PREFIX))
    base.chmod(0o711)  # root's PostgreSQL runs under another account and must get in
    config.add_cleanup(lambda: _remove(base))
    try:
        servers = Servers.start(base, durable=False)
    except LaunchError as error:
        raise pytest.UsageError(str(error)) from None
    config.add_cleanup(servers.stop)
    os.environ |= {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}


def _remove_left_behind() -> None:
    """A run that was killed with -9 took its servers with it, but not its files."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if (folder / "lock").exists() and folder.stat().st_uid == os.geteuid():
            try:
                _remove(folder)
            except LaunchError:
                continue  # its run is still on


def _remove(base: Path) -> None:
    wipe(base)
    shutil.rmtree(base, ignore_errors=True)
