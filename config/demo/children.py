"""Child processes that are started together and end together, however their parent is told to."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

STOP_SECONDS = 8.0
POLL_SECONDS = 0.05


class ChildError(Exception):
    """A child process ended, or did not become ready; the text ends with the tail of its log."""


class Interrupted(Exception):
    """Request to stop this program."""


class Children:
    """A group of named processes whose output goes to files in one folder."""

    def __init__(self, folder: Path, env: Mapping[str, str], *, cwd: Path) -> None:
        self.folder = folder
        self.env = dict(env)
        self.cwd = cwd
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        # Looked at between two steps; whoever sets it ends the waiting.
        self.stop_asked = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()

    def adopt(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """Look after a process that was started elsewhere."""
        self.running[name] = process

    def start(
        self, name: str, command: Sequence[str], *, pass_fds: Sequence[int] = ()
    ) -> subprocess.Popen[bytes]:
        """Start ``command`` in a process group of its own, logging to ``{name}.log``.

        Of our open files it gets ``pass_fds`` alone.
        """
        self.go_on()
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - commands are written in this project
                command,
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=pass_fds,
            )
        self.adopt(name, process)
        return process

    def run(self, name: str, command: Sequence[str]) -> None:
        """Run ``command`` to its end; raise ``ChildError`` when it fails."""
        process = self.start(name, command)
        process.wait()
        del self.running[name]
        if process.returncode:
            raise ChildError(f"{name} failed with status {process.returncode}.{self.tail(name)}")

    def wait_until(self, what: str, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait for ``ready``; raise ``ChildError`` when time is up or a child ends meanwhile."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                tails = "".join(self.tail(name) for name in self.running)
                raise ChildError(f"{what}: not within {seconds:.0f} seconds.{tails}")
            time.sleep(POLL_SECONDS)

    def check(self) -> None:
        """Raise ``ChildError`` when a child that should be running has ended.

        Raises ``Interrupted`` when somebody has asked to stop.
        """
        self.go_on()
        for name, process in self.running.items():
            if process.poll() is not None:
                raise ChildError(f"{name} ended with status {process.returncode}.{self.tail(name)}")

    def go_on(self) -> None:
        """Raise ``Interrupted`` when somebody has asked to stop."""
        if self.stop_asked.is_set():
            raise Interrupted

    def log(self, name: str) -> Path:
        """Return the file that holds what a child has printed."""
        return self.folder / f"{name}.log"

    def tail(self, name: str, lines: int = 15) -> str:
        """Return the end of a child's log, indented, or nothing when it printed nothing."""
        log = self.log(name)
        if not log.exists() or not log.stat().st_size:
            return ""
        last = log.read_text(errors="replace").splitlines()[-lines:]
        return f"\n  last lines of {name}:\n" + "\n".join(f"    {line}" for line in last)

    def stop(self, name: str) -> None:
        """End one child and its own children: politely, then not."""
        process = self.running.pop(name)
        _signal(process, signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            process.wait()

    def stop_all(self) -> None:
        """End every child, the last started first; all are asked before any is waited for."""
        for process in self.running.values():
            _signal(process, signal.SIGTERM)
        for name in reversed(list(self.running)):
            self.stop(name)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)
