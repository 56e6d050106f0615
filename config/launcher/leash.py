"""Runs one command on a leash: it dies when the process that started it dies, even by `kill -9`.

A program of its own and not a `preexec_fn`, which is unsafe beside threads and warns about it since Python 3.12.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def run(parent: int, death_signal: int, account: str, command: list[str]) -> None:
    drop_privileges(account)
    tie_to(parent, death_signal)
    try:
        os.execv(command[0], command)
    except OSError as error:
        way_out = "is its folder mounted with noexec? Then set ALLMENDE_HOME to a folder elsewhere."
        sys.exit(f"{command[0]} cannot be run ({error.strerror}): {way_out}")


def drop_privileges(account: str) -> None:
    """Before the leash is put on: the kernel takes it off again when the user changes."""
    if account:
        uid, gid = map(int, account.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def tie_to(parent: int, death_signal: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal) != 0:
        sys.exit(f"The kernel refuses PR_SET_PDEATHSIG ({os.strerror(ctypes.get_errno())}).")
    if os.getppid() != parent:  # it died before the line above could ask for the signal
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
