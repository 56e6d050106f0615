"""The demo's site: its processes, its region, and what it has to show."""

import os
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from config.demo.progress import Progress
from config.launcher.mailsink import received, start_mailsink
from config.launcher.processes import Supervisor
from config.launcher.servers import Servers

WORKERS = 2


class Site:
    """A context manager; its processes end with it."""

    def __init__(self, base: Path, servers: Servers, *, port: int) -> None:
        self.base, self.servers, self.port = base, servers, port
        self.mails = base / "mail"
        self.url = f"http://localhost:{port}"
        self.token = ""
        self._processes = Supervisor(base / "log")

    def prepare(self) -> None:
        """Settings for this process and its children; tables; compiled texts."""
        os.environ |= {
            "DATABASE_URL": self.servers.database_url,
            "REDIS_URL": self.servers.redis_url,
            "DEMO": "True",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PUBLIC_URL": self.url,
            "DIGESTS_AT_ONCE": "True",
            "DEMO_MAIL_FOLDER": str(self.mails),
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(start_mailsink(self._processes, self.mails)),
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
        }
        (self.base / "state").mkdir(exist_ok=True)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("compile_texts", verbosity=0)
        call_command("migrate", verbosity=0, interactive=False)

    def start_processes(self) -> None:
        """Web and worker, side by side."""
        python = [sys.executable, "-m"]
        bind = ["--bind", f"127.0.0.1:{self.port}", "--workers", "1", "--threads", "4", "--limit-request-line", "8190"]
        leash = ["--config", "python:config.launcher.gunicorn_leash"]
        celery = [*python, "celery", "--app", "config.celery"]
        self._processes.start("web", [*python, "gunicorn", *bind, *leash, "config.wsgi"])
        self._processes.start("worker", [*celery, "worker", "--concurrency", str(WORKERS), "--loglevel", "INFO"])

    def move_in(self) -> None:
        """The region's municipalities, coordinators and listings; again without doubles."""
        from config.demo.region import move_in

        self.token = move_in(self.base / "state" / "token")

    def wait_until_open(self) -> None:
        """The clock starts last: nobody waits for it, and two cores have enough to do before."""
        self._processes.wait_until(self._answers, f"the site answers at {self.url}")
        self._processes.start("beat", [sys.executable, "-m", "celery", "--app", "config.celery", "beat"])

    def wait_for_digests(self, progress: Progress) -> None:
        """Until every event is handled and every digest that is due has been sent, or refused."""
        from config.demo.region import count

        while (now := count()) is None or now.missing:
            self.mend(progress.say)
            progress.check_time(now.missing if now else "the database does not answer")
            progress.update(f"  Matching and mailing: {now or 'the database does not answer'}")
            time.sleep(0.1)
        progress.update(f"  Matching and mailing: {now}", last=True)

    def mend(self, say: Callable[[str], None]) -> None:
        """Start again what has ended: the demo shows that a killed part loses nothing."""
        self.servers.mend(say)
        self._processes.mend(say)

    def summary(self) -> str:
        from config.demo.region import PASSWORD, count, logins

        people = "\n".join(f"    {email:50} {role}" for email, role in logins())
        return f"""
Elverland is settled: {count()}.

Allmende is open: {self.url}/
  Mails of the demo:  {self.url}/demo/mail/   ({len(received(self.mails))} so far, as files in {self.mails})
  API and its pages:  {self.url}/api/docs/
  API token:          {self.token}
  Log in with the password {PASSWORD} as
{people}"""

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def __enter__(self) -> "Site":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._processes.stop()
