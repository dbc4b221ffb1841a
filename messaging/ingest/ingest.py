"""Ingest of ovice's events: all that one changes in one transaction, exactly once.

HTTP is the work of ``messaging.api``; sending that of ``messaging.delivery``; ``batches`` takes in
many at once.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from structlog.contextvars import bind_contextvars

from integrations.encryption.hashing import keyed_hash
from integrations.models import Organization
from integrations.removal.lookup import was_purged
from messaging.delivery.cancel import delete_message
from messaging.ingest.accept import Judged, judge_messages
from messaging.ingest.directory_events import apply_directory_event
from messaging.ingest.eligibility import Skip
from messaging.ingest.events import (
    Event,
    EventData,
    MessageCreated,
    MessageDeleted,
    MessageUpdated,
)
from messaging.ingest.lookup import (
    Arrival,
    Known,
    Tenant,
    find_linked,
    look_for_linked,
    look_for_unlinked,
    recipient_of,
)
from messaging.ingest.store import may_store_at_once
from messaging.ingest.updates import edit_message
from messaging.models import Message, ReceivedEvent

logger = structlog.stdlib.get_logger(__name__)


class Status(StrEnum):
    """Outcome of an event."""

    ACCEPTED = "accepted"
    SKIPPED = "skipped"
    DUPLICATE = "duplicate"
    APPLIED = "applied"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one event; ``reason`` says why a message was skipped."""

    status: Status
    reason: str = ""

    @classmethod
    def of_message(cls, skip: str) -> "Result":
        """Return the answer to a message that was skipped for this reason, or, empty, was not."""
        return cls(Status.SKIPPED, skip) if skip else cls(Status.ACCEPTED)


def ingest(event: Event, body: bytes) -> Result:
    """Work on ``event``, whose raw bytes are ``body``, unless it has been seen before.

    When this returns, everything is committed. The same id with another body, and the same message
    under another id, keep what came first.
    """
    data = event.data
    if data is None:
        return Result(Status.IGNORED)
    try:
        if isinstance(data, MessageCreated):
            return _take_at_once(event, data, body) or _take_message(event, data, body)
        return _take_notice(event, data, body)
    except IntegrityError:
        # The unique keys decide between two deliveries of one event, also at the same instant.
        if _is_duplicate(event, body):
            return Result(Status.DUPLICATE)
        raise


def received_event(
    event: Event, body: bytes, organization_id: UUID | None, result: Result
) -> ReceivedEvent:
    """Return the row, not yet stored, that remembers an event and what became of it."""
    return ReceivedEvent(
        key=event_key(event),
        ovice_id=event.id,
        organization_id=organization_id,
        type=event.type,
        body_digest=digest(body),
        outcome=result.reason or result.status,
    )


def event_key(event: Event) -> str:
    """Return by which an event is known: its id counts within its organization, known or not.

    Of an organization that is not, or no longer, a customer here nothing can be read from it.
    """
    organization = event.data.organization.id if event.data else ""
    return keyed_hash("event", organization, event.id)


def note_other_body(received: ReceivedEvent, body: bytes) -> None:
    """Write down that an id which is there already came again with something else."""
    if bytes(received.body_digest) != digest(body):
        logger.warning(
            "event came again with another body; the first one counts", event_id=received.ovice_id
        )


def digest(body: bytes) -> bytes:
    """Return what tells an event's repeat from another event under its id."""
    return hashlib.sha256(body).digest()


def _take_at_once(event: Event, data: MessageCreated, body: bytes) -> Result | None:
    """Read, decide, and store in one statement if that is safe; else return None."""
    if not may_store_at_once():
        return None
    found = look_for_linked(data)
    if found is None:
        return _skip_at_once(event, data, body)
    judged, received, result = _judge(event, data, body, *found)
    return result if judged.store_at_once(received) else None


def _skip_at_once(event: Event, data: MessageCreated, body: bytes) -> Result | None:
    """Store a message for nobody who is linked; None where a link may just be coming or moving."""
    found = look_for_unlinked(data)
    if found is None or found.changing:
        return None
    judged, received, result = _judge(event, data, body, found.tenant, found.known)
    judged.store([received])
    return result


@transaction.atomic
def _take_message(event: Event, data: MessageCreated, body: bytes) -> Result:
    """Store the event with its message and deliveries, while the links stay as they are.

    A link that was just being moved is missed by the question that had to wait for it.
    """
    linked = find_linked(data) or find_linked(data)
    unlinked = None if linked else look_for_unlinked(data)
    found = linked or (unlinked and unlinked[:2])
    if found is None:
        # Of an organization we do not know, or no longer know, nothing is stored.
        result = Result.of_message(Skip.ORG_NOT_CONNECTED)
        received_event(event, body, None, result).save(force_insert=True)
        return result
    judged, received, result = _judge(event, data, body, *found)
    judged.store([received])
    return result


def _judge(
    event: Event, data: MessageCreated, body: bytes, tenant: Tenant, known: Known
) -> tuple[Judged, ReceivedEvent, Result]:
    """Return what becomes of the message, the event's row, and the answer."""
    bind_contextvars(organization=tenant.pk)
    judged = judge_messages([Arrival(event.id, tenant, data)], known)
    result = Result.of_message(judged.messages[0].skipped_reason)
    return judged, received_event(event, body, tenant.pk, result), result


@transaction.atomic
def _take_notice(event: Event, data: EventData, body: bytes) -> Result:
    """Apply what is told about anything but a new message."""
    organization = _organization(data)
    result = _apply(event, data, organization)
    organization_id = organization.pk if organization else None
    received_event(event, body, organization_id, result).save(force_insert=True)
    return result


def _organization(data: EventData) -> Organization | None:
    """Return the organization the event is about; a directory event may introduce a new one."""
    ovice_id = data.organization.id
    if isinstance(data, MessageUpdated | MessageDeleted):
        return Organization.objects.filter(ovice_id=ovice_id, removed_at=None).first()
    if not Organization.objects.filter(ovice_id=ovice_id).exists() and was_purged(ovice_id):
        # No event brings anything of it back, until somebody comes from ovice to connect it anew.
        return None
    organization = Organization.objects.register(ovice_id)
    return None if organization.removed_at else organization


def _apply(event: Event, data: EventData, organization: Organization | None) -> Result:
    if organization is None:
        return Result(Status.IGNORED)
    if isinstance(data, MessageDeleted):
        delete_message(organization, data.message.id, event_id=event.id)
    elif isinstance(data, MessageUpdated):
        edit_message(organization, data.message, at=event.at)
    else:
        apply_directory_event(organization, event)
    return Result(Status.APPLIED)


def _is_duplicate(event: Event, body: bytes) -> bool:
    """Return whether the event's id, or its message for this recipient, is there already."""
    received = ReceivedEvent.objects.filter(pk=event_key(event)).first()
    if received is None and isinstance(event.data, MessageCreated):
        received = _remember_repeat(event, event.data, body)
    if received is not None:
        note_other_body(received, body)
    return received is not None


def _remember_repeat(event: Event, data: MessageCreated, body: bytes) -> ReceivedEvent | None:
    """Note the new id of a message that is there already; return nothing if it is not there."""
    same = Message.objects.filter(
        organization__ovice_id=data.organization.id,
        ovice_id=data.message.id,
        recipient_ovice_id=recipient_of(data),
    ).first()
    if same is None:
        return None
    received, _ = ReceivedEvent.objects.get_or_create(
        key=event_key(event),
        defaults={
            "ovice_id": event.id,
            "organization_id": same.organization_id,
            "type": event.type,
            "body_digest": digest(body),
            "outcome": Status.DUPLICATE,
        },
    )
    return received
