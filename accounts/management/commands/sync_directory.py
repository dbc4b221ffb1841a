"""`manage.py sync_directory`: read an organization's people and spaces from ovice now."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.directory.schedule import confirm, sync
from accounts.models import DirectorySync
from integrations.models import Organization

REASONS = {
    "no_answer": "ovice did not answer in time",
    "server_error": "ovice is in trouble or asks for patience",
    "key_refused": "ovice refuses OVICE_DIRECTORY_KEY",
    "unknown_organization": "ovice does not know this organization",
    "unexpected_answer": "ovice gave an answer that is not in the contract",
    "malformed": "ovice's answer is not a directory",
    "other_organization": "ovice answered about another organization",
    "always_changing": "the directory changed each time while it was read",
    "endless": "the pages have no end",
    "too_slow": "it took too long",
}


class Command(BaseCommand):
    """Read the directory of one organization, or of all."""

    help = "Read people and spaces from ovice now; --confirm lets as many go as it last stopped at."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the organization and whether a stopped pass is confirmed."""
        parser.add_argument("organization", nargs="?", help="ovice's id; all if left out")
        parser.add_argument("--confirm", action="store_true", help="let those go who are missing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Work on each and print a sentence."""
        if not settings.OVICE_DIRECTORY_URL:
            raise CommandError("Set OVICE_DIRECTORY_URL and OVICE_DIRECTORY_KEY first.")
        found = Organization.objects.filter(removed_at=None).order_by("ovice_id")
        if options["organization"]:
            found = found.filter(ovice_id=options["organization"])
            if not found:
                raise CommandError("There is no such organization.")
        if options["confirm"] and not options["organization"]:
            raise CommandError("Name the organization whose people may go.")
        for organization in found:
            self.work_on(organization, confirmed=options["confirm"])

    def work_on(self, organization: Organization, *, confirmed: bool) -> None:
        """Read one directory and say what came of it."""
        if confirmed:
            confirm(organization)
        applied = sync(organization)
        said = f"{organization.ovice_id}: "
        row = DirectorySync.objects.get(organization=organization)
        if applied:
            said += f"{applied.members} people; {applied.added} added, {applied.changed} changed, "
            said += f"{applied.removed} removed, {applied.unreadable} could not be read."
        elif row.failure:
            said += f"nothing was changed: {REASONS[row.failure]}."
        else:
            said += f"stopped, since {row.leaving} of {row.present} people are missing. "
            said += "If they are to go, run this again with --confirm."
        self.stdout.write(said)
