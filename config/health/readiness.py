"""Readiness: the services this process depends on, and whether it may be sent requests.

*Ready* means: a DM that ovice sends now would be accepted and is on disk. That needs the database,
its tables, the keys, and a clock that agrees with the database's. Without the broker it still
holds, since a wake-up is only a hint: then the answer is *degraded*, and requests may come.
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.timezone import now
from psycopg_pool import PoolTimeout
from redis import Redis
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from config.redis.broker import BROKER_MARK
from integrations.encryption.master_keys import KeyMissingError, UnreadableError, parse_key
from integrations.models import DataKey

# All are looked at together, so this is also how long the whole may take.
SECONDS = 2.0
# Each answer is cached for so long: asking often costs no more than asking seldom.
KEPT_SECONDS = 1.0
# Leases and due times compare clocks of several machines; the shortest pause is five seconds.
LARGEST_SKEW_SECONDS = 5.0


class _Broken(Exception):
    """A dependency does not do its work; the text is one of ours."""


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchall()


_migrated = threading.Event()


def _migrations() -> None:
    """Tables do not go back while a process runs, so this is asked until it is so once."""
    if _migrated.is_set():
        return
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _Broken("some are not applied: run `manage.py migrate`")
    _migrated.set()


def _broker() -> None:
    """It takes a value: one that only answers may follow another server, be full or refuse us."""
    with Redis.from_url(
        settings.REDIS_URL, socket_timeout=1.0, socket_connect_timeout=1.0
    ) as redis:
        redis.set(BROKER_MARK, 1, ex=60)


def _keys() -> None:
    """Keys are there and well-formed, and open what is stored: one organization's data key."""
    try:
        for key in settings.ENCRYPTION_KEYS:
            parse_key(key)
    except ValueError:
        raise _Broken("ENCRYPTION_KEYS holds a malformed key") from None
    if not settings.ENCRYPTION_KEYS:
        raise _Broken("ENCRYPTION_KEYS is empty")
    newest = DataKey.objects.order_by("-pk").first()
    if newest is not None:
        newest.unwrap()


def _clock() -> None:
    if abs(skew()) > LARGEST_SKEW_SECONDS:
        raise _Broken(f"more than {LARGEST_SKEW_SECONDS:g} s off the database's")


def skew() -> float:
    """Return by how many seconds our clock is ahead of the database's; SQLite's is our own."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        ((theirs,),) = cursor.fetchall()
    assert isinstance(theirs, datetime)  # noqa: S101 - what the driver promises
    return (now() - theirs).total_seconds()


LOOKS: Mapping[str, Callable[[], None]] = {
    "database": _database,
    "migrations": _migrations,
    "keys": _keys,
    "clock": _clock,
    "broker": _broker,
}
# Without these a DM is accepted all the same.
DISPENSABLE = frozenset({"broker"})
OK, NO_ANSWER = "ok", f"no answer within {SECONDS:g} s"

# Meanings of exceptions, without their own words: those may hold addresses.
_MEANINGS: Mapping[type[Exception], str] = {
    KeyMissingError: "what is stored cannot be opened with ENCRYPTION_KEYS",
    UnreadableError: "what is stored cannot be opened with ENCRYPTION_KEYS",
    PoolTimeout: "no connection is free",
    DatabaseError: "cannot be asked",
    ReadOnlyError: "follows another server and refuses to write",
    OutOfMemoryError: "has no memory left",
    BusyLoadingError: "is still loading",
    AuthenticationError: "refuses our password, or wants one",
    NoPermissionError: "does not let us write",
    ResponseError: "refuses to write",
    RedisError: "cannot be reached",
    OSError: "cannot be reached",
}


class _Look:
    """One dependency being looked at, in a thread of its own that may hang."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look
        self.found = NO_ANSWER
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self, until: float) -> bool:
        """Wait for the end at most until this moment of the monotonic clock; tell if it came."""
        self._thread.join(max(0.0, until - time.monotonic()))
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._look()
            self.found = OK
        except _Broken as error:
            self.found = str(error)
        except tuple(_MEANINGS) as error:
            self.found = next(m for kind, m in _MEANINGS.items() if isinstance(error, kind))
        except Exception:  # noqa: BLE001 - whatever it is, the others must be told of
            self.found = "cannot be asked"
        finally:
            connection.close()


class Readiness:
    """Looks at everything at once, and never twice at what still hangs."""

    def __init__(self, looks: Mapping[str, Callable[[], None]] = LOOKS) -> None:
        self._looks = looks
        self._lock = threading.Lock()
        self._hanging: dict[str, _Look] = {}
        self._found: dict[str, str] = {}
        self._found_at = float("-inf")

    def ask(self) -> dict[str, str]:
        """Return what is known of each dependency: ``ok``, or in our own words what is wrong."""
        with self._lock:
            if time.monotonic() - self._found_at > KEPT_SECONDS:
                self._found = self._ask()
                self._found_at = time.monotonic()
            return dict(self._found)

    def _ask(self) -> dict[str, str]:
        until = time.monotonic() + SECONDS
        begun = {name: self._hanging.get(name) or _Look(look) for name, look in self._looks.items()}
        self._hanging = {name: look for name, look in begun.items() if not look.wait(until)}
        return {
            name: NO_ANSWER if name in self._hanging else look.found for name, look in begun.items()
        }


def verdict(found: Mapping[str, str]) -> str:
    """Return ``ready``, ``degraded`` or ``not ready`` for what was found."""
    broken = {name for name, state in found.items() if state != OK}
    if broken - DISPENSABLE:
        return "not ready"
    return "degraded" if broken else "ready"
