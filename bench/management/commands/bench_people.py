"""`manage.py bench_people`: organizations with linked members, as rows; prints who they are."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from bench.tenants import APP_SECRET
from tests.factories import make_installation, make_link, make_member


class Command(BaseCommand):
    """Make tenants."""

    help = "For benchmarks: make organizations with linked members."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say how many."""
        parser.add_argument("--organizations", type=int, default=1)
        parser.add_argument("--recipients", type=int, default=100, help="in each organization")

    @transaction.atomic
    def handle(self, *_args: Any, **options: Any) -> None:
        """Make them and print a JSON list of organizations with their members' ids in ovice."""
        made = [tenant(options["recipients"]) for _ in range(options["organizations"])]
        self.stdout.write(json.dumps(made))


def tenant(recipients: int) -> dict[str, Any]:
    """Make one organization and return its id and its members' ids, as ovice knows them."""
    installation = make_installation()
    # Every call to the real platform carries a proof made with it.
    installation.app_secret = APP_SECRET
    installation.bot_id = f"{installation.pk.int % 10**15}"
    installation.save()
    links = [
        make_link(installation, make_member(installation.organization)) for _ in range(recipients)
    ]
    return {
        "organization": installation.organization.ovice_id,
        "recipients": [link.member.ovice_id for link in links],
        "installation": str(installation.pk),
        "bot": installation.bot_id,
    }
