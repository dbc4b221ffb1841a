"""`manage.py load_keys FILE`: the data keys again, after a backup was restored."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.members.erasure import brought_back, erase_member
from config.keys.backup import KeyFileError, read_keys
from config.keys.restore import Plan, carry_out, plan_of
from integrations.removal.uninstall import remove_restored


class Command(BaseCommand):
    """Put the newest data keys beside a restored database."""

    help = (
        "After a restore: take the data keys from the newest FILE of save_keys, and repeat the "
        "removals and erasures that came after the backup. Organizations without a key there were "
        "purged since; --purge has them purged again. It says first what it is going to do, and "
        "refuses a file that does not seem to be the newest."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file's path, and how far to go."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--purge", action="store_true", help="purge again what was purged")
        parser.add_argument("--dry-run", action="store_true", help="say it, change nothing")
        parser.add_argument(
            "--anyway", action="store_true", help="use a file although it seems to be a wrong one"
        )

    @transaction.atomic
    def handle(self, *_args: Any, **options: Any) -> None:
        """Tell what is going to happen, and do it."""
        try:
            file = read_keys(options["file"])
        except KeyFileError as error:
            raise CommandError(f"{error} Nothing was changed.") from None
        plan = plan_of(file)
        self._tell(plan)
        if options["dry_run"]:
            self.stdout.write("nothing was changed")
            return
        if plan.doubts and not options["anyway"]:
            raise CommandError("Nothing was changed; --anyway would use this file all the same.")
        members = brought_back(plan.repeats)
        carry_out(plan)
        for member in members:
            erase_member(member)
        if options["purge"]:
            for organization in plan.gone:
                remove_restored(organization)
        self.stdout.write(f"{len(plan.keys)} keys loaded")

    def _tell(self, plan: Plan) -> None:
        """Name every organization that should not be here, or that cannot be read."""
        self.stdout.write(f"{len(plan.keys)} keys to load, {len(plan.destroyed)} to destroy")
        connections = sum(each.installation is not None for each in plan.repeats)
        self.stdout.write(
            f"{len(plan.repeats)} later removals to put back, {connections} connections to remove "
            f"again, {len(brought_back(plan.repeats))} members to erase again"
        )
        for organization in plan.gone:
            self.stdout.write(f"organization {organization.pk} has no key: it was purged")
        for organization in plan.newer:
            self.stdout.write(f"organization {organization.pk} has no key: newer than the file")
        for doubt in plan.doubts:
            self.stdout.write(f"this does not seem to be the newest file of keys: {doubt}")
