"""`manage.py replay`: send once more what was given up, for example during an outage."""

from argparse import ArgumentParser
from collections import Counter
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware

from integrations.models import Organization
from messaging.delivery.replay import Window, replay


class Command(BaseCommand):
    """Replay the dead letters of an organization, a window of time, a reason."""

    help = (
        "Send once more what was given up and has not expired: in order, spread out, each once. "
        "Narrow it down by organization, time or reason; --dry-run only counts."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what narrows the choice down."""
        parser.add_argument("--organization", default="", help="ovice's id of one organization")
        parser.add_argument("--since", type=_time, help="given up at or after, 2026-01-31T09:00Z")
        parser.add_argument("--until", type=_time, help="given up before")
        parser.add_argument("--reason", default="", help="only this reason, such as unknown")
        parser.add_argument("--unconfirmed-too", action="store_true", help="may arrive twice")
        parser.add_argument("--per-second", type=float, default=5.0, help="at most so many")
        parser.add_argument("--dry-run", action="store_true", help="only say how many there are")

    def handle(self, **options: Any) -> None:
        """Count or replay."""
        if options["per_second"] <= 0:
            raise CommandError("--per-second must be more than 0.")
        window = Window(
            organization_id=_organization_id(options["organization"]),
            since=options["since"],
            until=options["until"],
            reason=options["reason"],
            unconfirmed_too=options["unconfirmed_too"],
        )
        chosen = window.deliveries()
        if options["dry_run"]:
            reasons = Counter(chosen.values_list("reason", flat=True))
            self.stdout.write(f"{reasons.total()} deliveries would be replayed.")
            for reason, count in sorted(reasons.items()):
                self.stdout.write(f"  {reason}: {count}")
            return
        count = replay(chosen, per_second=options["per_second"], progress=self._say)
        self.stdout.write(f"{count} deliveries are being replayed.")

    def _say(self, taken: int) -> None:
        self.stdout.write(f"{taken} …")
        self.stdout.flush()


def _organization_id(ovice_id: str) -> Any:
    if not ovice_id:
        return None
    found = Organization.objects.filter(ovice_id=ovice_id).first()
    if found is None:
        raise CommandError("There is no such organization.")
    return found.pk


def _time(value: str) -> datetime:
    moment = parse_datetime(value)
    if moment is None or not is_aware(moment):
        raise CommandError("A time looks like 2026-01-31T09:00Z, with its zone.")
    return moment
