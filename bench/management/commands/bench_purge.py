"""`manage.py bench_purge`: purge one organization, and say how fast and in how much memory."""

import json
import resource
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from integrations.models import Installation
from integrations.models.removal import Removal
from integrations.removal.purge import purge
from integrations.removal.uninstall import purge_now, remove_installation


class Command(BaseCommand):
    """Remove an organization's connection and purge everything of it, at once."""

    help = "For benchmarks: purge one organization to its end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say whose rows go."""
        parser.add_argument("organization", help="its id in ovice")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print rows, seconds and the growth of memory in KiB as JSON."""
        installation = Installation.objects.live().get(
            organization__ovice_id=options["organization"]
        )
        removal = remove_installation(installation)
        if removal is None:
            return
        purge_now(removal)
        before = _memory()
        started = time.monotonic()
        purge(removal)
        seconds = time.monotonic() - started
        tables = Removal.objects.get(pk=removal.pk).progress
        rows = sum(counts["before"] for counts in tables.values())
        found = {"rows": rows, "seconds": seconds, "grown_kib": _memory() - before}
        self.stdout.write(json.dumps(found))


def _memory() -> int:
    """Return the most memory that this process has had, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
