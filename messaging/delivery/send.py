"""Sending of one claimed delivery, to its end or to its next try."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.utils.timezone import now

from accounts.linking.verify import look_into_refusal, note_arrival, recheck_if_old
from accounts.members.preferences import choices_of, shows_text
from accounts.models import ORGANIZATION_USERS
from core.db.reconnect import AWAY, patiently, reconnect
from core.metrics import ENDED, SENT_AFTER
from integrations.connections.deafness import hears
from integrations.connections.hold import hold
from integrations.encryption.master_keys import KeyMissingError
from integrations.models import CopyShows, Installation, UnconfirmedPolicy
from integrations.targets.errors import Scope, TargetError, Unavailable, Unconfirmed
from integrations.targets.port import ChatTarget, Choice, Page, Sent
from messaging.delivery.circuit_breaker import Gate
from messaging.delivery.confirmations import reference_of
from messaging.delivery.content import Content
from messaging.delivery.doubts import is_in_doubt
from messaging.delivery.lanes import Lease
from messaging.delivery.offers import offers
from messaging.delivery.render import compose
from messaging.delivery.resting import say_what_waited
from messaging.delivery.results import settle_failed, settle_part, settle_uncalled
from messaging.delivery.retry import pace
from messaging.delivery.retry_policy import Poison
from messaging.delivery.settling import Call, Settling, settling_delivered
from messaging.models import Delivery, DeliveryState

logger = structlog.stdlib.get_logger(__name__)

# One text, and what is offered below it.
Part = tuple[str, tuple[Choice | Page, ...]]


@dataclass(frozen=True, slots=True)
class Route:
    """By which right, for whom and whereto a worker sends."""

    lease: Lease
    installation: Installation
    target: ChatTarget
    gate: Gate


def send(route: Route, delivery: Delivery) -> Settling | None:
    """Carry a claimed delivery to its next try, or to its end; return its arrival, unsettled."""
    if delivery.expires_at <= now():
        settle_uncalled(delivery, DeliveryState.EXPIRED)
    elif reason := reason_to_cancel(delivery):
        settle_uncalled(delivery, DeliveryState.CANCELLED, reason)
    elif _is_rather_never(route.installation, delivery):
        settle_uncalled(delivery, DeliveryState.FAILED, Unconfirmed.reason)
    elif (texts := _texts(route, delivery)) is not None:
        if not texts:
            # All of it has arrived already, and the last note of it was lost.
            settle_uncalled(delivery, DeliveryState.DELIVERED)
        elif _is_still_theirs(route, delivery):
            _say_what_waited(route, delivery)
            return _send_texts(route, delivery, texts)
    return None


def reason_to_cancel(delivery: Delivery) -> str:
    """Check once more, just before sending, what may have changed since the message came in."""
    link, member = delivery.link, delivery.link.member
    if delivery.taken_back:
        return "deleted"
    if link.removed_at is not None:
        return link.removed_reason
    if member.removed_at is not None or member.role not in ORGANIZATION_USERS:
        return "recipient_not_member"
    return "" if delivery.message.content_sealed is not None else "content_gone"


def _is_rather_never(installation: Installation, delivery: Delivery) -> bool:
    """Return whether this may have arrived already, and its owner wants nothing twice."""
    policy = installation.organization.unconfirmed_policy
    return policy == UnconfirmedPolicy.RATHER_NEVER and is_in_doubt(delivery)


def _texts(route: Route, delivery: Delivery) -> list[Part] | None:
    """Return what is still to be sent; a message our own code chokes on is set aside."""
    try:
        # An echo proves what a lost answer left in doubt.
        delivery.parts_sent = max(delivery.parts_sent, delivery.parts_echoed)
        content = Content.from_json(delivery.message.content or "")
        begun = delivery.parts_sent > 0
        locale = delivery.link.locale or delivery.link.member.locale
        shows = _shows(route.installation, delivery)
        if begun and shows != CopyShows.FULL:
            # A copy that shows less is one text, which has arrived; of a longer one nothing more
            # may be shown, should that have been decided in between.
            return []
        # A message that is half sent keeps its form, or its parts would not fit together.
        with_link = begun or not delivery.space_removed
        notice = compose(content, locale=locale, with_link=with_link, shows=shows)
        *first, last = route.target.lay_out(notice)
        below = offers(locale=locale, link=notice.link, hears=hears(route.installation))
        return [*((text, ()) for text in first), (last, below)][delivery.parts_sent :]
    except AWAY:
        raise
    except KeyMissingError:
        # An operator's mistake, not this message's: it waits until the key is back.
        settle_failed(delivery, Call(now(), None), Unavailable(code="master_key"))
        return None
    except Exception as error:  # noqa: BLE001 - whatever it is, the lane must go on
        poison = Poison(code=type(error).__name__[:32])
        settle_failed(delivery, Call(now(), None), poison)
        return None


def _shows(installation: Installation, delivery: Delivery) -> CopyShows:
    """Return how much the copy may show: what the owner allows, or less if the member wants so."""
    if not shows_text(choices_of(delivery.link.member)):
        return CopyShows.NOTICE
    return CopyShows(installation.organization.copy_shows)


def _is_still_theirs(route: Route, delivery: Delivery) -> bool:
    """Ask whose account it is if the last answer is old, and settle what may not be sent to it."""
    started_at, clock = now(), time.monotonic()
    try:
        reason = recheck_if_old(delivery.link, route.target)
    except TargetError as error:
        settle_failed(delivery, _call(started_at, clock), error)
        route.gate.note(error)
        return False
    if reason:
        settle_uncalled(delivery, DeliveryState.CANCELLED, reason)
    return not reason


def _say_what_waited(route: Route, delivery: Delivery) -> None:
    """Say it if need be; another message that breaks us is not the fault of this one."""
    try:
        say_what_waited(delivery.link, route.target)
    except AWAY:
        raise
    except Exception:
        logger.exception("summary: failed", delivery=delivery.pk)


def _send_texts(route: Route, delivery: Delivery, texts: list[Part]) -> Settling | None:
    """Make one call for each text, and note each at once: a restart must not repeat them."""
    for left, part in zip(range(len(texts) - 1, -1, -1), texts, strict=True):
        if not route.lease.keep():
            return None
        started_at, clock = now(), time.monotonic()
        sent = _call_out(route.target, delivery, part)
        call = _call(started_at, clock)
        if isinstance(sent, TargetError):
            _fail(route, delivery, call, sent)
            return None
        delivery.parts_sent += 1
        _take_note(route, delivery, sent)
        if not left:
            _count(delivery)
            return settling_delivered(delivery, call, sent.message_id)
        if not settle_part(delivery, call):
            return None
    return None


def _call_out(target: ChatTarget, delivery: Delivery, part: Part) -> Sent | TargetError:
    text, below = part
    account_id, reference = delivery.link.account_id, reference_of(delivery)
    try:
        return target.send(account_id, text, reference=reference, offers=below)
    except TargetError as error:
        return error
    except Exception as error:  # noqa: BLE001 - the call may have left; nobody knows
        return Unconfirmed(code=type(error).__name__[:32])


def _fail(route: Route, delivery: Delivery, call: Call, error: TargetError) -> None:
    settle_failed(delivery, call, error)
    route.gate.note(error)
    if error.scope is Scope.RECIPIENT:
        look_into_refusal(delivery.link, route.target)


def _take_note(route: Route, delivery: Delivery, sent: Sent) -> None:
    """Draw the conclusions of an accepted call that have nothing to do with its delivery.

    That it has arrived is not yet written down: raised here, an error would lose it.
    """
    try:
        patiently(partial(_conclude, route, delivery, sent))
    except AWAY as error:
        logger.warning("the database is away", error=type(error).__name__)
        reconnect()


def _conclude(route: Route, delivery: Delivery, sent: Sent) -> None:
    route.gate.note(None)
    note_arrival(delivery.link)
    if pause := pace(sent.usage):
        hold(route.installation, until=now() + pause, reason="usage")


def _count(delivery: Delivery) -> None:
    ENDED.labels(DeliveryState.DELIVERED.value).inc()
    SENT_AFTER.observe((now() - delivery.message.accepted_at).total_seconds())


def _call(started_at: datetime, clock: float) -> Call:
    return Call(started_at, timedelta(seconds=time.monotonic() - clock))
