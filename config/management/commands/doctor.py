"""`manage.py doctor`: one page saying what is wrong with this deployment, and what to do."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.health.answers import Verdict
from config.health.questions import NAMES, examine

_NAME = max(map(len, NAMES))


class Command(BaseCommand):
    """Examine settings, data, processes and what is reached over the network."""

    help = (
        "Say on one page what is wrong with this deployment and what to do; changes nothing. Exits "
        "with 1 if something is BAD; a `warn` alone is 0. Prints ids, never a secret."
    )
    # Their findings belong on the page, and must not keep it from being written.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Let the operator choose what to examine."""
        parser.add_argument(
            "--only", nargs="+", metavar="NAME", help=f"of: {', '.join(NAMES)}", default=[]
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="only name what would be examined; calls nobody"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print each answer as soon as it is there."""
        names = options["only"] or NAMES
        if unknown := [name for name in names if name not in NAMES]:
            raise CommandError(f"There is no {unknown[0]}; there are: {', '.join(NAMES)}.")
        counts: Counter[Verdict] = Counter()
        for name in names:
            if options["dry_run"]:
                self.stdout.write(name)
                continue
            for answer in examine(name):
                counts[answer.verdict] += 1
                self.stdout.write(f"{answer.verdict:<5}{name:<{_NAME}}  {answer.text}")
                if answer.verdict != Verdict.WELL:
                    self.stdout.write(f"{'':<{5 + _NAME}}  -> {answer.remedy}")
                self.stdout.flush()
        if counts[Verdict.BAD]:
            raise CommandError(f"{counts[Verdict.BAD]} things are wrong.")
        if not options["dry_run"]:
            self.stdout.write(f"Nothing is wrong; {counts[Verdict.DOUBTFUL]} warnings.")
