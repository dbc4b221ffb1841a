"""Delivery of callbacks to ovice: signed, in order for each organization, with retries.

The rows are the truth. Which one is next is found in them each time, so that a worker which dies
loses nothing: its claim runs out, and the callback is told again under the same id.
"""

import json
import random
import time
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import Q
from django.utils.timezone import now

from core.ids import rfc3339
from integrations.models import Callback
from integrations.ovice.callbacks import GONE, wake
from integrations.ovice.client import NoAnswer, Reply, call_ovice
from integrations.ovice.webhooks import parse_secret, signature
from integrations.removal.lookup import was_erased_after

logger = structlog.stdlib.get_logger(__name__)

# The example schedule of Standard Webhooks, about 75 hours in all: before the second try, the third
# and so on. After the last one a callback is given up.
DELAYS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
JITTER = 0.1
LONGEST_WAIT = timedelta(hours=24)
# Longer than any call lasts.
CLAIM = timedelta(seconds=60)
# How long one task may go on telling.
TIME_SLICE_SECONDS = 10.0
NO_ANSWER = 0
SLOW_DOWN = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)
SERVER_ERROR = HTTPStatus.INTERNAL_SERVER_ERROR
# The end of a link is told in the moment of the erasure that ends it.
_SAME_MOMENT = timedelta(seconds=1)
_ANSWER_LIMIT = 64 * 1024


def tell_waiting(organization_id: UUID) -> int:
    """Tell ovice what waits for one organization, oldest first; return how many it took."""
    until = time.monotonic() + TIME_SLICE_SECONDS
    told = 0
    while (callback := _claim_next(organization_id)) is not None:
        told += _tell(callback)
        if time.monotonic() > until:
            wake(organization_id)
            break
    return told


def sweep() -> int:
    """Wake every organization that has something due; return how many they are."""
    if not settings.OVICE_CALLBACK_URL:
        return 0
    due = Callback.objects.to_tell().filter(due_at__lte=now())
    organizations = due.values_list("organization", flat=True).distinct().order_by()
    for organization_id in organizations:
        wake(organization_id)
    return len(organizations)


def _claim_next(organization_id: UUID) -> Callback | None:
    """Claim the oldest callback that may be told now, if there is one.

    One that somebody is telling, or that waits for ovice to come back, holds back the younger ones;
    one that ovice refused waits alone.
    """
    at = now()
    being_told = Q(claimed_at__gt=at - CLAIM)
    away = Q(status=NO_ANSWER) | Q(status__in=SLOW_DOWN) | Q(status__gte=SERVER_ERROR)
    mine = Callback.objects.to_tell().filter(organization=organization_id)
    concerned = mine.filter(Q(due_at__lte=at) | being_told | away)
    first = concerned.select_related("organization").order_by("pk").first()
    if first is None or first.due_at > at:
        return None
    free = mine.filter(~being_told, pk=first.pk, due_at=first.due_at)
    return first if free.update(claimed_at=at) else None


def _tell(callback: Callback) -> bool:
    """Make one try, and write down how it ended."""
    try:
        reply = _post(callback)
    except NoAnswer:
        return _settle(callback, NO_ANSWER)
    wait = (
        _retry_after(reply) if reply.status in SLOW_DOWN or reply.status >= SERVER_ERROR else None
    )
    return _settle(callback, reply.status, wait)


def _post(callback: Callback) -> Reply:
    webhook_id, timestamp = f"cb_{callback.pk.hex}", str(int(time.time()))
    document = {
        "type": callback.type,
        "timestamp": rfc3339(callback.happened_at),
        "data": {
            "event_id": webhook_id,
            "organization": {"id": callback.organization.ovice_id},
            **callback.data,
        },
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    key = parse_secret(settings.OVICE_CALLBACK_SECRET)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(key, webhook_id, timestamp, body),
    }
    url = settings.OVICE_CALLBACK_URL
    return call_ovice("POST", url, headers=headers, body=body, limit=_ANSWER_LIMIT)


def _settle(callback: Callback, status: int, wait: timedelta | None = None) -> bool:
    """Note the end of a try, and when there is another; return whether ovice took it."""
    row = Callback.objects.open().filter(pk=callback.pk)
    tries, at = callback.tries + 1, now()
    ended = {"status": status, "tries": tries, "claimed_at": None}
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        told = bool(row.update(**ended, delivered_at=at))
        _forget_the_erased(callback)
        return told
    logger.info("callback was not taken", callback=callback.pk, status=status, tries=tries)
    if status == GONE:
        _stop()
    elif tries > len(DELAYS):
        row.update(**ended, given_up_at=at)
        logger.warning("callback is given up", callback=callback.pk)
        _forget_the_erased(callback)
    else:
        row.update(**ended, due_at=at + _delay(tries, wait))
    return False


def _forget_the_erased(callback: Callback) -> None:
    """Keep no record of what ovice was told of somebody who has been erased since it happened."""
    member = callback.data.get("member")
    happened_at = callback.happened_at - _SAME_MOMENT
    if member and was_erased_after(happened_at, callback.organization, member["id"]):
        Callback.objects.filter(pk=callback.pk).delete()


def _stop() -> None:
    """ovice wants no more: give up all that waits, until an operator retries it."""
    Callback.objects.open().update(given_up_at=now(), status=GONE, claimed_at=None)
    logger.error("ovice answered a callback with 410: no more are sent until they are retried")


def _delay(tries: int, wait: timedelta | None) -> timedelta:
    """Return how long to wait after so many tries, at least as long as ovice asked for."""
    # Only ever later, and spread out, so that what failed together does not come back together.
    chance = random.random()  # noqa: S311 - spreads the delays, protects nothing
    delay = DELAYS[tries - 1] * (1 + JITTER * chance)
    return max(delay, min(wait or timedelta(), LONGEST_WAIT))


def _retry_after(reply: Reply) -> timedelta | None:
    """Return what ``Retry-After`` says, in seconds or as a date, or None."""
    value = reply.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), LONGEST_WAIT.total_seconds()))
    try:
        return parsedate_to_datetime(value).astimezone(UTC) - now()
    except (TypeError, ValueError, OverflowError):
        return None
