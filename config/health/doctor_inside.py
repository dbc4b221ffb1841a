"""Settings, database and keys."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.core import checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.timezone import now

from config.checks.settings import in_production
from config.health.doctor_answers import Answer, bad, doubtful, well
from config.keys.protected import protected_by_key
from integrations.encryption.master_keys import key_id, parse_key

# Signatures and launch tokens allow for minutes; what differs by more than this is set wrong.
CLOCK_TOLERANCE = timedelta(seconds=10)


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
    """Ask whether it answers and what time it has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    yield well(f"{connection.vendor} answers")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (there,) = cursor.fetchone() or (now(),)
        apart = abs(there - now())
        if apart > CLOCK_TOLERANCE:
            text = f"its clock and this machine's differ by {apart.total_seconds():.0f} s"
            yield bad(text, "Set both clocks by NTP.")


def ask_migrations() -> Iterator[Answer]:
    """Ask whether the tables are those this version needs."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        text = f"{len(missing)} migrations are not applied, first {missing[0][0]}"
        yield bad(text, "Run `manage.py migrate`.")
    else:
        yield well("all are applied")


def ask_keys() -> Iterator[Answer]:
    """Ask whether every stored secret can be read with the keys at hand."""
    known = [key_id(parse_key(key)).hex() for key in settings.ENCRYPTION_KEYS]
    counts = protected_by_key()
    for name in sorted(set(counts) - set(known)):
        text = f"{counts[name]} values are under key {name}, which is not in ENCRYPTION_KEYS"
        yield bad(text, "Put that key back behind the newest one; without it they are lost.")
    for name in known[1:]:
        if name in counts:
            text = f"{counts[name]} values are still under the older key {name}"
            yield doubtful(text, "Run `manage.py rotate_keys`.")
        else:
            text = f"the older key {name} protects nothing stored here"
            yield doubtful(text, "Take it out once no backup that you keep needs it.")
    if not set(counts) - set(known):
        yield well(f"all {sum(counts.values())} wrapped values can be read")
