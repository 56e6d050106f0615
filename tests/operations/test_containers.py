"""docker-compose.yml and Dockerfile, as far as a machine without an engine can check them."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SETTINGS = (ROOT / "config" / "settings.py").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
READ_FROM_ENVIRONMENT = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', SETTINGS))
OURS = ("web", "worker", "beat", "migrate")


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def dockerfile():
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def test_settings_are_read_at_all():
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PUBLIC_URL"} <= READ_FROM_ENVIRONMENT


def test_all_parts_are_there_in_the_versions_we_promise(compose):
    assert set(compose["services"]) == {*OURS, "database", "broker", "mail"}
    images = {name: service.get("image") for name, service in compose["services"].items()}
    assert images["database"] == "postgres:18"
    assert images["broker"].split(":")[0] in ("redis", "valkey/valkey")
    assert all(re.fullmatch(r"[\w./-]+:[\w.-]+", image) for image in images.values() if image), "every image has a tag"


@pytest.mark.parametrize("service", OURS)
def test_every_variable_is_a_setting(compose, service):
    names = {name.removesuffix("_FILE") for name in compose["services"][service]["environment"]}
    assert names <= READ_FROM_ENVIRONMENT, "a variable nobody reads is a typing error"
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PUBLIC_URL"} <= names


@pytest.mark.parametrize("service", ["web", "worker", "beat", "database", "broker", "mail"])
def test_every_part_that_stays_has_a_healthcheck(compose, service):
    test = compose["services"][service]["healthcheck"]["test"]
    assert test[0] in ("CMD", "CMD-SHELL")
    if "-c" in test:
        compile(test[-1], service, "exec")
    else:
        assert shlex.split(test[-1])


def test_what_is_depended_on_and_mounted_exists(compose):
    for service in compose["services"].values():
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        files = [value for name, value in service.get("environment", {}).items() if name.endswith("_FILE")]
        for file in files:
            if str(file).startswith("/run/secrets/"):
                assert Path(file).name in service["secrets"]


def test_who_waits_for_health_waits_for_a_part_that_has_a_healthcheck(compose):
    for service in compose["services"].values():
        for name, wish in service.get("depends_on", {}).items():
            if wish["condition"] == "service_healthy":
                assert "healthcheck" in compose["services"][name]


def test_no_secret_stands_in_the_file(compose):
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or name.startswith(("SECRET_KEY", "DATABASE_URL")):
                assert name.endswith("_FILE"), f"{name}: {value}"


def test_ports_are_open_to_this_computer_only(compose):
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_commands_name_what_exists(compose):
    for service in OURS:
        command = compose["services"][service].get("command", ["gunicorn"])
        assert command[0] in ("gunicorn", "celery", "python")
        if command[0] == "python":
            assert (ROOT / command[1]).exists()
        if command[0] == "celery":
            assert command[2] == "config.celery"


def test_the_dockerfile_is_sound(dockerfile):
    known = {"FROM", "ENV", "RUN", "WORKDIR", "COPY", "USER", "EXPOSE", "CMD"}
    assert {word for word, _ in dockerfile} <= known
    assert dockerfile[0][0] == "FROM"
    assert dockerfile[-1][0] == "CMD"
    assert ["USER", "allmende"] in dockerfile, "not as root"
    python = next(rest for word, rest in dockerfile if word == "FROM")
    assert re.match(r"python:3\.1[1-4]-slim", python)
    sync = [rest for word, rest in dockerfile if word == "RUN" and "uv sync" in rest]
    assert len(sync) == 1
    assert "--locked" in sync[0]
    assert "--no-default-groups" in sync[0]


def test_every_setting_is_explained_to_operators():
    assert [name for name in sorted(READ_FROM_ENVIRONMENT) if f"`{name}`" not in OPERATIONS] == []
