"""Where the files of the embedded servers live."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from config.launcher.errors import LaunchError
from config.launcher.folders import others_can_enter

PROJECT = Path(__file__).resolve().parents[2]
# What every reader of an address takes as it stands (libpq splits hosts at commas, kombu knows no escapes), and
# what fits: the kernel's limit is 107 bytes, and PostgreSQL appends ".lock" to its own socket.
PLAIN_SOCKET = re.compile(r"[A-Za-z0-9_./-]{1,100}")


def home() -> Path:
    """`.local` in the project folder, or the folder that ALLMENDE_HOME names."""
    return Path(os.environ.get("ALLMENDE_HOME") or PROJECT / ".local").expanduser().resolve()


def environment() -> Path:
    """The virtual environment: where uv and editors look for it, unless ALLMENDE_HOME moves all that is written."""
    return home() / ".venv" if os.environ.get("ALLMENDE_HOME") else PROJECT / ".venv"


@dataclass(frozen=True)
class Layout:
    """The places below one base folder; looks at the file system, writes nothing."""

    base: Path
    room: Path  # PostgreSQL's part: the base folder, or one outside when its account could not get there
    postgres_socket: Path
    valkey_socket: Path

    @classmethod
    def of(cls, base: Path) -> "Layout":
        base = base.resolve()
        room = _room(base)
        return cls(
            base=base,
            room=room,
            postgres_socket=_plain(room / "postgres" / "run" / ".s.PGSQL.5432"),
            valkey_socket=_plain(base / "valkey" / "valkey.sock"),
        )

    @property
    def data(self) -> Path:
        return self.room / "postgres" / "data"

    @property
    def logs(self) -> Path:
        return self.base / "log"

    @property
    def made(self) -> list[Path]:
        """Every folder that starting over may delete: nothing that a person could have put there."""
        below_base = [self.base / name for name in ("valkey", "log", "mail", "state")]
        sockets = [self.postgres_socket.parent, self.valkey_socket.parent]
        outside = [self.room] if self.room != self.base else []
        return [self.room / "postgres", *below_base, *sockets, *outside]


def _room(base: Path) -> Path:
    """Root's PostgreSQL runs under another account, which must be able to walk to its files."""
    if os.geteuid() != 0 or others_can_enter(base):
        return base
    return Path("/var/tmp") / f"allmende-{_tag(base)}"


def _plain(socket: Path) -> Path:
    if PLAIN_SOCKET.fullmatch(str(socket)):
        return socket
    return Path("/tmp") / f"allmende-{_tag(socket)}" / socket.name


def _tag(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def given(name: str) -> str:
    """What the environment says under NAME, or the content of the file under NAME_FILE (as settings.py reads it)."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise LaunchError(f"{name}_FILE names {path}, which cannot be read ({error.strerror}).") from None
    return os.environ.get(name, "")
