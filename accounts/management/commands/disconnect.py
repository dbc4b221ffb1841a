"""`manage.py disconnect`: end a connection whose uninstall notice was lost."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from accounts.owners.audit_log import record
from integrations.models import Installation, InstallationState
from integrations.models.removal import RemovalReason
from integrations.removal.uninstall import remove_installation, status_url
from integrations.targets.errors import TokenRejected


class Command(BaseCommand):
    """Remove one connection as its uninstall would have done, or list those in question."""

    help = (
        "Where a target refuses a token for weeks, the app was probably uninstalled there and the "
        "notice lost. Without ids this lists such connections; with them it ends one: the token is "
        "destroyed at once, everything else goes after the grace period, in which a reinstall "
        "keeps the links. Owners are written to."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the ids, and let the operator look first."""
        parser.add_argument("organization", nargs="?", help="the organization's id in ovice")
        parser.add_argument("target", nargs="?", default="workplace", help="the chat target")
        parser.add_argument("--dry-run", action="store_true", help="say what would end")

    def handle(self, *_args: Any, **options: Any) -> None:
        """List, or end one connection and say where its removal can be followed."""
        live = Installation.objects.live().select_related("organization").order_by("attention_at")
        if options["organization"] is None:
            return self._list(live)
        wanted = {
            "organization__ovice_id": options["organization"],
            "target": options["target"],
        }
        installation = live.filter(**wanted).first()
        if installation is None:
            raise CommandError("There is no such connection.")
        if options["dry_run"]:
            links = installation.links.filter(removed_at=None).count()
            return self.stdout.write(f"Connection {installation.pk} with {links} links would end.")
        removal = remove_installation(installation, reason=RemovalReason.UNINSTALLED)
        if removal is None:
            raise CommandError("Somebody else has ended it at this moment.")
        # As on the owner's page: they shall see in the history that it ended.
        record(installation, "disconnected")
        return self.stdout.write(
            f"Ended. Everything is gone by {removal.due_at:%Y-%m-%d}; see\n{status_url(removal)}"
        )

    def _list(self, live: QuerySet[Installation]) -> None:
        refused = live.filter(
            state=InstallationState.ATTENTION, attention_reason=TokenRejected.reason
        )
        for installation in refused:
            since = f"{installation.attention_at:%Y-%m-%d}" if installation.attention_at else "?"
            name = installation.organization.ovice_id
            self.stdout.write(f"{name} {installation.target} refused since {since}")
        if not refused:
            self.stdout.write("No connection's token is refused.")
