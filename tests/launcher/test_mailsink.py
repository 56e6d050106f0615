"""The mail sink, as the demo runs it: a process that turns SMTP into files."""

import smtplib
import socket
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from config.launcher.mailsink import received, start_mailsink
from config.launcher.processes import Supervisor
from tests.launcher.programs import run_to_end


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    with Supervisor(tmp_path / "log") as supervisor:
        yield start_mailsink(supervisor, tmp_path / "mail"), tmp_path / "mail"


def letter(number: int, to: str = "alice@musterstadt.example") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "allmende@localhost", to, f"Grüße {number}"
    mail.set_content("Kehrmaschine für Öhringen\n.\n..\nfrei")
    return mail


def test_each_mail_becomes_a_file_and_the_names_sort_by_time(sink: tuple[int, Path]) -> None:
    port, folder = sink
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for number in range(12):
            smtp.send_message(letter(number), from_addr="bounce+7@allmende.example")
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in received(folder)]
    assert [mail["Subject"] for mail in mails] == [f"Grüße {number}" for number in range(12)]
    assert mails[0]["X-Envelope-From"] == "bounce+7@allmende.example"
    assert mails[0]["X-Envelope-To"] == "alice@musterstadt.example"
    assert mails[0].get_content().replace("\r\n", "\n") == "Kehrmaschine für Öhringen\n.\n..\nfrei\n"
    assert {path.suffix for path in folder.iterdir() if path.name != ".port"} == {".eml"}


def test_a_refused_recipient_gets_550_and_the_others_their_mail(sink: tuple[int, Path]) -> None:
    port, folder = sink
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            smtp.send_message(letter(1, "Bob@Refuses.example"))
        assert refused.value.recipients["Bob@Refuses.example"][0] == 550
        assert received(folder) == []
        smtp.send_message(letter(2, "alice@musterstadt.example, bob@refuses.example"))
    [mail] = received(folder)
    assert b"X-Envelope-To: alice@musterstadt.example\r\n" in mail.read_bytes()


def test_a_port_in_use_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        command = [sys.executable, "-m", "config.launcher.mailsink", "--folder", str(tmp_path), "--port", port]
        ended = run_to_end(*command)
    assert ended.returncode == 1
    assert ended.stderr == (
        f"mailsink: Port {port} on 127.0.0.1 cannot be used (Address already in use): choose another with --port.\n"
    )
