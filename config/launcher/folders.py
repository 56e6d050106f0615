"""Making folders, locking one, and refusing what belongs to others."""

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from config.launcher.accounts import Account
from config.launcher.errors import LaunchError


def others_can_enter(path: Path) -> bool:
    """Whether any account may walk down to this path; what is missing will be made enterable."""
    existing = [place for place in (path, *path.parents) if place.exists()]
    return all(place.stat().st_mode & stat.S_IXOTH for place in existing)


def make_folder(path: Path) -> None:
    """A folder that others may walk through, whatever the umask says."""
    try:
        for place in (*reversed(path.parents), path):
            if not place.exists():
                place.mkdir(exist_ok=True)
                place.chmod(0o755)
    except OSError as error:
        raise not_writable(path, error) from None


def make_private_folder(path: Path, account: Account | None = None) -> None:
    """A folder that only one account may look into."""
    owner = account.uid if account else os.geteuid()
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        refuse_foreign(path, {os.geteuid(), owner})
        path.chmod(0o700)
        if account:
            os.chown(path, account.uid, account.gid)
    except OSError as error:
        raise not_writable(path, error) from None


def refuse_foreign(path: Path, owners: set[int]) -> None:
    """Temporary folders are open to everyone: whoever guessed our folder's name must not receive our data."""
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise LaunchError(
            f"{path} belongs to another account: remove it, or set ALLMENDE_HOME to a folder of your own."
        )


def not_writable(path: Path, error: OSError) -> LaunchError:
    return LaunchError(
        f"{path} cannot be written ({error.strerror}): set ALLMENDE_HOME to a folder that you may write, "
        "for example ALLMENDE_HOME=/var/tmp/my-allmende."
    )


@contextmanager
def only_one(base: Path) -> Iterator[None]:
    """Hold the folder; the kernel lets go of it when this process dies, however it dies."""
    make_folder(base)
    try:
        lock = (base / "lock").open("a+", encoding="ascii")
    except OSError as error:
        raise not_writable(base, error) from None
    with lock:
        if not _locked(lock):
            lock.seek(0)
            raise LaunchError(
                f"Process {lock.read().strip() or '(starting)'} already runs in {base}: stop it first, "
                "or give this one a folder of its own: ALLMENDE_HOME=/var/tmp/my-allmende."
            )
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _locked(file: TextIO, patience: float = 0.5) -> bool:
    """Not at the first try only: a process that was killed this instant still holds its lock for a moment."""
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
        time.sleep(0.02)
