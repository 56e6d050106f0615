"""Children and ports: deaths are noticed, stops are orderly, sentences name the way out."""

import os
import signal
import socket
import sys
import threading
from pathlib import Path

import pytest

from config.launcher.errors import LaunchError
from config.launcher.ports import free_port, require_free
from config.launcher.processes import Supervisor, on_leash, stop_as_with_ctrl_c
from tests.launcher.families import descendants, survivors

PYTHON = sys.executable


def test_a_child_that_dies_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start("sleeper", ["/usr/bin/env", "sleep", "60"])
        supervisor.start("worker", [PYTHON, "-c", "print('no broker'); raise SystemExit(3)"])
        with pytest.raises(LaunchError) as caught:
            supervisor.wait_until(lambda: False, "never", patience=10)
        assert str(caught.value) == (
            f"worker ended unexpectedly (exit code 3); its log {tmp_path}/worker.log ends:\n    no broker"
        )


def test_a_child_that_was_killed_is_started_again_and_its_log_goes_on(tmp_path: Path) -> None:
    said: list[str] = []
    with Supervisor(tmp_path) as supervisor:
        child = supervisor.start("worker", [PYTHON, "-c", "import time; print('here', flush=True); time.sleep(60)"])
        supervisor.wait_until(lambda: "here" in child.log.read_text(), "it runs")
        first = child.process
        first.kill()
        first.wait()
        supervisor.mend(said.append)
        assert said == ["worker ended (SIGKILL); it is started again."]
        assert child.process is not first
        supervisor.wait_until(lambda: child.log.read_text() == "here\nhere\n", "it runs again")


def test_a_child_that_will_not_stay_is_not_started_for_ever(tmp_path: Path) -> None:
    said: list[str] = []
    with Supervisor(tmp_path) as supervisor:
        child = supervisor.start("worker", [PYTHON, "-c", "raise SystemExit('no broker')"])
        for _ in range(5):
            child.process.wait()
            supervisor.mend(said.append)
        child.process.wait()
        with pytest.raises(LaunchError, match=r"worker ended unexpectedly \(exit code 1\)"):
            supervisor.mend(said.append)
    assert len(said) == 5


def test_waiting_in_vain_ends_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="in vain: the web server answers"):
        Supervisor(tmp_path).wait_until(lambda: False, "the web server answers", patience=0)


def test_children_stop_in_the_opposite_order(tmp_path: Path) -> None:
    code = """
import pathlib, signal, sys, time
def stop(*_):
    with open("order", "a") as order: order.write(sys.argv[1])
    time.sleep(0.1)
    sys.exit()
signal.signal(signal.SIGTERM, stop)
pathlib.Path(sys.argv[1]).touch()
signal.pause()
"""
    with Supervisor(tmp_path / "log") as supervisor:
        for name in "abc":
            supervisor.start(name, [PYTHON, "-c", code, name], cwd=tmp_path)
        supervisor.wait_until(lambda: all((tmp_path / name).exists() for name in "abc"), "they run")
    assert (tmp_path / "order").read_text() == "cba"


def test_a_child_that_will_not_stop_is_ended_with_its_own_children(tmp_path: Path) -> None:
    code = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["sleep", "60"])
print("deaf", flush=True)
while True: signal.pause()
"""
    with Supervisor(tmp_path) as supervisor:
        child = supervisor.start("deaf", [PYTHON, "-c", code], patience=0.2)
        supervisor.wait_until(lambda: "deaf" in child.log.read_text(), "it runs")
        family = [one for one in descendants(os.getpid()) if one.pid == child.process.pid]
        family += descendants(child.process.pid)
        assert len(family) == 2
    assert child.process.returncode == -signal.SIGKILL
    assert survivors(family) == []


def test_a_program_that_cannot_be_run_says_so_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "program").write_text("#!/bin/sh\n")
    with Supervisor(tmp_path) as supervisor:
        supervisor.start("program", [str(tmp_path / "program")])
        with pytest.raises(LaunchError, match=r"cannot be run \(Permission denied\).*noexec.*ALLMENDE_HOME"):
            supervisor.wait_until(lambda: False, "never", patience=10)


def test_only_the_main_thread_starts_children() -> None:
    """The kernel sends the death signal when the thread ends that started the child, not the process."""
    errors: list[BaseException] = []

    def start() -> None:
        try:
            on_leash(["true"])
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])


def test_sigterm_ends_like_ctrl_c() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        stop_as_with_ctrl_c()
        for number in before:
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_port_in_use_is_a_sentence_with_the_caller_s_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(LaunchError) as caught:
            require_free(port, "choose another one with --port")
        assert str(caught.value) == (
            f"Port {port} on 127.0.0.1 cannot be used (Address already in use): choose another one with --port."
        )
    require_free(port, "it is free again")


def test_a_free_port_can_be_bound() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert server.getsockname()[1] > 0
