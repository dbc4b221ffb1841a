"""`manage.py canary`: a test message again and again to a member who agreed to it."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Link, Member
from messaging.models import Canary
from messaging.monitoring.canary import canaries, switch_off, switch_on

_SHORTEST_MINUTES = 5


class Command(BaseCommand):
    """Switch the canary of an organization on or off, or list them all."""

    help = (
        "Send a test message so often to one linked member who has agreed to it, by the whole way "
        "of a direct message, and alarm when one is late. Without arguments: list them, and how "
        "long the last took. It ends with the member's link."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name organization and member."""
        parser.add_argument("organization", nargs="?", help="its id in ovice")
        parser.add_argument("member", nargs="?", help="the member's id in ovice")
        parser.add_argument("--every", type=int, default=15, help="minutes, at least 5 (15)")
        parser.add_argument("--agreed", action="store_true", help="the member has agreed to it")
        parser.add_argument("--off", action="store_true", help="send no more")
        parser.add_argument("--dry-run", action="store_true", help="check, change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what was asked for and say so."""
        if not options["organization"]:
            self._list()
        elif options["off"]:
            self._off(options["organization"], dry_run=options["dry_run"])
        else:
            self._on(options)

    def _list(self) -> None:
        found = list(canaries())
        for canary in found:
            took = canary.last_latency()
            words = "not arrived" if took is None else f"{took.total_seconds():.1f} s"
            minutes = canary.every.total_seconds() / 60
            self.stdout.write(
                f"{canary.organization.ovice_id} to {canary.member.ovice_id}, every "
                f"{minutes:.0f} minutes; the last: {words}"
            )
        if not found:
            self.stdout.write("There is none.")

    def _off(self, organization: str, *, dry_run: bool) -> None:
        canary = Canary.objects.filter(organization__ovice_id=organization).first()
        if canary is None:
            raise CommandError("This organization has none.")
        if not dry_run:
            switch_off(canary)
        self.stdout.write("It would end." if dry_run else "It has ended.")

    def _on(self, options: dict[str, Any]) -> None:
        if options["every"] < _SHORTEST_MINUTES:
            raise CommandError(f"--every must be at least {_SHORTEST_MINUTES}.")
        member = Member.objects.filter(
            organization__ovice_id=options["organization"],
            ovice_id=options["member"] or "",
            removed_at=None,
        ).first()
        if member is None or not Link.objects.filter(member=member, removed_at=None).exists():
            raise CommandError("There is no such member with a link in this organization.")
        if not options["agreed"]:
            raise CommandError("Ask the member first; then give --agreed.")
        if not options["dry_run"]:
            switch_on(member, every=timedelta(minutes=options["every"]))
        words = "would get" if options["dry_run"] else "gets"
        self.stdout.write(f"The member {words} a test message every {options['every']} minutes.")
