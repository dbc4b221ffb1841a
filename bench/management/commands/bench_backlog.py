"""`manage.py bench_backlog`: DMs that were accepted and wait, as one transaction, then a sweep."""

from argparse import ArgumentParser
from datetime import timedelta
from itertools import cycle, islice
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.utils.timezone import now

from accounts.models import Link
from messaging.delivery.content import Content
from messaging.delivery.wakeups import sweep
from messaging.models import Delivery, Message, lane_number

BATCH = 2_000


class Command(BaseCommand):
    """Make a backlog, round robin over the recipients."""

    help = "For benchmarks: make DMs that wait to be relayed, and wake the lanes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say how many, from which number on, and whose."""
        parser.add_argument("count", type=int)
        parser.add_argument("--first", type=int, default=0, help="number of the first DM")
        parser.add_argument("--organization", default="", help="its id in ovice; empty: all")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Store the rows at once, refresh the planner's statistics, and wake the lanes."""
        links = Link.objects.select_related("member", "organization").order_by("account_id")
        if options["organization"]:
            links = links.filter(organization__ovice_id=options["organization"])
        first, count = options["first"], options["count"]
        turns = list(zip(range(first, first + count), islice(cycle(links), count), strict=True))
        with transaction.atomic():
            for start in range(0, count, BATCH):
                store([waiting(number, link) for number, link in turns[start : start + BATCH]])
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("analyze")
        sweep(now())


def waiting(number: int, link: Link) -> tuple[Message, Delivery]:
    """Return one DM that waits, not yet stored."""
    # All in the past, and each a moment after the one before.
    sent_at = now() - timedelta(minutes=10) + timedelta(microseconds=number)
    message = Message(
        organization=link.organization,
        event_id=f"evt_backlog_{number}",
        ovice_id=f"msg-backlog-{number}",
        recipient_ovice_id=link.member.ovice_id,
        sent_at=sent_at,
    )
    message.content = Content("Taro", "Tokyo HQ", f"DM {number}: room B?", 0, "").to_json()
    delivery = Delivery(
        organization=link.organization,
        message=message,
        installation_id=link.installation_id,
        link=link,
        lane=lane_number(link.pk, settings.RELAY_LANES),
        sent_at=sent_at,
        due_at=sent_at,
        expires_at=now() + timedelta(hours=24),
    )
    return message, delivery


def store(rows: list[tuple[Message, Delivery]]) -> None:
    """Store some of them."""
    Message.objects.bulk_create([message for message, _ in rows])
    Delivery.objects.bulk_create([delivery for _, delivery in rows])
