"""Runs parts of the launcher as programs of their own, also as an ordinary user."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from config.launcher.folders import others_can_enter
from config.launcher.layout import PROJECT
from config.launcher.servers import wipe

NOBODY = 65534
HOLD = """
import json, pathlib, sys
from config.launcher.errors import LaunchError
from config.launcher.servers import Servers
try:
    with Servers.start(pathlib.Path(sys.argv[1]), durable=sys.argv[2] == "durable") as servers:
        print(json.dumps({"database_url": servers.database_url, "redis_url": servers.redis_url}), flush=True)
        sys.stdin.read()
except LaunchError as error:
    sys.exit(str(error))
"""


def environment(**changes: str) -> dict[str, str]:
    """Ours without what pytest, its workers and config.pytest_embedded put there."""
    added = ("DATABASE_URL", "REDIS_URL", "DEMO")
    ours = {name: value for name, value in os.environ.items() if name not in added and not name.startswith("PYTEST_")}
    return ours | changes


@contextmanager
def open_folder() -> Iterator[Path]:
    """A base folder that PostgreSQL's account can reach, unlike pytest's tmp_path when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="allmende-trial-"))
    folder.chmod(0o755)
    try:
        yield folder
        wipe(folder)
    finally:
        shutil.rmtree(folder)


def start_holding(base: Path, *, durable: bool = False, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """A process that starts the servers, prints their addresses and holds them until its standard input closes."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(base), "durable" if durable else "throw-away"],
        **_piped(env),
    )


@contextmanager
def holding(base: Path, *, durable: bool = False) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    with start_holding(base, durable=durable) as process:
        assert process.stdout
        assert process.stdin
        yield process, json.loads(process.stdout.readline())
        process.stdin.close()
        process.wait(30)


def _piped(env: Mapping[str, str] | None) -> dict[str, Any]:
    pipe = subprocess.PIPE
    return {"cwd": PROJECT, "env": env or environment(), "text": True, "stdin": pipe, "stdout": pipe, "stderr": pipe}


def run_to_end(*command: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    whole = env or environment()
    return subprocess.run(command, cwd=PROJECT, env=whole, capture_output=True, text=True, timeout=60, check=False)


def python_of_everyone() -> str:
    """An interpreter that an ordinary user can run: that of .venv may lie in a closed home."""
    is_new_enough = "import sys; sys.exit(sys.version_info < (3, 11))"
    for name in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        reachable = Path(name).exists() and others_can_enter(Path(name).resolve()) and others_can_enter(PROJECT)
        if reachable and run_to_end(name, "-c", is_new_enough).returncode == 0:
            return name
    pytest.skip("no Python 3.11 and project that an ordinary user could run")


def as_ordinary_user(code: str, *arguments: str, uid: int = NOBODY, **env: str) -> subprocess.CompletedProcess[str]:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    paths = os.pathsep.join([str(PROJECT), *(path for path in sys.path if path.endswith("site-packages"))])
    return subprocess.run(
        [python_of_everyone(), "-c", code, *arguments],
        cwd="/",
        env=environment(PYTHONPATH=paths, HOME="/nonexistent", **env),
        user=uid,
        group=NOBODY,
        extra_groups=[],
        text=True,
        capture_output=True,
        input="",
        timeout=60,
        check=False,
    )
