"""`manage.py bench_obvious`: DMs of the obvious design, each with its queued task."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from bench.models import ObviousDm
from bench.obvious import send

RECIPIENTS = 500


class Command(BaseCommand):
    """Make a backlog."""

    help = "For benchmarks: make DMs of the obvious design that wait to be sent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say how many."""
        parser.add_argument("count", type=int)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Store the rows and queue a task for each."""
        made = ObviousDm.objects.bulk_create(
            ObviousDm(recipient=f"{number % RECIPIENTS}", text=f"DM {number}: room B?")
            for number in range(options["count"])
        )
        for dm in made:
            send.delay(dm.pk)
