"""A real SMTP server in a thread, whose answers a test decides."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from threading import Thread

from aiosmtpd.smtp import SMTP


class PostOffice:
    """Keeps what it accepts. `answers`: what to say to a recipient instead of OK; `on_data` likewise to a mail."""

    def __init__(self):
        self.mails, self.answers, self.on_data, self.on_sender, self.port = [], {}, None, None, 0

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if self.on_sender:
            return self.on_sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.on_data:
            return self.on_data
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def to(self, member):
        return [mail for mail in self.mails if mail["To"] == member.email]


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """Open on a free port until the block ends."""
    office, loop = PostOffice(), asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: SMTP(office), "127.0.0.1", 0))
    office.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield office
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.run_until_complete(asyncio.sleep(0))
        for task in asyncio.all_tasks(loop):
            task.cancel()
            loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
