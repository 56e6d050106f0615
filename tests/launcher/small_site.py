"""A program to be killed: the servers, a web server with workers and a Celery worker with a pool, then waiting."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from celery import Celery

from config.launcher.addresses import broker_url
from config.launcher.processes import Supervisor
from config.launcher.servers import Servers

app = Celery("small_site", broker=os.environ.get("SMALL_SITE_BROKER", ""))
app.conf.broker_connection_retry_on_startup = True


def application(environ: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b"here"]


def main(base: Path) -> None:
    # Started without a leash: the control that shows that a survivor would be seen.
    subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with Servers.start(base, durable=False) as servers, Supervisor(base / "log") as supervisor:
        env = os.environ | {"SMALL_SITE_BROKER": broker_url(servers.redis_url), "LOG_LEVEL": "INFO"}
        me = "tests.launcher.small_site"
        web = ["-m", "gunicorn", f"{me}:application", "--bind", f"unix:{base}/web.sock", "--workers", "2"]
        web += ["--config", "python:config.launcher.gunicorn_leash"]
        worker = ["-m", "celery", "-A", f"{me}:app", "worker", "--concurrency", "2", "--loglevel", "INFO"]
        supervisor.start("web", [sys.executable, *web], env=env)
        celery = supervisor.start("worker", [sys.executable, *worker], env=env)
        supervisor.wait_until(lambda: "ready." in celery.log.read_text(), "the worker is ready")
        supervisor.wait_until((base / "web.sock").exists, "the web server listens")
        print(json.dumps({"database_url": servers.database_url}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
