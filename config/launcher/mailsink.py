"""An SMTP server that delivers nothing: each mail becomes an .eml file, for people and for tests to read."""

import argparse
import asyncio
import itertools
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from config.launcher.errors import LaunchError
from config.launcher.folders import make_folder, not_writable
from config.launcher.ports import require_free
from config.launcher.processes import Supervisor

HOST = "127.0.0.1"
REFUSING_DOMAIN = "refuses.example"
PORT_FILE = ".port"


class Sink:
    """What aiosmtpd asks about each recipient and each mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)

    async def handle_RCPT(  # noqa: N802  (aiosmtpd names it so)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if address.lower().endswith(f"@{REFUSING_DOMAIN}"):
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        try:
            self._write(envelope)
        except OSError as error:
            return f"451 4.3.0 The mail could not be written: {error.strerror}"
        return "250 2.0.0 OK"

    def _write(self, envelope: Envelope) -> None:
        """Under its final name only when complete, so that a reader never meets half a mail."""
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}-{next(self._numbers):06}.eml"
        unfinished = self._folder / f".{name}"
        unfinished.write_bytes(_envelope_lines(envelope) + (envelope.original_content or b""))
        unfinished.rename(self._folder / name)


def _envelope_lines(envelope: Envelope) -> bytes:
    """Who really sent to whom: the mail's own headers need not say so."""
    lines = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n"
    return lines.encode()


async def serve(folder: Path, port: int) -> None:
    """Answer until cancelled; the port, also one that was chosen freely (0), stands in the folder's `.port`."""
    sink = Sink(folder)
    listener = await asyncio.get_running_loop().create_server(
        lambda: SMTP(sink, hostname="localhost", enable_SMTPUTF8=True), HOST, port
    )
    chosen = listener.sockets[0].getsockname()[1]
    unfinished = folder / f"{PORT_FILE}.{os.getpid()}"
    unfinished.write_text(str(chosen), encoding="ascii")
    unfinished.rename(folder / PORT_FILE)
    print(f"Mails to {HOST}:{chosen} become files in {folder}", flush=True)
    async with listener:
        await listener.serve_forever()


def start_mailsink(supervisor: Supervisor, folder: Path, port: int = 0) -> int:
    """Start the sink as a process of its own; returns the port at which it listens."""
    port_file = folder / PORT_FILE
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "config.launcher.mailsink", "--folder", str(folder), "--port", str(port)]
    supervisor.start("mailsink", command)
    supervisor.wait_until(port_file.exists, "the mail sink listens")
    return int(port_file.read_text(encoding="ascii"))


def received(folder: Path) -> list[Path]:
    """The mails so far, oldest first."""
    return sorted(path for path in folder.glob("*.eml") if not path.name.startswith("."))


def main() -> None:
    parser = argparse.ArgumentParser(prog="mailsink", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0, help="0, the default, chooses a free one")
    arguments = parser.parse_args()
    try:
        make_folder(arguments.folder)
        if not os.access(arguments.folder, os.W_OK):
            raise not_writable(arguments.folder, PermissionError(13, "Permission denied"))
        require_free(arguments.port, "choose another with --port")
        asyncio.run(serve(arguments.folder, arguments.port))
    except LaunchError as error:
        sys.exit(f"mailsink: {error}")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
