"""`manage.py app_listing`: what to enter on the page of the Workplace app."""

from typing import Any

from django.core.management.base import BaseCommand

from config.public_pages.listing import listing


class Command(BaseCommand):
    """Print the app's entry, field by field."""

    help = "Print what to enter on the page of the third-party app in Workplace."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print one line for each field."""
        for name, value in listing().fields().items():
            self.stdout.write(f"{name}: {value}")
