"""Questions about what a process depends on: settings, database, keys, clock and broker."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.conf import settings
from django.core import checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.timezone import now
from redis import exceptions as redis

from config.checks.settings import in_production
from config.health.answers import Answer, bad, doubtful, well
from config.keys.protected import protected_by_key
from integrations.encryption.master_keys import (
    KeyMissingError,
    UnreadableError,
    key_id,
    parse_key,
)
from integrations.models import DataKey
from messaging.monitoring.components import use_broker

# Leases and due times compare clocks of several machines; the shortest pause is five seconds.
LARGEST_SKEW_SECONDS = 5.0
_PUT_BACK = "Put that key back behind the newest one; without it they are lost."

# The meaning of an exception, the first that fits; its own words may hold addresses.
_REFUSALS: Mapping[type[Exception], str] = {
    redis.ReadOnlyError: "follows another server and refuses to write",
    redis.OutOfMemoryError: "has no memory left",
    redis.BusyLoadingError: "is still loading",
    redis.AuthenticationError: "refuses our password, or wants one",
    redis.NoPermissionError: "does not let us write",
    redis.ResponseError: "refuses to write",
    redis.RedisError: "cannot be reached",
    OSError: "cannot be reached",
}


def ask_settings() -> Iterator[Answer]:
    """Repeat what the system checks say."""
    # On this machine alone, without TLS, they would only complain of that.
    found = checks.run_checks(include_deployment_checks=in_production())
    for one in found:
        if one.is_silenced():
            continue
        remedy = one.hint or "See the table of ids in docs/operations.md."
        say = bad if one.level >= checks.ERROR else doubtful
        yield say(f"{one.id}: {one.msg}", remedy)
    if not found:
        yield well("no system check complains")


def ask_database() -> Iterator[Answer]:
    """Ask whether it answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchall()
    yield well(f"{connection.vendor} answers")


def ask_migrations() -> Iterator[Answer]:
    """Ask whether the tables are those this version needs."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        remedy = f"Run `manage.py migrate`: {len(missing)} are missing, first {missing[0][0]}."
        yield bad("some are not applied: run `manage.py migrate`", remedy)
    else:
        yield well("all are applied")


def ask_keys() -> Iterator[Answer]:
    """Ask whether keys are there, well-formed, and open one organization's data key."""
    if not settings.ENCRYPTION_KEYS:
        yield bad("ENCRYPTION_KEYS is empty", _PUT_BACK)
        return
    try:
        for key in settings.ENCRYPTION_KEYS:
            parse_key(key)
    except ValueError:
        yield bad("ENCRYPTION_KEYS holds a malformed key", _PUT_BACK)
        return
    newest = DataKey.objects.order_by("-pk").first()
    try:
        if newest is not None:
            newest.unwrap()
    except (KeyMissingError, UnreadableError):
        yield bad("what is stored cannot be opened with ENCRYPTION_KEYS", _PUT_BACK)


def ask_key_use() -> Iterator[Answer]:
    """Ask whether every stored secret can be read with the keys at hand; counts them all."""
    known = [key_id(parse_key(key)).hex() for key in settings.ENCRYPTION_KEYS]
    counts = protected_by_key()
    unknown = sorted(set(counts) - set(known))
    for name in unknown:
        text = f"{counts[name]} values are under key {name}, which is not in ENCRYPTION_KEYS"
        yield bad(text, _PUT_BACK)
    for name in known[1:]:
        if name in counts:
            text = f"{counts[name]} values are still under the older key {name}"
            yield doubtful(text, "Run `manage.py rotate_keys`.")
        else:
            text = f"the older key {name} protects nothing stored here"
            yield doubtful(text, "Take it out once no backup that you keep needs it.")
    if not unknown:
        yield well(f"all {counts.total()} wrapped values can be read")


def ask_clock() -> Iterator[Answer]:
    """Compare this machine's clock with the database's."""
    if abs(skew()) > LARGEST_SKEW_SECONDS:
        text = f"more than {LARGEST_SKEW_SECONDS:g} s off the database's"
        yield bad(text, f"Set both clocks by NTP: they differ by {abs(skew()):.0f} s.")


def skew() -> float:
    """Return by how many seconds our clock is ahead of the database's; SQLite's is our own."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        ((theirs,),) = cursor.fetchall()
    assert isinstance(theirs, datetime)  # noqa: S101 - what the driver promises
    return (now() - theirs).total_seconds()


def ask_broker() -> Iterator[Answer]:
    """Ask whether Redis takes a value: one that only answers may be full, or follow another."""
    try:
        use_broker()
    except tuple(_REFUSALS) as error:
        text = next(text for kind, text in _REFUSALS.items() if isinstance(error, kind))
        yield bad(text, "See that the server of REDIS_URL runs, and its password.")
    else:
        yield well("takes and gives back a value")
