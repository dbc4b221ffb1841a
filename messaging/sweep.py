"""The sweep: what beat has done every few seconds, also by hand."""

from collections.abc import Callable, Iterator

from django.db.models import Q
from django.utils.timezone import now

from integrations.models import GONE_STATES, Installation
from messaging.bot import wakeups as bot_wakeups
from messaging.delivery import cancel, wakeups
from messaging.models import Delivery

WOKEN, EXPIRED, CANCELLED, ERASED = (
    "lanes with something due",
    "too old to send",
    "of connections that are gone",
    "failed, whose text may go",
)


def sweep_once() -> tuple[int, int, int]:
    """Wake what is due, and end a batch of what is too old or belongs to nobody any more.

    Returns how many lanes were woken, how many deliveries expired and how many were cancelled.
    """
    woken = wakeups.sweep(now())
    bot_wakeups.sweep(now())
    cancel.forget_failed()
    return woken, cancel.expire_batch(), cancel.cancel_orphans()


def sweep_all() -> Iterator[tuple[str, int]]:
    """Do the same until nothing is left, and yield each step's name and number when it is done."""
    yield EXPIRED, _until_none(cancel.expire_batch)
    yield CANCELLED, _until_none(cancel.cancel_orphans)
    yield ERASED, forget_all_failed()
    bot_wakeups.sweep(now())
    yield WOKEN, wakeups.sweep(now())


def forget_all_failed() -> int:
    """Blank all that failed and can no longer be replayed; return of how many deliveries."""
    return _until_none(lambda: cancel.forget_failed(within=None))


def count() -> dict[str, int]:
    """Return how much a sweep would find, by step; changes nothing."""
    at = now()
    gone = Installation.objects.filter(state__in=GONE_STATES)
    waiting = Delivery.objects.waiting()
    due = waiting.filter(due_at__lte=at, installation__in=Installation.objects.sendable(at))
    failed = Q(expires_at__lte=at, message__content_sealed__isnull=False)
    return {
        EXPIRED: waiting.filter(expires_at__lte=at).count(),
        CANCELLED: waiting.filter(installation__in=gone).count(),
        ERASED: Delivery.objects.failed().filter(failed).count(),
        WOKEN: due.values("installation", "lane").distinct().order_by().count(),
    }


def _until_none(batch: Callable[[], int]) -> int:
    total = 0
    while found := batch():
        total += found
    return total
