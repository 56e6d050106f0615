"""Sees processes and their descendants, also when a parent is gone."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """One life of a process number: the kernel gives numbers out again, but not at the same moment."""

    pid: int
    parent: int
    born: int
    command: str

    @property
    def alive(self) -> bool:
        return any(other.pid == self.pid and other.born == self.born for other in processes())


def processes() -> list[Process]:
    """All that run; zombies do not run any more."""
    return [found for folder in Path("/proc").glob("[0-9]*") if (found := _read(folder))]


def _read(folder: Path) -> Process | None:
    try:
        state, parent, *fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        command = (folder / "cmdline").read_text(errors="replace").replace("\0", " ").strip()
    except (OSError, ValueError):
        return None
    return None if state == "Z" else Process(int(folder.name), int(parent), int(fields[17]), command)


def descendants(pid: int) -> list[Process]:
    everyone = processes()
    family = {pid}
    while more := {one.pid for one in everyone if one.parent in family} - family:
        family |= more
    return [one for one in everyone if one.pid in family - {pid}]


def survivors(family: Iterable[Process], patience: float = 5) -> list[Process]:
    """Who of the family still lives after waiting for the last to die."""
    family = list(family)
    eventually(lambda: not any(one.alive for one in family), patience)
    return [one for one in family if one.alive]


def eventually(condition: Callable[[], bool], patience: float = 5) -> bool:
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
