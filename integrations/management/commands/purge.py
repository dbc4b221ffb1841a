"""`manage.py purge`: delete now what is due, instead of waiting for beat."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from integrations.models.removal import Removal
from integrations.removal.alerts import trouble_of
from integrations.removal.data_map import aged, subject_of, tables
from integrations.removal.purge import purge
from integrations.removal.retention import old_rows, purge_aged


class Command(BaseCommand):
    """Purge removals whose time has come, and rows that have been kept long enough."""

    help = (
        "Delete what is due: what was removed and whose grace period is over, and what is older "
        "than RETENTION allows. Beat does this by itself: run it to see what there is (--dry-run), "
        "or after a purge that failed. It may be interrupted and started again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Let the operator look first, and choose."""
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")
        parser.add_argument("--only", choices=("removed", "aged"), help="one of the two alone")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do both, or what was asked for."""
        dry_run, only = options["dry_run"], options["only"]
        failed = 0
        if only != "aged":
            failed = self._removed(dry_run=dry_run)
        if only != "removed":
            self._aged(dry_run=dry_run)
        if failed:
            raise CommandError(f"{failed} removals could not be purged; see the error in the log.")

    def _removed(self, *, dry_run: bool) -> int:
        """Go through what is due; return how many removals failed."""
        failed = 0
        for removal in Removal.objects.ready(now()):
            trouble = trouble_of(removal, now())
            self._say(f"removal {removal.pk}: due {removal.due_at:%Y-%m-%d}{_named(trouble)}")
            if dry_run:
                self._count(removal)
            else:
                failed += not self._purge(removal)
        waiting = Removal.objects.open().filter(purge_at__gt=now()).order_by("purge_at")
        for removal in waiting:
            self._say(f"removal {removal.pk}: waits until {removal.purge_at:%Y-%m-%d %H:%M} UTC")
        return failed

    def _count(self, removal: Removal) -> None:
        if not removal.scope:
            self._say("  whether the whole organization goes is decided when the purge begins")
            return
        subject = subject_of(removal)
        for table in tables():
            if rows := table.count(subject):
                self._say(f"  {table.model}: {rows}")

    def _purge(self, removal: Removal) -> bool:
        slice_seconds = settings.PURGE_TIME_SLICE.total_seconds()
        try:
            while not purge(removal, seconds=slice_seconds):
                if not Removal.objects.open().filter(pk=removal.pk).exists():
                    break
                self._say("  going on …")
        except Exception as error:  # noqa: BLE001 - the next one is another customer's
            self.stderr.write(f"  failed: {type(error).__name__}")
            return False
        self._say("  purged")
        return True

    def _aged(self, *, dry_run: bool) -> None:
        gone: Counter[str] = Counter()
        if dry_run:
            gone.update({entry.model: old_rows(entry, now()).count() for entry in aged()})
        else:
            is_left = True
            while is_left:
                turn = purge_aged(seconds=settings.PURGE_TIME_SLICE.total_seconds())
                is_left = turn.is_left
                gone.update(turn.gone)
                if turn.gone:
                    self._say(f"aged: {gone.total()} rows …")
        for model, rows in gone.items():
            if rows:
                self._say(f"aged {model}: {rows}{' would go' if dry_run else ' gone'}")
        if not gone.total():
            self._say("aged: nothing")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _named(trouble: str | None) -> str:
    return f" ({trouble})" if trouble else ""
