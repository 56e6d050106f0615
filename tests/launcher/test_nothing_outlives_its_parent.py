"""Even `kill -9` of whoever started them leaves no process behind."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from config.launcher.layout import PROJECT
from tests.launcher.families import descendants, eventually, survivors
from tests.launcher.programs import environment, open_folder, run_to_end


def test_kill_9_leaves_no_server_no_worker_and_no_pool_process() -> None:
    with open_folder() as base:
        site = subprocess.Popen(
            [sys.executable, "-m", "tests.launcher.small_site", str(base)],
            cwd=PROJECT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with site:
            assert site.stdout
            assert site.stdout.readline().startswith(b"{")
            family = descendants(site.pid)
            control = [one for one in family if one.command.startswith("sleep")]
            leashed = [one for one in family if one not in control]
            site.kill()
        for name, number in (("postgres", 5), ("valkey-server", 1), ("gunicorn", 3), ("celery", 3)):
            assert sum(name in one.command for one in leashed) >= number, f"{name} was not there to be left behind"
        assert survivors(leashed) == []
        assert survivors(control, patience=0) == control, "the check would not have seen a survivor"
        os.kill(control[0].pid, signal.SIGKILL)


def test_a_child_whose_parent_died_before_the_leash_was_on_dies_at_once() -> None:
    code = "import os; from config.launcher.leash import tie_to; tie_to(os.getppid() + 1, 9); print('alive')"
    ended = run_to_end(sys.executable, "-c", code)
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "")


def test_the_leash_stays_on_when_privileges_are_dropped() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    code = """
import subprocess, sys
from config.launcher.accounts import Account
from config.launcher.processes import on_leash
child = subprocess.Popen(on_leash(["/usr/bin/env", "sleep", "60"], Account("nobody", 65534, 65534)))
print(child.pid, flush=True)
sys.stdin.read()
"""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdin=pipe, stdout=pipe) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert eventually(lambda: any(one.command.startswith("sleep") for one in descendants(parent.pid)))
        [sleeper] = descendants(parent.pid)
        assert (sleeper.pid, Path(f"/proc/{pid}").stat().st_uid) == (pid, 65534)
        parent.kill()
    assert survivors([sleeper]) == []


PYTEST_THAT_HANGS = "import time\ndef test_hangs():\n    print('hanging')\n    time.sleep(60)\n"


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n", "1"]], ids=["alone", "with xdist"])
def test_a_killed_test_run_leaves_no_process_and_the_next_run_removes_its_files(
    tmp_path: Path, workers: list[str]
) -> None:
    """In a temporary folder of its own, so that the sweep has nothing else to find."""
    (tmp_path / "test_it.py").write_text(PYTEST_THAT_HANGS)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        run = subprocess.Popen(_pytest(tmp_path, *workers), cwd=PROJECT, env=bare_pytest(folder))
        with run:
            assert eventually(lambda: _has_servers(run.pid, 2 if workers else 1), 30)
            family = descendants(run.pid)
            run.kill()
        assert survivors(family) == []
        [left_behind] = Path(folder).glob("allmende-test-*")
        (tmp_path / "test_it.py").write_text("def test_passes(): pass")
        subprocess.run(_pytest(tmp_path), cwd=PROJECT, env=bare_pytest(folder), check=True, capture_output=True)
        assert not left_behind.exists()
        assert list(Path(folder).glob("allmende-test-*")) == []


def bare_pytest(folder: str) -> dict[str, str]:
    """Without the plugins of the other packages, which take seconds to import."""
    return environment(TMPDIR=folder, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")


def _pytest(folder: Path, *arguments: str) -> list[str]:
    plugins = ["-p", "config.pytest_embedded", "-p", "no:cacheprovider"]
    return [sys.executable, "-m", "pytest", *plugins, "-c", os.devnull, f"--rootdir={folder}", str(folder), *arguments]


def _has_servers(pid: int, pythons: int) -> bool:
    commands = [one.command for one in descendants(pid)]
    servers = any("walwriter" in one for one in commands) and any("valkey-server" in one for one in commands)
    return servers and sum("python" in one for one in commands) >= pythons - 1
