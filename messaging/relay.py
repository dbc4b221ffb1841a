"""Draining one lane: claim the oldest due delivery, send it, settle it, until the slice ends.

The rows decide, never the queue, and no transaction is open while a target is called. What a call
means is decided in ``messaging.verdict`` and written down by ``messaging.calls``.
"""

import logging
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Exists, OuterRef
from django.utils.timezone import now

from accounts.models import ORGANIZATION_USERS
from accounts.recheck import look_into_refusal, note_arrival, recheck_if_old
from integrations.errors import Scope, TargetError, Unavailable, Unconfirmed
from integrations.masterkeys import KeyMissingError
from integrations.models import Installation, Space
from integrations.targets import ChatTarget, open_target
from messaging.calls import (
    Call,
    settle_abandoned,
    settle_delivered,
    settle_failed,
    settle_part,
    settle_uncalled,
)
from messaging.content import Content
from messaging.echoes import reference_of
from messaging.lanes import Lease, abandoned, release, renew, take_lease
from messaging.models import Delivery, DeliveryState, Lane
from messaging.notice import compose
from messaging.verdict import Poison
from messaging.wakeups import wake

logger = logging.getLogger(__name__)


def relay_lane(installation_id: UUID, number: int) -> int:
    """Drain the lane for at most one time slice; return how many deliveries were taken.

    Does nothing while another worker drains it: that one has been told and looks again.
    """
    lease = take_lease(installation_id, number)
    if lease is None:
        return 0
    # After an error nobody is woken: the sweep tries again, at its own pace.
    taken, finished = 0, True
    try:
        for delivery in abandoned(lease):
            settle_abandoned(delivery)
        taken, finished = _drain(lease)
    finally:
        woken = release(lease)
        if woken or not finished:
            # A fresh task goes to the back of the queue: other tenants come first.
            wake(installation_id, number)
    return taken


def _drain(lease: Lease) -> tuple[int, bool]:
    """Send until nothing is due; return how many, and False when only the time slice ended."""
    installation = Installation.objects.get(pk=lease.installation_id)
    target = open_target(installation.target, installation.credentials())
    end = time.monotonic() + settings.RELAY_TIME_SLICE.total_seconds()
    taken = 0
    while time.monotonic() < end:
        delivery = claim(lease)
        if delivery is None:
            return taken, True
        taken += 1
        _send(lease, delivery, target)
    return taken, False


def claim(lease: Lease) -> Delivery | None:
    """Take the lane's oldest due delivery that is the head of its recipient, or return None."""
    while (found := _oldest_due(lease)) is not None:
        pk, state = found
        free = Delivery.objects.filter(lease.held(), pk=pk, state=state)
        if free.update(state=DeliveryState.SENDING, claimed_at=now(), fence=lease.fence):
            return _with_all_it_needs(pk)
        if not Lane.objects.filter(lease.held(), pk=lease.lane_id).exists():
            return None
        # Somebody has just cancelled it; the lane goes on with the next one.
    return None


def _oldest_due(lease: Lease) -> tuple[UUID, str] | None:
    """Return the next delivery's id and state, by as small a query as will do.

    PostgreSQL plans a query anew each time, and over all the tables that a send needs that takes
    far longer than running it.
    """
    at = now()
    # Asked once, not for each row: a lane belongs to one installation.
    may_send = Exists(Installation.objects.sendable(at).filter(pk=lease.installation_id))
    due = lease.deliveries().waiting().heads().filter(may_send, due_at__lte=at)
    return due.order_by("sent_at", "pk").values_list("pk", "state").first()


def _with_all_it_needs(pk: UUID) -> Delivery:
    """Return a claimed delivery with its message, link and member."""
    removed_space = Space.objects.filter(
        organization=OuterRef("organization"),
        ovice_id=OuterRef("message__space_ovice_id"),
        removed_at__isnull=False,
    )
    # By keyword the type checker would see a second definition of the attribute.
    found = {"space_removed": Exists(removed_space)}
    claimed = Delivery.objects.annotate(**found)
    return claimed.select_related("message", "link__member", "installation").get(pk=pk)


def reason_to_cancel(delivery: Delivery) -> str:
    """Check once more, just before sending, what may have changed since the message came in."""
    link, member = delivery.link, delivery.link.member
    if delivery.message.deleted_at is not None:
        return "deleted"
    if link.removed_at is not None:
        return link.removed_reason
    if member.removed_at is not None or member.role not in ORGANIZATION_USERS:
        return "recipient_not_member"
    return "" if delivery.message.content_sealed is not None else "content_gone"


def _send(lease: Lease, delivery: Delivery, target: ChatTarget) -> None:
    """Carry one claimed delivery to its end, or to its next try."""
    if delivery.expires_at <= now():
        settle_uncalled(delivery, DeliveryState.EXPIRED)
    elif reason := reason_to_cancel(delivery):
        settle_uncalled(delivery, DeliveryState.CANCELLED, reason)
    else:
        texts = _texts(delivery, target)
        if texts:
            if _is_still_theirs(delivery, target):
                _send_texts(lease, delivery, target, texts)
        elif texts is not None:
            # All of it has arrived already, and the last note of it was lost.
            settle_uncalled(delivery, DeliveryState.DELIVERED)


def _texts(delivery: Delivery, target: ChatTarget) -> list[str] | None:
    """Return what is still to be sent; a message our own code chokes on is set aside."""
    try:
        content = Content.from_json(delivery.message.content or "")
        notice = compose(
            content,
            locale=delivery.link.locale or delivery.link.member.locale,
            # A message that is half sent keeps its form, or its parts would not fit together.
            with_link=not delivery.space_removed or delivery.parts_sent > 0,
        )
        # An echo proves what a lost answer left in doubt.
        delivery.parts_sent = max(delivery.parts_sent, delivery.parts_echoed)
        return list(target.lay_out(notice))[delivery.parts_sent :]
    except DatabaseError:
        raise
    except KeyMissingError:
        # An operator's mistake, not this message's: it waits until the key is back.
        settle_failed(delivery, Call(now(), None), Unavailable(code="master_key"))
        return None
    except Exception as error:  # noqa: BLE001 - whatever it is, the lane must go on
        poison = Poison(code=type(error).__name__[:32])
        settle_failed(delivery, Call(now(), None), poison)
        return None


def _is_still_theirs(delivery: Delivery, target: ChatTarget) -> bool:
    """Ask whose account it is if the last answer is old, and settle what may not be sent to it."""
    started_at, clock = now(), time.monotonic()
    try:
        reason = recheck_if_old(delivery.link, target)
    except TargetError as error:
        settle_failed(delivery, _call(started_at, clock), error)
        return False
    if reason:
        settle_uncalled(delivery, DeliveryState.CANCELLED, reason)
    return not reason


def _send_texts(lease: Lease, delivery: Delivery, target: ChatTarget, texts: list[str]) -> None:
    """Make one call for each text, and note each at once: a restart must not repeat them."""
    for left, text in zip(range(len(texts) - 1, -1, -1), texts, strict=True):
        started_at, clock = now(), time.monotonic()
        try:
            sent = target.send(delivery.link.account_id, text, reference=reference_of(delivery))
        except TargetError as error:
            settle_failed(delivery, _call(started_at, clock), error)
            if error.scope is Scope.RECIPIENT:
                look_into_refusal(delivery.link, target)
            return
        except Exception as error:  # noqa: BLE001 - the call may have left; nobody knows
            unknown = Unconfirmed(code=type(error).__name__[:32])
            settle_failed(delivery, _call(started_at, clock), unknown)
            return
        delivery.parts_sent += 1
        if not left:
            settle_delivered(delivery, _call(started_at, clock), sent.message_id)
            note_arrival(delivery.link)
        elif not settle_part(delivery, _call(started_at, clock)) or not renew(lease):
            return


def _call(started_at: datetime, clock: float) -> Call:
    return Call(started_at, timedelta(seconds=time.monotonic() - clock))
