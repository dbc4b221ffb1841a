"""`manage.py callbacks`: what ovice is to be told, and what it did not take."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from integrations.models import Callback
from integrations.ovice.callbacks import is_stopped, retry_dead_letters


class Command(BaseCommand):
    """Show how the callbacks to ovice stand, and retry those that were given up."""

    help = "Show what waits to be told to ovice and what was given up; --retry tells it again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the one option."""
        parser.add_argument(
            "--retry", action="store_true", help="Tell again everything that was given up."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print sentences a person can act on."""
        if options["retry"]:
            retried = retry_dead_letters(Callback.objects.all())
            self.stdout.write(f"{retried} callbacks will be told again within a minute.")
            return
        letters = Callback.objects.dead_letters().select_related("organization").order_by("pk")
        for letter in letters:
            self.stdout.write(
                f"{letter.given_up_at:%Y-%m-%d %H:%M} {letter.type} of organization "
                f"{letter.organization.ovice_id}: last answer {letter.status or 'none'}"
            )
        self.stdout.write(
            f"{Callback.objects.open().count()} wait, {letters.count()} were given up."
        )
        if is_stopped():
            self.stdout.write(
                "ovice answered 410: nothing is sent until you run this with --retry."
            )
