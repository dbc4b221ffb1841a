"""`manage.py sweep`: what beat has done every few seconds, done once by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from messaging import sweep


class Command(BaseCommand):
    """Wake what is due, end what is too old, and erase what may go."""

    help = (
        "Wake every lane with something due, expire what is too old, cancel what belongs to "
        "nobody, erase texts that nothing needs. The workers do the sending. Beat does this by "
        "itself: run it to see what there is (--dry-run), or while beat is down. Doing it twice "
        "does no harm."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Let the operator look first."""
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Count or sweep, and say each step's number as soon as it is done."""
        if options["dry_run"]:
            for what, count in sweep.count().items():
                self.stdout.write(f"{what}: {count}")
            return
        for what, count in sweep.sweep_all():
            self.stdout.write(f"{what}: {count}")
            self.stdout.flush()
