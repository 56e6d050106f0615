"""`manage.py checks`: everything beside the tests that must hold, in one go."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.launcher.layout import PROJECT

BIN = Path(sys.executable).parent
PRODUCTION = {
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-0123456789abcdefghijklmnopqrstuvwxyz",
    "DATABASE_URL": "postgresql:///unused",
    "REDIS_URL": "redis://unused",
    "PUBLIC_URL": "https://allmende.example",
    "ALLOWED_HOSTS": "allmende.example",
}


@dataclass(frozen=True)
class Check:
    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=lambda: {"DEMO": "True"})


def _manage(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", *arguments]


CHECKS = (
    Check("format", [str(BIN / "ruff"), "format", "--check", "."]),
    Check("lint", [str(BIN / "ruff"), "check", "."]),
    Check("types", [str(BIN / "mypy")]),
    Check("import contracts", [str(BIN / "lint-imports")]),
    Check("migrations", _manage("makemigrations", "--check", "--dry-run")),
    Check("translations", _manage("collect_texts", "--check")),
    Check("API description", _manage("describe_api", "--check")),
    Check("production settings", _manage("check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
)


def main() -> int:
    """Run every check, also after one has failed; 0 when all hold."""
    failed = [check.name for check in CHECKS if not _holds(check)]
    print(f"Failed: {', '.join(failed)}" if failed else "All checks hold.")
    return 1 if failed else 0


def _holds(check: Check) -> bool:
    began = time.monotonic()
    environment = os.environ | check.environment
    done = subprocess.run(check.command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {check.name} ({time.monotonic() - began:.1f} s)", flush=True)
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
    return done.returncode == 0
