"""Starts processes, notices when one dies, and stops them all: none outlives the process that started it."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal

from config.launcher import leash
from config.launcher.accounts import Account
from config.launcher.errors import LaunchError
from config.launcher.folders import make_folder, not_writable
from config.launcher.layout import PROJECT

LAST_LINES = 8
MOST_MENDS, MENDING_PERIOD = 5, 60  # a child that ends more often in so many seconds is broken, not unlucky


def on_leash(
    command: Sequence[str], account: Account | None = None, death_signal: signal.Signals = signal.SIGKILL
) -> list[str]:
    """The command, so that it gets `death_signal` when this process dies and runs as `account`."""
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("Start children from the main thread: the kernel ties them to the thread, not the process.")
    whom = f"{account.uid}:{account.gid}" if account else ""
    # -I and -S: nothing of the environment or of site-packages runs here, which also makes it quick (15 ms).
    shim = [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), str(int(death_signal)), whom]
    return [*shim, *command]


class Child:
    """One process, which may be started again."""

    def __init__(
        self,
        name: str,
        log: Path,
        launch: Callable[[BinaryIO], "subprocess.Popen[bytes]"],
        *,
        stop_signal: signal.Signals,
        patience: float,
    ) -> None:
        self.name, self.log = name, log
        self._launch, self._stop_signal, self._patience = launch, stop_signal, patience
        self._mended: list[float] = []
        with _opened(log, "wb") as output:
            self.process = launch(output)

    def check(self) -> None:
        """Raise when it has ended: nobody asked it to."""
        code = self.process.poll()
        if code is not None:
            raise LaunchError(f"{self.name} ended unexpectedly ({_how(code)}); its log {self.log} ends:\n{self.tail()}")

    def mend(self, say: Callable[[str], None]) -> None:
        """Start it again when it has ended; raise when it will not stay."""
        code = self.process.poll()
        if code is None:
            return
        now = time.monotonic()
        self._mended = [moment for moment in self._mended if moment > now - MENDING_PERIOD]
        if len(self._mended) >= MOST_MENDS:
            self.check()
        self._mended.append(now)
        say(f"{self.name} ended ({_how(code)}); it is started again.")
        with _opened(self.log, "ab") as output:
            self.process = self._launch(output)

    def tail(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-LAST_LINES:]) or "    (nothing)"

    def stop(self) -> None:
        """Ask, wait, then end it together with its own children."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(self._stop_signal)
        try:
            self.process.wait(self._patience)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """Keeps children in the order in which they were started and stops them in the opposite one."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._children: list[Child] = []

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path = PROJECT,
        account: Account | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        death_signal: signal.Signals = signal.SIGKILL,
        patience: float = 15,
        before: Callable[[], None] = lambda: None,
    ) -> Child:
        """Start a command whose output goes to `<name>.log`, after doing what must come `before` every start."""

        def launch(output: BinaryIO) -> "subprocess.Popen[bytes]":
            before()
            return subprocess.Popen(
                on_leash(command, account, death_signal),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                start_new_session=True,  # Ctrl-C in the terminal reaches only us, who stop in order
            )

        child = Child(name, self._log_dir / f"{name}.log", launch, stop_signal=stop_signal, patience=patience)
        self._children.append(child)
        return child

    def check(self) -> None:
        """Raise when any child has ended."""
        for child in self._children:
            child.check()

    def mend(self, say: Callable[[str], None]) -> None:
        """Start again every child that has ended, and say so; raise when one will not stay."""
        for child in self._children:
            child.mend(say)

    def wait_until(self, ready: Callable[[], bool], what: str, patience: float = 60) -> None:
        """Wait for `ready`, at most until a child dies or the patience ends."""
        deadline = time.monotonic() + patience
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise LaunchError(
                    f"Waited {patience:.0f} seconds in vain: {what}. The logs in {self._log_dir} say why."
                )
            time.sleep(0.02)

    def stop(self) -> None:
        while self._children:
            self._children.pop().stop()

    def __enter__(self) -> "Supervisor":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def stop_as_with_ctrl_c() -> None:
    """Let `docker stop` (SIGTERM) and a closed terminal (SIGHUP) end this process as cleanly as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def _opened(log: Path, mode: Literal["wb", "ab"]) -> BinaryIO:
    make_folder(log.parent)
    try:
        return log.open(mode)
    except OSError as error:
        raise not_writable(log, error) from None


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
