"""`manage.py rotate_keys`: everything under the newest master key, while the service runs."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.members.rehash import hash_addresses_anew, stale_addresses
from accounts.signin.adapters import reseal_second_factors, stale_second_factors
from config.keys.protected import protected_by_key
from config.keys.rewrap import Column, Count, rotate, wrapped_columns
from integrations.encryption.master_keys import KeyMissingError, UnreadableError

_EVERY = 100


class Command(BaseCommand):
    """Re-wrap data keys and secrets, and hash addresses anew."""

    help = (
        "Put a new key in front of ENCRYPTION_KEYS on every process, then run this. It may be "
        "interrupted and started again. When it says that an older key protects nothing any more, "
        "take that key out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Let the operator look first."""
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Go through every column, then tell what each key still protects."""
        dry_run = bool(options["dry_run"])
        try:
            for column in wrapped_columns():
                self._rotate(column, dry_run=dry_run)
            if dry_run:
                self.stdout.write(f"addresses: {stale_addresses().count()} to hash anew")
                self.stdout.write(f"second factors: {len(stale_second_factors())} to seal anew")
            else:
                self._hash_addresses()
                self._reseal_second_factors()
        except (KeyMissingError, UnreadableError) as error:
            raise CommandError(f"Stopped: {error} What was done before stays done.") from None
        for name, count in sorted(protected_by_key().items()):
            self.stdout.write(f"key {name} protects {count} values")

    def _rotate(self, column: Column, *, dry_run: bool) -> None:
        count = Count(0, 0)
        for count in rotate(column, dry_run=dry_run):
            if count.stale % _EVERY == 0:
                self.stdout.write(f"{column}: {count.stale} …")
        word = "to re-wrap" if dry_run else "re-wrapped"
        self.stdout.write(f"{column}: {count.stale if dry_run else count.rewrapped} {word}")

    def _hash_addresses(self) -> None:
        done = 0
        while hashed := hash_addresses_anew():
            done += hashed
            self.stdout.write(f"addresses: {done} hashed anew …")
        self.stdout.write(f"addresses: {done} hashed anew")

    def _reseal_second_factors(self) -> None:
        """Go on as long as that helps: a code that is used meanwhile leaves its row as it was."""
        done = 0
        while resealed := reseal_second_factors():
            done += resealed
        self.stdout.write(f"second factors: {done} sealed anew")
