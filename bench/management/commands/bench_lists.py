"""`manage.py bench_lists`: open the portal's lists as support and as an owner; print how long."""

import json
import time
from argparse import ArgumentParser
from http import HTTPStatus
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from integrations.models import Organization
from messaging.models import Delivery
from tests.plugins.portal import make_owner, sign_in

TABLES = ("messaging/delivery", "messaging/message", "messaging/attempt")
FOR_STAFF = ("messaging/receivedevent",)
PEOPLE = ("accounts/member", "accounts/link", "integrations/organization")


class Command(BaseCommand):
    """Open every list, page and search a few times."""

    help = "For benchmarks: measure the portal's lists, in this process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say how often."""
        parser.add_argument("--rounds", type=int, default=20)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print, by page and visitor, the seconds of each round and the number of statements."""
        call_command("collectstatic", interactive=False, verbosity=0)
        organization = Organization.objects.order_by("pk")[0]
        support = sign_in(
            User.objects.create_user("support@example.com", is_staff=True), _browser()
        )
        owner = sign_in(make_owner(organization, "owner@example.com"), _browser())
        found = {}
        for who, browser in (("support", support), ("owner", owner)):
            for page in pages(organization, for_staff=who == "support"):
                found[f"{who} {page}"] = measure(browser, page, options["rounds"])
        self.stdout.write(json.dumps(found))


def pages(organization: Organization, *, for_staff: bool) -> list[str]:
    """Return the addresses to open: lists, their last page, filters, searches, a story, home."""
    sample = Delivery.objects.filter(organization=organization).select_related("message")
    delivery = sample.order_by("pk")[1000]
    recipient = delivery.message.recipient_ovice_id
    tables = TABLES + (FOR_STAFF if for_staff else ())
    found = [f"/admin/{table}/" for table in (*tables, *PEOPLE)]
    found += [f"/admin/{table}/?p=20" for table in TABLES]
    found += [f"/admin/{table}/?when=older" for table in TABLES]
    found += [f"/admin/{table}/?q={delivery.message.ovice_id}" for table in TABLES]
    found += [
        f"/admin/messaging/delivery/?q={recipient}",
        f"/admin/messaging/message/?q={recipient}",
    ]
    found += [
        "/admin/messaging/delivery/?state__exact=failed",
        "/admin/messaging/delivery/?reason=recipient_gone",
        "/admin/messaging/message/?skipped_reason=not_linked",
        "/admin/messaging/attempt/?outcome__exact=unconfirmed",
        f"/admin/search/message/{delivery.message_id}/",
        f"/admin/search/member/{delivery.link.member_id}/",
        "/admin/",
    ]
    return found


def _browser() -> Client:
    return Client(SERVER_NAME="127.0.0.1")


def measure(browser: Client, page: str, rounds: int) -> dict[str, Any]:
    """Open one page and return the seconds of each time, and its statements.

    The first time is not counted: it compiles the templates, once in the life of a process.
    """
    browser.get(page)
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        answer = browser.get(page)
        seconds.append(time.perf_counter() - started)
        if answer.status_code != HTTPStatus.OK:
            raise RuntimeError(f"{page} answered {answer.status_code}")
    with CaptureQueriesContext(connection) as queries:
        browser.get(page)
    return {"seconds": seconds, "statements": len(queries)}
