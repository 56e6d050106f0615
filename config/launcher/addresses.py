"""The addresses at which the embedded servers of a folder answer, running or not."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from config.launcher.layout import Layout, home

DATABASE = "allmende"
ROLE = "app"


@dataclass(frozen=True)
class Addresses:
    database_url: str
    redis_url: str


def addresses(base: Path | None = None) -> Addresses:
    """Names what `manage.py demo` starts in this folder; looks at the file system, starts and writes nothing."""
    layout = Layout.of(base or home())
    return Addresses(
        # The port is said because a PGPORT in the environment would else choose another socket.
        database_url=f"postgresql:///{DATABASE}?host={layout.postgres_socket.parent}&port=5432&user={ROLE}",
        redis_url=f"unix://{layout.valkey_socket}?db=0",
    )


def broker_url(redis_url: str) -> str:
    """The same server as Celery spells it: `unix://` is unknown to it, `redis+socket://` is unknown to redis-py."""
    address = urlsplit(redis_url)
    if address.scheme != "unix":
        return redis_url
    number = parse_qs(address.query).get("db", ["0"])[0]
    return f"redis+socket://{address.path}?virtual_host={number}"
