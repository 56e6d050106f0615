"""One private Valkey that listens on a Unix socket only and keeps nothing: PostgreSQL is the truth."""

import socket
from pathlib import Path

from config.launcher.binaries import valkey_server
from config.launcher.folders import make_private_folder
from config.launcher.layout import Layout
from config.launcher.processes import Supervisor


def start_valkey(layout: Layout, supervisor: Supervisor) -> None:
    address = layout.valkey_socket
    make_private_folder(address.parent)
    address.unlink(missing_ok=True)
    options = {
        "--port": ["0"],
        "--unixsocket": [str(address)],
        "--unixsocketperm": ["700"],
        "--dir": [str(address.parent)],
        "--save": [""],
        "--appendonly": ["no"],
        "--shutdown-on-sigterm": ["nosave", "force"],  # else it waits for a snapshot in a folder that may be gone
    }
    command = [str(valkey_server()), *(word for name, values in options.items() for word in (name, *values))]
    supervisor.start("valkey", command, cwd=Path("/"))
    supervisor.wait_until(lambda: _answers(address), "Valkey answers")


def _answers(address: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(address))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
