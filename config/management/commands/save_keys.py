"""`manage.py save_keys FILE`: the data keys, apart from the database's backups."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from config.keys.backup import save_keys


class Command(BaseCommand):
    """Replace a file by today's data keys."""

    help = (
        "Replace FILE by today's data keys, wrapped by the master keys, and the ledger of "
        "removals. Back the database up without the rows of integrations_datakey, and keep only "
        "the newest FILE: so nobody can read in an old backup what has been purged since, and a "
        "restore undoes no removal."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file's path."""
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Save and count."""
        self.stdout.write(f"{save_keys(options['file'])} keys saved")
