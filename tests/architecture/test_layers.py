"""What must be importable without what."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "sharing.matching.engine.match",
        "sharing.matching.evaluation",
        "sharing.regions.bundle",
        "sharing.listings.rules",
        "sharing.municipalities.register",
        "config.bootstrap",
    ],
)
def test_plain_python_stays_plain(module):
    code = f"import sys, {module}; sys.exit(any(m.split('.')[0] in ('django', 'celery') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_check_above_can_fail():
    code = "import sys, sharing.listings.models; sys.exit(any(m.split('.')[0] == 'django' for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 1
