"""A PostgreSQL of our own out of Debian's binaries, in a temporary folder, that may be killed.

It is durable as it comes: ``fsync`` and ``synchronous_commit`` stay on.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from config.demo.ports import HOST, any_free_port

OPTIONS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "shared_preload_libraries": "pg_stat_statements",
}


class Cluster:
    """One PostgreSQL server that lives in ``folder``, as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "postgres"
        self.port = any_free_port()
        self.binaries = find_binaries()

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        self._let_its_user_in()
        self._run("initdb", "-D", str(self.folder), "-U", "kotozute", "-A", "trust")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, database: str = "postgres") -> str:
        """Return the address of one of its databases."""
        return f"postgres://kotozute@{HOST}:{self.port}/{database}"

    def start(self) -> None:
        """Start it and return once it answers."""
        options = " ".join(f"-c {name}='{value}'" for name, value in OPTIONS.items())
        log = str(self.folder / "log")
        self._control("-w", "-l", log, "-o", f"-p {self.port} {options}", "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: ``immediate`` is what a crash looks like, ``fast`` is polite."""
        if self.pid():
            self._control("-w", "-m", mode, "stop")

    def pid(self) -> int:
        """Return the process id of the server, 0 when it does not run."""
        file = self.folder / "postmaster.pid"
        return int(file.read_text().splitlines()[0]) if file.exists() else 0

    def processes(self) -> list[int]:
        """Return the process ids of the server and of all that it has started."""
        return [int(entry.name) for entry in _working_in(self.folder)]

    def wait_for_end(self, seconds: float = 10.0) -> None:
        """Wait until a killed server's processes are gone, and remove the note of its number.

        Where nobody collects dead processes, the number stays taken, and it would not start.
        """
        deadline = time.monotonic() + seconds
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            [*_as_its_user(), str(self.binaries / program), *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd="/",
            # A Ctrl-C at the terminal is ours to handle, in our order.
            start_new_session=True,
        )

    def _let_its_user_in(self) -> None:
        """PostgreSQL refuses to run as root, where CI often is."""
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
            for folder in (self.folder.parent, *self.folder.parent.parents):
                if folder.owner() == "root" and not folder.stat().st_mode & 0o001:
                    folder.chmod(folder.stat().st_mode | 0o011)


def _working_in(folder: Path) -> list[Path]:
    """Return the processes that work in the server's folder."""
    entries = Path("/proc").glob("[0-9]*")
    return [entry for entry in entries if _works_in(entry / "cwd", folder)]


def _works_in(link: Path, folder: Path) -> bool:
    try:
        return link.readlink() == folder
    except OSError:
        return False


def find_binaries() -> Path:
    """Return the folder of the newest PostgreSQL here; raise ``RuntimeError`` saying what to do."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise RuntimeError("No PostgreSQL found; on Debian: apt install postgresql")
    return found[-1].parent


def _as_its_user() -> Sequence[str]:
    return ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
