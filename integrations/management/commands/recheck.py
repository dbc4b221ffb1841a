"""`manage.py recheck`: check connections live, and say how each of them is."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.connections.health import health_of, recheck
from integrations.models import Installation


class Command(BaseCommand):
    """Check the connections of some organizations, or all."""

    help = "Check connections live; attention ends by itself where the check succeeds."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the organizations' ids in ovice."""
        parser.add_argument("organization", nargs="*", help="ids in ovice; all if none is given")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what is known of them, call nobody"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one line for each connection: organization, target, light, reason."""
        live = Installation.objects.live().select_related("organization").order_by("pk")
        wanted = options["organization"]
        if wanted:
            live = live.filter(organization__ovice_id__in=wanted)
        if wanted and not live:
            raise CommandError("None of these organizations has a connection.")
        look = health_of if options["dry_run"] else recheck
        count = live.count()
        for number, installation in enumerate(live.iterator(chunk_size=100), start=1):
            health = look(installation)
            reason = health.reason or "ok"
            ovice_id = installation.organization.ovice_id
            said = f"{ovice_id} {installation.target} {health.light} {reason}"
            self.stdout.write(f"{number}/{count} {said}")
            self.stdout.flush()
