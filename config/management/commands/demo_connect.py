"""`manage.py demo_connect`: what an owner and members do on the pages, done for a demo.

Reads JSON on standard input, so that no token appears in a process list:
``{"organization": "4821", "access_token": "…", "app_secret": "…", "members": ["223344"]}``.
"""

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.linking.link import LinkRefused, link
from accounts.models import Member
from config.checks.settings import is_local
from integrations.connections.connect import AlreadyConnectedError, connect
from integrations.models import Installation, InstallationKind, Organization
from integrations.targets.errors import TargetError
from integrations.targets.events import keys_of_secret
from integrations.targets.port import Credentials


class Command(BaseCommand):
    """Connect one organization to the sandbox's Workplace and link some of its members."""

    help = "For demos on this machine: connect an organization and link members (JSON on stdin)."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do it by the same functions that the pages call."""
        if not is_local(settings.WORKPLACE_GRAPH_URL):
            raise CommandError("This command talks to the sandbox on this machine only.")
        order = json.load(sys.stdin)
        try:
            organization = Organization.objects.get(ovice_id=order["organization"])
            installation = self.connect(organization, order)
            for ovice_id in order.get("members", []):
                link(Member.objects.get(organization=organization, ovice_id=ovice_id), installation)
        except (Organization.DoesNotExist, Member.DoesNotExist):
            raise CommandError("ovice has not told about that organization or member.") from None
        except (TargetError, AlreadyConnectedError, LinkRefused) as error:
            raise CommandError(str(error)) from None
        word = keys_of_secret(installation.app_secret or "").verify_token
        self.stdout.write(json.dumps({"installation": str(installation.pk), "verify_token": word}))

    def connect(self, organization: Organization, order: dict[str, Any]) -> Installation:
        """Connect with the pasted token."""
        return connect(
            organization,
            target="workplace",
            kind=InstallationKind.CUSTOM,
            credentials=Credentials(order["access_token"], order.get("app_secret", "")),
        )
