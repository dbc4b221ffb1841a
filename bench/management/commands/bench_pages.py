"""`manage.py bench_pages`: somebody signed in for each kind of page; prints page and session."""

import json
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.urls import reverse

from accounts.models import Link
from messaging.models import Delivery
from tests.plugins.portal import make_owner, sign_in
from tests.plugins.visitor import session_of


class Command(BaseCommand):
    """Sign an owner and a member in."""

    help = "For benchmarks: sign people in and say which pages they would open."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print a JSON object: the path of each page, and the session that opens it."""
        call_command("collectstatic", interactive=False, verbosity=0)
        link = Link.objects.active().order_by("pk")[0]
        organization = link.organization
        owner = sign_in(make_owner(organization, "owner@example.com")).session.session_key
        delivery = Delivery.objects.filter(organization=organization).earliest("sent_at")
        setup = ("admin:integrations_organization_connection", organization.pk, "workplace")
        tables = ("messaging_delivery", "messaging_message", "accounts_member", "accounts_link")
        of_owner = [
            reverse("admin:index"),
            reverse("admin:search"),
            reverse(setup[0], args=setup[1:]),
            reverse("admin:integrations_organization_change", args=[organization.pk]),
            reverse("admin:integrations_organization_stored", args=[organization.pk]),
            reverse("admin:messaging_delivery_change", args=[delivery.pk]),
            *(reverse(f"admin:{table}_changelist") for table in tables),
        ]
        pages = dict.fromkeys(of_owner, owner)
        pages |= dict.fromkeys([reverse("link"), reverse("link_erase")], session_of(link.member))
        pages |= dict.fromkeys(["/", "/privacy/", "/account/sign-in/", "/v1/docs"], "")
        self.stdout.write(json.dumps(pages))
