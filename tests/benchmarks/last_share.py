"""The last free share over HTTP: 64 at the same moment on a real server, a hundred times."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from time import perf_counter

from tests.benchmarks.market import Result, site

ROUNDS, WANTING = 100, 64


def run() -> list[Result]:
    with site():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
        options = ["--workers", "2", "--threads", "16", "--log-level", "error"]
        server = subprocess.Popen([*command, *options], env=os.environ, stderr=subprocess.DEVNULL)
        try:
            return all_rounds(f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            server.wait()


def all_rounds(url: str) -> list[Result]:
    from sharing.models import Network

    _until_it_answers(url)
    winners, statuses = Counter[int](), Counter[int]()
    start = perf_counter()
    for _ in range(ROUNDS):
        answers = one_round(url)
        winners[answers.count(200)] += 1
        statuses.update(answers)
    seconds = perf_counter() - start
    active = Network.objects.filter(state="active").count()
    strange = sum(count for status, count in statuses.items() if status not in (200, 409))
    print(f"answers by status: {dict(sorted(statuses.items()))}")
    return [
        Result(f"of {ROUNDS} rounds of {WANTING} acceptances, without exactly one winner", ROUNDS - winners[1], "", 0),
        Result("networks that hold a share beyond what there is", abs(active - ROUNDS), "", 0),
        Result("answers that are neither 200 nor 409", strange, "", 0),
        Result("a round, on average, with making its networks", seconds / ROUNDS, "s"),
    ]


def one_round(url: str) -> list[int]:
    """The statuses of all that accepted at once."""
    from sharing.actors import SYSTEM
    from sharing.municipalities.tokens import Scope, issue
    from tests.networks.shares import competing

    calls = []
    for network, taker in competing(WANTING):
        _, secret = issue(taker, name="t", scopes={Scope.NETWORKS_WRITE}, expires_at=None, by=SYSTEM)
        body = {"organisation": str(taker.id), "content_hash": network.content_hash}
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        address = f"{url}/api/v1/networks/{network.id}/accept/"
        calls.append(urllib.request.Request(address, json.dumps(body).encode(), headers))
    start, statuses = threading.Barrier(WANTING), list[int]()

    def call(request: urllib.request.Request) -> None:
        start.wait()
        statuses.append(_status(request))

    callers = [threading.Thread(target=call, args=(request,)) for request in calls]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return statuses


def _status(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def _until_it_answers(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server does not answer")
