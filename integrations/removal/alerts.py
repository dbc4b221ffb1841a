"""Alerts about a purge that will not end in time, while something can still be done about it."""

from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Q
from django.utils.timezone import now

from integrations.models.removal import Removal

logger = structlog.stdlib.get_logger(__name__)

# A run of the purge that is a little late, or between two batches, is no trouble.
_PATIENCE = timedelta(minutes=15)
_AGAIN = timedelta(days=1)


class Trouble(StrEnum):
    """Trouble with a purge, the worst first."""

    OVERDUE = "overdue"
    FAILED = "failed"
    STUCK = "stuck"
    LATE = "late"


def trouble_of(removal: Removal, at: datetime) -> Trouble | None:
    """Return what is wrong with a removal's purge at this moment, or None."""
    if removal.finished_at is not None:
        return None
    if removal.due_at + _PATIENCE <= at:
        return Trouble.OVERDUE
    if removal.failed_at is not None:
        return Trouble.FAILED
    if removal.progressed_at is not None:
        return Trouble.STUCK if removal.progressed_at + _PATIENCE <= at else None
    return Trouble.LATE if removal.purge_at + _PATIENCE <= at else None


def removals_in_trouble(at: datetime) -> dict[Removal, Trouble]:
    """Return the removals whose purge is in trouble at this moment, and what each suffers from."""
    return {
        removal: trouble
        for removal in Removal.objects.ready(at)
        if (trouble := trouble_of(removal, at)) is not None
    }


def raise_alarms() -> int:
    """Write to the operator about each troubled removal once a day; return how many there are."""
    at = now()
    troubled = removals_in_trouble(at)
    for removal, found in troubled.items():
        _write_once_a_day(removal, found, at)
    return len(troubled)


def _write_once_a_day(removal: Removal, trouble: Trouble, at: datetime) -> None:
    quiet = Q(alarmed_at=None) | Q(alarmed_at__lte=at - _AGAIN)
    if not Removal.objects.filter(quiet, pk=removal.pk).update(alarmed_at=at):
        return
    logger.error(
        "removal is in trouble", removal=removal.pk, trouble=trouble.value, due_at=removal.due_at
    )
    text = _TEXT.format(removal=removal, trouble=trouble.value, url=settings.BASE_URL)
    write_to_operator(f"A purge is {trouble.value}", text)


def write_to_operator(subject: str, text: str) -> None:
    """Mail ``OPERATOR_EMAILS``, if there are any; raises what the mail server's answer raises."""
    if settings.OPERATOR_EMAILS:
        send_mail(f"[Kotozute] {subject}", text, None, settings.OPERATOR_EMAILS)


_TEXT = """\
The purge of removal {removal.pk} is {trouble}.
It was asked for at {removal.requested_at:%Y-%m-%d %H:%M} UTC, and all of its data has to be gone
at {removal.due_at:%Y-%m-%d %H:%M} UTC. Last error: {removal.failure}

What to do: see that the worker and beat run, and look for this id in the worker's log.
{url}/admin/integrations/removal/{removal.pk}/
"""
