"""Building .venv: what is decided before the project's packages are there."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from config import bootstrap
from config.launcher.errors import LaunchError
from config.launcher.layout import PROJECT, environment, home
from tests.launcher.programs import as_ordinary_user, run_to_end


class Outside:
    """Stands for the commands that reach out to an index: each named kind fails, the others do what they would."""

    def __init__(self, *failing: str) -> None:
        self.failing = failing
        self.tried: list[str] = []

    def __call__(self, *command: str, settings: dict[str, str] | None = None) -> bool:
        kind = next(word for word in ("sync", "--require-hashes", "--target", "uv", "venv") if word in command)
        self.tried.append(kind)
        if kind in self.failing:
            return False
        if kind in ("uv", "--target"):
            _program(home() / "uv" / "bin" / "uv")
        if kind == "sync" or (kind == "venv" and command[-1] == str(environment())):
            _program(environment() / "bin" / "python")
            (environment() / "pyvenv.cfg").touch()
        return True


def _program(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


class Entered(Exception):
    """Instead of execv."""


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[str]]:
    """Enter the environment of a fresh machine; returns which commands were tried."""
    monkeypatch.setenv("ALLMENDE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(bootstrap, "_has_locked_packages", lambda: False)

    def execv(program: str, arguments: list[str]) -> None:
        assert program == str(tmp_path / ".venv" / "bin" / "python")
        raise Entered

    def run(*failing: str) -> list[str]:
        outside = Outside(*failing)
        monkeypatch.setattr(bootstrap, "_succeeds", outside)
        monkeypatch.setattr(os, "execv", execv)
        with pytest.raises(Entered):
            bootstrap.enter_environment()
        return outside.tried

    return run


def test_a_fresh_machine_installs_uv_and_syncs_and_the_second_start_does_nothing(
    start: Callable[..., list[str]],
) -> None:
    assert start() == ["venv", "uv", "sync"]
    assert start() == []


def test_a_uv_on_the_path_is_used(
    start: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _program(tmp_path / "elsewhere" / "uv")
    monkeypatch.setenv("PATH", str(tmp_path / "elsewhere"))
    assert start() == ["sync"]


def test_without_python3_venv_uv_is_installed_into_a_target_folder(start: Callable[..., list[str]]) -> None:
    assert start("venv") == ["venv", "--target", "sync"]


def test_where_uv_cannot_reach_an_index_pip_installs_by_hash(start: Callable[..., list[str]]) -> None:
    assert start("sync") == ["venv", "uv", "sync", "venv", "--require-hashes"]


def test_where_uv_cannot_be_had_pip_installs_by_hash(start: Callable[..., list[str]]) -> None:
    assert start("uv", "--target") == ["venv", "uv", "--target", "venv", "--require-hashes"]


def test_where_nothing_can_be_had_the_sentence_names_the_ways_out_and_nothing_counts_as_built(
    start: Callable[..., list[str]],
) -> None:
    with pytest.raises(LaunchError, match=r"PIP_INDEX_URL.*apt-get install python3-venv"):
        start("sync", "--require-hashes")
    assert start() == ["sync"]


def test_a_changed_lock_is_installed(
    start: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    start()
    (tmp_path / "uv.lock").write_text("changed")
    monkeypatch.setattr(bootstrap, "LOCK", tmp_path / "uv.lock")
    assert start() == ["sync"]


def test_an_environment_whose_interpreter_is_gone_is_built_anew(
    start: Callable[..., list[str]], tmp_path: Path
) -> None:
    start()
    (tmp_path / ".venv" / "bin" / "python").unlink()
    assert start() == ["sync"]


def test_an_environment_with_the_locked_packages_is_used_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in a container image or under `uv run`: this very interpreter."""
    monkeypatch.setenv("ALLMENDE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("it must stay in this interpreter"))
    bootstrap.enter_environment()
    assert list(tmp_path.iterdir()) == []


def test_another_project_s_django_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = bootstrap._installed
    assert bootstrap._has_locked_packages()
    monkeypatch.setattr(bootstrap, "_installed", lambda name: "4.2" if name == "django" else installed(name))
    assert not bootstrap._has_locked_packages()


def test_a_system_without_glibc_is_told_which_one_has_it(
    start: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def musl(name: str) -> str:
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr(os, "confstr", musl)
    with pytest.raises(LaunchError, match=r"need the C library glibc.*Alpine.*Debian"):
        start()


def test_an_old_python_is_told_which_one_is_needed(tmp_path: Path) -> None:
    code = (PROJECT / "manage.py").read_text()
    pretend = f"import sys\nsys.version_info = (3, 9)\nsys.version = '3.9.18 (main)'\n{code}"
    ended = run_to_end(sys.executable, "-c", pretend)
    assert ended.returncode == 1
    assert ended.stderr == "Allmende needs Python 3.11 or newer, this is 3.9.18: try `python3.11 manage.py`.\n"


def test_the_door_and_the_launcher_need_no_package() -> None:
    """In an interpreter without site-packages; only the mail sink, a process of .venv, speaks SMTP with a package."""
    code = """
import pkgutil, sys, config.launcher
import config.bootstrap
for module in pkgutil.iter_modules(config.launcher.__path__, "config.launcher."):
    if not module.name.endswith(".mailsink"):
        __import__(module.name)
"""
    ended = run_to_end(sys.executable, "-S", "-c", code)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_read_only_project_is_answered_with_allmende_home() -> None:
    """Run as a user who may read the project but not write it."""
    code = """
import sys
from pathlib import Path
from config import bootstrap
from config.launcher.errors import LaunchError
bootstrap._has_locked_packages = lambda: False
bootstrap.environment = lambda: Path("/etc/allmende-test/.venv")
bootstrap.home = lambda: Path("/etc/allmende-test")
try:
    bootstrap.enter_environment()
except LaunchError as error:
    sys.exit(str(error))
"""
    ended = as_ordinary_user(code, PYTHONNOUSERSITE="1")
    assert ended.returncode == 1
    assert ended.stderr.startswith("/etc/allmende-test cannot be written (Permission denied): set ALLMENDE_HOME")
