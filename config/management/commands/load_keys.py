"""`manage.py load_keys FILE`: the data keys again, after a backup was restored."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from integrations.keyfile import load_keys
from integrations.removal import remove_restored


class Command(BaseCommand):
    """Put the newest data keys beside a restored database."""

    help = (
        "After a restore: take the data keys from the newest FILE of save_keys. Organizations "
        "without a key there were purged after the backup; --purge has them purged again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file's path, and whether to purge what should be gone."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--purge", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load, and tell which organizations should not be here."""
        loaded, gone = load_keys(options["file"])
        self.stdout.write(f"{loaded} keys loaded")
        for organization in gone:
            self.stdout.write(f"organization {organization.pk} has no key: it was purged")
            if options["purge"]:
                remove_restored(organization)
