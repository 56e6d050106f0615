"""Builds .venv from uv.lock with nothing but the standard library and goes on inside it."""

import fcntl
import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.launcher.errors import LaunchError
from config.launcher.folders import make_folder, not_writable
from config.launcher.layout import PROJECT, environment, home

LOCK = PROJECT / "uv.lock"
REQUIREMENTS = PROJECT / "requirements.txt"
# The interpreter below any virtual environment: .venv may be rebuilt while one of its own runs this.
PYTHON = str(getattr(sys, "_base_executable", sys.executable))


def enter_environment() -> None:
    """Return when this interpreter has the locked packages; else build what is missing and start again in .venv."""
    if _inside(environment()) and _stamp().exists():
        if _is_current():
            return
    elif _has_locked_packages():  # a container image, `uv run`, somebody's own environment
        return
    if not _is_current():
        with _one_builder():
            if not _is_current():  # another starter may have built it while we waited
                _build()
    python = str(_python())
    os.execv(python, [python, *sys.argv])


def _inside(folder: Path) -> bool:
    return folder.exists() and folder.samefile(sys.prefix)


def _is_current() -> bool:
    """Complete, made from the uv.lock of today, and with an interpreter that still exists."""
    try:
        stamped = _stamp().read_text(encoding="ascii")
    except OSError:
        return False
    return stamped == _fingerprint() and (environment() / "pyvenv.cfg").exists() and os.access(_python(), os.X_OK)


def _has_locked_packages() -> bool:
    """Whether every direct dependency is installed in a locked version; Django alone could be another project's."""
    locked = set(re.findall(r"^([\w.-]+)==([^ ;\\]+)", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE))
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.match(r"[\w.-]+", line) for line in project["dependencies"]]
    return all(name and (name[0], _installed(name[0])) in locked for name in names)


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _build() -> None:
    _require_glibc()
    _say("Building .venv from uv.lock (first start and after updates only) ...")
    _stamp().unlink(missing_ok=True)
    if not (_build_with_uv() or _build_with_pip()):
        raise LaunchError(
            "Neither uv nor pip could build .venv; the lines above say why. Without a package index: name yours in "
            "PIP_INDEX_URL. Without venv: install it (Debian, Ubuntu: apt-get install python3-venv) or uv."
        )
    _stamp().write_text(_fingerprint(), encoding="ascii")


def _build_with_uv() -> bool:
    uv = _find_uv() or _install_uv()
    # The Python at hand, never a download: uv would fetch another one from GitHub.
    settings = {"UV_PYTHON": PYTHON, "UV_PYTHON_DOWNLOADS": "never", "UV_PROJECT_ENVIRONMENT": str(environment())}
    return uv is not None and _succeeds(str(uv), "sync", "--locked", "--quiet", settings=settings)


def _find_uv() -> Path | None:
    found = shutil.which("uv", path=os.pathsep.join([os.environ.get("PATH", ""), str(home() / "uv" / "bin")]))
    return Path(found) if found else None


def _install_uv() -> Path | None:
    """Into a folder of its own: distributions forbid `pip install` into theirs."""
    _say("Installing uv into .local/uv ...")
    folder = home() / "uv"
    own_pip = folder / "bin" / "python"
    if not (
        (_succeeds(PYTHON, "-m", "venv", "--clear", str(folder)) and _succeeds(str(own_pip), *_pip_install("uv")))
        # Debian without python3-venv; its pip accepts a target folder.
        or _succeeds(PYTHON, *_pip_install("--target", str(folder), "uv"))
    ):
        shutil.rmtree(folder, ignore_errors=True)
    return _find_uv()


def _build_with_pip() -> bool:
    """Through whatever index pip is configured for; the hashes say that the packages are the locked ones."""
    _say("Building .venv with pip instead (about half a minute) ...")
    return _succeeds(PYTHON, "-m", "venv", "--clear", str(environment())) and _succeeds(
        str(_python()), *_pip_install("--require-hashes", "--requirement", str(REQUIREMENTS))
    )


def _pip_install(*what: str) -> list[str]:
    return ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", *what]


def _succeeds(*command: str, settings: dict[str, str] | None = None) -> bool:
    env = os.environ | (settings or {})
    done = subprocess.run(command, cwd=PROJECT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        last = done.stdout.decode(errors="replace").strip().splitlines()[-3:]
        _say(f"{' '.join(command[:4])} did not work:", *(f"    {line}" for line in last))
    return done.returncode == 0


@contextmanager
def _one_builder() -> Iterator[None]:
    for folder in (home(), environment().parent):
        make_folder(folder)
        if not os.access(folder, os.W_OK):
            raise not_writable(folder, PermissionError(13, os.strerror(13)))
    with (home() / "bootstrap.lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _require_glibc() -> None:
    try:
        library = os.confstr("CS_GNU_LIBC_VERSION")
    except (ValueError, OSError):
        library = None
    if not library:
        raise LaunchError(
            "The wheels of PostgreSQL and Valkey need the C library glibc, which this system lacks (Alpine has musl): "
            "use Debian, Ubuntu, Fedora or a container such as python:3.12-slim."
        )


def _python() -> Path:
    return environment() / "bin" / "python"


def _stamp() -> Path:
    return environment() / ".uv-lock-sha256"


def _fingerprint() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def _say(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stderr, flush=True)
