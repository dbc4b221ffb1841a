"""Outbox of callbacks to ovice: each is written down with the change it tells of, delivered
afterwards.

A callback is a hint to ask anew, so it carries ids and states and nothing else. Without an
``OVICE_CALLBACK_URL`` nothing is written down. ``integrations.ovice.callback_delivery`` delivers.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils.timezone import now

from core.queue import after_commit, hint
from integrations.models import Callback, CallbackQuerySet, Organization

TELL = "integrations.tasks.tell_ovice"
# ovice's way to say that its endpoint is no more.
GONE = 410
# A hint that nobody took up for this long is worthless: the sweep has repeated it.
_HINT_LIFE = timedelta(seconds=30)
_BATCH = 500


def tell(organization: Organization, kind: str, **data: object) -> None:
    """Have ovice told of one thing; call this inside the transaction of the change itself.

    ``kind`` is a type of the contract such as ``link.created``; ``data`` holds ids and states.
    """
    tell_many(organization, kind, [data])


def tell_many(organization: Organization, kind: str, found: Iterable[Mapping[str, object]]) -> None:
    """Have ovice told of many things of one kind, in this order."""
    if not settings.OVICE_CALLBACK_URL or is_stopped():
        return
    rows = [Callback(organization=organization, type=kind, data=dict(data)) for data in found]
    Callback.objects.bulk_create(rows, batch_size=_BATCH)
    if rows:
        after_commit(wake, organization.pk)


def is_stopped() -> bool:
    """Return whether ovice said that it wants no callbacks any more.

    That holds until an operator retries what was given up, or it has grown old.
    """
    return Callback.objects.dead_letters().filter(status=GONE).exists()


def wake(organization_id: UUID) -> None:
    """Queue the telling of what waits for an organization; the sweep finds what this loses."""
    hint(TELL, str(organization_id), expires=_HINT_LIFE)


def retry_dead_letters(letters: CallbackQuerySet) -> int:
    """Tell again what was given up; return how many that are."""
    return letters.dead_letters().update(
        given_up_at=None, claimed_at=None, status=None, tries=0, due_at=now()
    )
