"""Batches of events: what came one after the other is worked on in that order.

Direct messages that follow each other share their statements and their transaction; everything
else is taken in one by one, as if it had come alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from structlog.contextvars import bound_contextvars

from integrations.encryption.master_keys import UnreadableError
from messaging.ingest.accept import judge_messages
from messaging.ingest.eligibility import Skip
from messaging.ingest.events import Event, MessageCreated
from messaging.ingest.ingest import (
    Result,
    Status,
    event_key,
    ingest,
    note_other_body,
    received_event,
)
from messaging.ingest.lookup import Arrival, Tenant, find_tenants, know, recipient_of
from messaging.models import Message, ReceivedEvent

logger = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Item:
    """One event of a batch, and its own bytes in the batch's body."""

    event: Event
    body: bytes


@dataclass(frozen=True, slots=True)
class _MessageItem:
    """An item known to be a message."""

    item: Item
    data: MessageCreated


def ingest_batch(items: Sequence[Item]) -> list[Result | None]:
    """Work on each event unless it has been seen before; return the results in the same order.

    When this returns, everything is committed. None stands for an event that could not be stored
    although the others could: nothing of it is left, and it may be sent again.
    """
    runs = groupby(items, key=lambda item: isinstance(item.event.data, MessageCreated))
    results: list[Result | None] = []
    for are_messages, run in runs:
        follow = _messages if are_messages else _one_by_one
        results += follow(list(run))
    return results


def _one_by_one(items: list[Item]) -> list[Result | None]:
    return [_alone(item) for item in items]


def _alone(item: Item) -> Result | None:
    try:
        # Log fields about one event's organization do not stick to the next.
        with bound_contextvars(organization=None):
            return ingest(item.event, item.body)
    except (IntegrityError, UnreadableError) as error:
        # One organization's trouble must not keep the others' events out for ever.
        logger.warning("an event of a batch could not be stored", error=type(error).__name__)
        return None


def _messages(items: list[Item]) -> list[Result | None]:
    messages = [
        _MessageItem(item, item.event.data)
        for item in items
        if isinstance(item.event.data, MessageCreated)
    ]
    try:
        with transaction.atomic():
            return list(_store(messages))
    except (IntegrityError, UnreadableError):
        # Another request stored one of them at this very moment, or one cannot be stored at all.
        return _one_by_one(items)


def _store(messages: list[_MessageItem]) -> list[Result]:
    """Store the messages that are new, and the id of every event that is."""
    known = _Known(messages)
    found = [known.compare(message) for message in messages]
    arrivals = [arrival for arrival in found if isinstance(arrival, Arrival)]
    judged = judge_messages(arrivals, know(arrivals))
    outcomes = [Result.of_message(message.skipped_reason) for message in judged.messages]
    for arrival, result in zip(arrivals, outcomes, strict=True):
        known.rows[arrival.event].outcome = result.reason or result.status
    judged.store([*known.rows.values()])
    answers = iter(outcomes)
    return [one if isinstance(one, Result) else next(answers) for one in found]


class _Known:
    """Known messages among some, and the rows of those events that are new."""

    def __init__(self, messages: list[_MessageItem]) -> None:
        self._tenants = find_tenants({message.data.organization.id for message in messages})
        self._received = ReceivedEvent.objects.in_bulk(
            [event_key(message.item.event) for message in messages]
        )
        same = Message.objects.filter(
            organization__in=[tenant.pk for tenant in self._tenants.values()],
            ovice_id__in={message.data.message.id for message in messages},
        )
        self._messages: set[tuple[UUID, str, str]] = set(
            same.values_list("organization_id", "ovice_id", "recipient_ovice_id")
        )
        # By organization and id, both ovice's.
        self.rows: dict[tuple[str, str], ReceivedEvent] = {}

    def compare(self, message: _MessageItem) -> Arrival | Result:
        """Return the message if it is new, or else the answer; from now on it is known."""
        event, body = message.item.event, message.item.body
        name = (message.data.organization.id, event.id)
        earlier = self._received.get(event_key(event)) or self.rows.get(name)
        if earlier is not None:
            note_other_body(earlier, body)
            return Result(Status.DUPLICATE)
        tenant = self._tenants.get(message.data.organization.id)
        found = self._arrival(message, tenant)
        result = found if isinstance(found, Result) else Result(Status.ACCEPTED)
        self.rows[name] = received_event(event, body, tenant.pk if tenant else None, result)
        return found

    def _arrival(self, message: _MessageItem, tenant: Tenant | None) -> Arrival | Result:
        data = message.data
        if tenant is None:
            return Result.of_message(Skip.ORG_NOT_CONNECTED)
        key = (tenant.pk, data.message.id, recipient_of(data))
        if key in self._messages:
            return Result(Status.DUPLICATE)
        self._messages.add(key)
        return Arrival(message.item.event.id, tenant, data)
