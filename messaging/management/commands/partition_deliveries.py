"""`manage.py partition_deliveries`: one table of deliveries and attempts per week."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.utils.timezone import now

from messaging.partitions import TABLES, is_partitioned, partition, partitions


class Command(BaseCommand):
    """Turn the relay's two fastest growing tables into partitioned ones."""

    help = (
        "Keep deliveries and attempts in one table per week, so that old weeks are dropped instead "
        "of deleted row by row. PostgreSQL only; everything goes on meanwhile but for a moment. "
        "docs/capacity.md says when it pays, and what it changes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --dry-run."""
        parser.add_argument("--dry-run", action="store_true", help="only say how it stands")

    def handle(self, **options: Any) -> None:
        """Partition, unless that is done already, and list the partitions."""
        if connection.vendor != "postgresql":
            raise CommandError("Only PostgreSQL has partitions.")
        if not is_partitioned() and not options["dry_run"]:
            try:
                partition(now())
            except OperationalError as error:
                raise CommandError(f"Nothing was changed; try again. {error}".strip()) from None
        if not is_partitioned():
            self.stdout.write("The tables are not partitioned.")
            return
        for table in TABLES:
            for each in partitions(table):
                self.stdout.write(f"{each.name}: until {each.end:%Y-%m-%d}")
