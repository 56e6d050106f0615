"""One version, told the same everywhere; and what the repository promises about itself."""

import re
import tomllib
from pathlib import Path

import yaml
from django.conf import settings

ROOT = Path(__file__).parents[2]


def test_the_changelog_gives_the_version():
    [version, *_] = re.findall(r"^## (\d+\.\d+\.\d+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    described = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    publiccode = yaml.safe_load((ROOT / "publiccode.yml").read_text())
    assert version == settings.VERSION
    assert project["version"] == version
    assert described["info"]["version"] == version
    assert publiccode["softwareVersion"] == version


def test_the_licence_is_the_same_everywhere():
    assert (ROOT / "LICENSE").read_text().startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "EUPL-1.2"
    assert yaml.safe_load((ROOT / "publiccode.yml").read_text())["legal"]["license"] == "EUPL-1.2"


def test_publiccode_has_what_the_standard_requires():
    data = yaml.safe_load((ROOT / "publiccode.yml").read_text())
    required = {"publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType", "description",
                "legal", "maintenance", "localisation"}  # fmt: skip
    assert required <= set(data)
    for language in ("de", "en"):
        text = data["description"][language]
        assert len(text["shortDescription"]) <= 150
        assert 150 <= len(text["longDescription"]) <= 10_000
        assert text["features"]


def test_the_readme_names_files_that_exist():
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text())
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_ci_runs_the_readmes_test_command_and_every_check():
    script = (ROOT / ".ci" / "run").read_text()
    assert "python3 manage.py test" in script
    assert "python3 manage.py checks" in script
    assert "python3 manage.py test" in (ROOT / "README.md").read_text()
