"""What is installed: uv.lock, its copy for pip, and the hosts they name."""

import re
import tomllib
from typing import Any

import pytest

from config.bootstrap import LOCK, REQUIREMENTS

HOW = "uv export --locked --all-groups --no-emit-project --no-header --no-annotate -o requirements.txt"


@pytest.fixture(scope="module")
def packages() -> list[dict[str, Any]]:
    """All locked packages except the project itself."""
    return [one for one in tomllib.loads(LOCK.read_text())["package"] if "virtual" not in one["source"]]


def test_requirements_txt_names_the_versions_and_hashes_of_the_lock(packages: list[dict[str, Any]]) -> None:
    expected = {
        (one["name"], one["version"]): {
            file["hash"] for file in [*one["wheels"], *([one["sdist"]] if "sdist" in one else [])]
        }
        for one in packages
    }
    entries = re.findall(r"^([\w.-]+)==([^ ;\\]+)(.*(?:\n .*)*)", REQUIREMENTS.read_text(), re.MULTILINE)
    exported = {(name, version): set(re.findall(r"sha256:[0-9a-f]{64}", rest)) for name, version, rest in entries}
    assert exported == expected, f"Write it anew: {HOW}"
    assert len(exported) > 50


def test_requirements_txt_names_no_index_and_no_machine() -> None:
    """Whoever has an index of their own configures it; a line here would override it."""
    lines = REQUIREMENTS.read_text().splitlines()
    assert [line for line in lines if not re.match(r"[\w.-]+==|    --hash=sha256:", line)] == []


def test_the_lock_names_the_public_index_and_its_file_host_only(packages: list[dict[str, Any]]) -> None:
    assert {one["source"].get("registry") for one in packages} == {"https://pypi.org/simple"}
    assert set(re.findall(r"https?://[^/\"]+", LOCK.read_text())) == {
        "https://pypi.org",
        "https://files.pythonhosted.org",
    }
