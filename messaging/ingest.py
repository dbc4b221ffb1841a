"""Taking in one event of ovice's: all that it changes, in one transaction, exactly once.

HTTP is the work of ``messaging.api``; sending that of ``messaging.relay``.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from django.db import IntegrityError, transaction

from integrations.models import Organization
from messaging.acceptance import accept_message
from messaging.directory import apply_directory_event
from messaging.events import Event, MessageCreated, MessageDeleted
from messaging.models import Message, ReceivedEvent
from messaging.settlement import delete_message


class Status(StrEnum):
    """What became of an event."""

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


def ingest(event: Event, body: bytes) -> Result:
    """Work on ``event``, whose raw bytes are ``body``, unless it has been seen before.

    When this returns, everything is committed. The same id with another body, and the same message
    under another id, keep what came first.
    """
    if event.data is None:
        return Result(Status.IGNORED)
    try:
        with transaction.atomic():
            organization = _organization(event)
            result = _work(event, organization)
            _receive(event, body, organization, result)
            return result
    except IntegrityError:
        # The unique keys decide between two deliveries of one event, also at the same instant.
        return _duplicate(event, body)


def _organization(event: Event) -> Organization | None:
    """Return the organization the event is about; a directory event may introduce a new one."""
    assert event.data is not None  # noqa: S101 - ingest() has seen to it
    ovice_id = event.data.organization.id
    if isinstance(event.data, MessageCreated | MessageDeleted):
        return Organization.objects.filter(ovice_id=ovice_id, removed_at=None).first()
    organization = Organization.objects.register(ovice_id)
    return None if organization.removed_at else organization


def _work(event: Event, organization: Organization | None) -> Result:
    if isinstance(event.data, MessageCreated):
        reason = accept_message(organization, event.id, event.data)
        return Result(Status.SKIPPED, reason) if reason else Result(Status.ACCEPTED)
    if organization is None:
        return Result(Status.IGNORED)
    if isinstance(event.data, MessageDeleted):
        delete_message(organization, event.data.message.id)
        return Result(Status.APPLIED)
    apply_directory_event(organization, event)
    return Result(Status.APPLIED)


def _receive(event: Event, body: bytes, organization: Organization | None, result: Result) -> None:
    ReceivedEvent.objects.create(
        event_id=event.id,
        organization=organization,
        type=event.type,
        body_digest=hashlib.sha256(body).digest(),
        outcome=result.reason or result.status,
    )


def _duplicate(event: Event, body: bytes) -> Result:
    """Answer an event whose id or message is there already; raise if neither is the case."""
    if ReceivedEvent.objects.filter(pk=event.id).exists():
        return Result(Status.DUPLICATE)
    assert isinstance(event.data, MessageCreated)  # noqa: S101 - no other type has a unique key
    organization = Organization.objects.get(ovice_id=event.data.organization.id)
    Message.objects.get(organization=organization, ovice_id=event.data.message.id)
    _receive(event, body, organization, Result(Status.DUPLICATE))
    return Result(Status.DUPLICATE)
