"""Under which account PostgreSQL runs: it refuses root."""

import os
import pwd
from dataclasses import dataclass

from config.launcher.errors import LaunchError


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """None means our own; for root it is `postgres` or `nobody`, since both exist without a useradd."""
    if os.geteuid() == 0:
        return _first_known("postgres", "nobody")
    _require_name(os.geteuid())
    return None


def _first_known(*names: str) -> Account:
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in names:
        if name in known:
            return Account(name, known[name].pw_uid, known[name].pw_gid)
    raise LaunchError(
        "PostgreSQL refuses to run as root and this machine knows neither an account `postgres` nor `nobody`: "
        "start as an ordinary user, or set DATABASE_URL to a database that runs elsewhere."
    )


def _require_name(uid: int) -> None:
    """initdb asks the system for its user's name; containers with random numbers (OpenShift) have none."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise LaunchError(
            f"The user number {uid} has no name in /etc/passwd and PostgreSQL needs one: "
            "add an entry, or set DATABASE_URL to a database that runs elsewhere."
        ) from None
