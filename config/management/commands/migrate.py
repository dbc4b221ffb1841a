"""`manage.py migrate`, which on PostgreSQL never makes others wait long behind it.

A statement that waits for a lock on a busy table holds up everybody who comes after it. So it waits
a few seconds only, gives way, and tries again; what was migrated before stays.
"""

import time
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangosMigrate
from django.db import OperationalError, connections

# SQLSTATE lock_not_available.
_LOCK_NOT_AVAILABLE = "55P03"
REST_SECONDS = 5.0


class Command(DjangosMigrate):
    """Django's own command with a patience for locks."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Add how long to wait for a lock, and how often to try."""
        super().add_arguments(parser)
        parser.add_argument(
            "--lock-seconds",
            type=float,
            default=3.0,
            help="on PostgreSQL: wait so long for a lock, then give way and try again (default: 3)",
        )
        parser.add_argument(
            "--lock-tries", type=int, default=20, help="give up after so many tries (default: 20)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate; after a lock that did not come in time, rest and go on where it stopped."""
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            super().handle(*args, **options)
            return
        wait = f"{int(options['lock_seconds'] * 1000)}ms"
        for tries_left in reversed(range(options["lock_tries"])):
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [wait])
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if not _came_too_late(error):
                    raise
                if not tries_left:
                    raise CommandError("A table stayed locked; nothing is half done.") from None
                self.stderr.write("A table is locked; trying again.")
                time.sleep(REST_SECONDS)
            else:
                break
            finally:
                with connection.cursor() as cursor:
                    cursor.execute("RESET lock_timeout")


def _came_too_late(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlstate", "") == _LOCK_NOT_AVAILABLE
