"""Whether each migration can run while the version before it still serves; part of `make check`.

django-migration-linter reads the SQL that PostgreSQL would be given. It runs on the PostgreSQL of
DATABASE_URL, else on one of its own in a temporary folder, else, where there are no binaries of
PostgreSQL, on SQLite, whose SQL shows less; it says which.
"""

import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

# Older than the first release: no instance has ever run under them. Never add to this list: give a
# new column that may not be null a `db_default`; renames and drops go over two releases.
BEFORE_THE_FIRST_RELEASE = {
    ("accounts", "0004_link_upkeep"),
    ("accounts", "0005_member_email_hash"),
    ("accounts", "0007_link_unresolved"),
    ("integrations", "0002_organization_settings"),
    ("integrations", "0006_generations"),
    ("integrations", "0010_health"),
    ("integrations", "0012_removal_user_ids"),
    ("integrations", "0014_removal_request_hash"),
    ("messaging", "0003_parts_echoed"),
    ("messaging", "0005_relay_speed"),
    ("messaging", "0007_replay"),
}
OURS = ("config", "messaging", "accounts", "integrations")


def lint() -> int:
    """Print what is found and return how many migrations, or entries of the list, are wrong."""
    from django.apps import apps  # noqa: PLC0415 - the settings come first
    from django_migration_linter import MigrationLinter  # noqa: PLC0415 - needs Django set up

    class Linter(MigrationLinter):
        def should_ignore_migration(
            self, app_label: str, migration_name: str, *details: Any, **named: Any
        ) -> bool:
            """Leave out what is older than the first release."""
            listed = (app_label, migration_name) in BEFORE_THE_FIRST_RELEASE
            usual = super().should_ignore_migration
            return listed or usual(app_label, migration_name, *details, **named)

    labels = [config.label for config in apps.get_app_configs() if config.name in OURS]
    linter = Linter(include_apps=labels, no_cache=True, quiet=["ok", "ignore"])
    linter.lint_all_migrations()
    gone = BEFORE_THE_FIRST_RELEASE - set(linter.migration_loader.disk_migrations)
    for app, name in sorted(gone):
        sys.stdout.write(f"{app} {name} is listed and does not exist\n")
    return int(linter.nb_erroneous) + len(gone)


def main() -> int:
    """Find a database, set Django up on it and lint."""
    with ExitStack() as running:
        if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
            folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
            os.environ["DATABASE_URL"] = own_database(folder, running)
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        import django  # noqa: PLC0415 - DATABASE_URL comes first
        from django.db import connection, connections  # noqa: PLC0415 - needs Django set up

        django.setup()
        sys.stdout.write(f"migrations, as {connection.vendor} would run them:\n")
        try:
            return 1 if lint() else 0
        finally:
            connections.close_all()


def own_database(folder: Path, running: ExitStack) -> str:
    """Return the address of a PostgreSQL that ends with ``running``, or else of an SQLite file."""
    from bench.cluster import Cluster  # noqa: PLC0415 - only needed here

    try:
        return running.enter_context(Cluster(folder)).url()
    except RuntimeError as error:
        sys.stdout.write(f"{error}\n")
        return f"sqlite:///{folder / 'empty.sqlite3'}"


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    sys.exit(main())
