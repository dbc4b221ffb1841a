"""Decision about DMs, and their rows with deliveries; the caller holds the transaction.

Rows are written once for all messages that came together: one message costs as many statements as
five hundred.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.utils.timezone import now

from core import tracing
from core.db.pipeline import execute_together, insert_many, insertion
from core.queue import after_commit
from core.text import is_blank, one_line
from messaging.delivery.content import Content, plain_text
from messaging.delivery.render import choose_link
from messaging.delivery.wakeups import wake_all
from messaging.ingest.eligibility import Skip, decide
from messaging.ingest.events import MessageCreated
from messaging.ingest.lookup import Addressee, Arrival, Known, recipient_of
from messaging.ingest.store import may_store_at_once, store_at_once
from messaging.models import Delivery, Mentioned, Message, ReceivedEvent, lane_number

# So many people of one message are noted; more of them are everybody.
MOST_MENTIONED = 100


@dataclass(frozen=True, slots=True)
class Judged:
    """Decision about some DMs: a message each, in their order, and the deliveries of all.

    ``mentioned`` are the people named by those that are not for one alone.
    """

    messages: Sequence[Message]
    deliveries: Sequence[Delivery]
    mentioned: Sequence[Mentioned] = ()

    def store(self, received: Sequence[ReceivedEvent]) -> None:
        """Store all this with the events it came by; wake the lanes once it is committed."""
        if len(received) == 1:
            rows = (received, self.messages, self.deliveries, self.mentioned)
            execute_together([insertion(*some) for some in rows if some])
        else:
            # Always in the same order, or two requests with the same would wait for each other.
            insert_many(sorted(received, key=lambda r: r.pk))
            messages = sorted(self.messages, key=lambda m: (m.organization_id, m.ovice_id))
            insert_many(messages)
            insert_many(self.deliveries)
            insert_many(self.mentioned)
        if lanes := {(delivery.installation_id, delivery.lane) for delivery in self.deliveries}:
            after_commit(wake_all, lanes)
        after_commit(_begin_traces, self.messages)

    def store_at_once(self, received: ReceivedEvent) -> bool:
        """Store one message for one link where no transaction is needed for that; else, False."""
        if len(self.deliveries) != 1 or not may_store_at_once():
            return False
        stored = store_at_once(received, self.messages[0], self.deliveries[0])
        if stored:
            after_commit(_begin_traces, self.messages)
        return stored


def judge_messages(arrivals: Sequence[Arrival], known: Known) -> Judged:
    """Decide about messages: each gets a delivery for each link or the reason why there is none.

    No two arrivals may be the same message for the same recipient.
    """
    messages, deliveries, mentioned = [], [], []
    for arrival in arrivals:
        text = _Text(arrival.data)
        skip = _decide(arrival, known, text)
        message = _message(arrival, skip)
        if skip is None:
            message.content = _content(arrival.data, text).to_json()
            deliveries += _deliveries(message, arrival, known.linked_before(arrival))
        messages.append(message)
        mentioned += _mentioned(message, arrival.data)
    return Judged(messages, deliveries, mentioned)


class _Text:
    """A message's text, made readable once somebody asks for it."""

    def __init__(self, data: MessageCreated) -> None:
        self._message = data.message

    @cached_property
    def plain(self) -> str:
        """The text as one reads it."""
        return plain_text(self._message.text, self._message.text_format)

    def has_content(self) -> bool:
        """Return whether a copy would show anything of the message."""
        return bool(self._message.attachments) or not is_blank(self.plain)


def _decide(arrival: Arrival, known: Known, text: _Text) -> Skip | None:
    standing = known.standing(arrival)
    skip = decide(arrival.data, standing, has_content=text.has_content, at=now())
    if skip is None and arrival.message in known.deleted:
        return Skip.DELETED
    return skip


def _content(data: MessageCreated, text: _Text) -> Content:
    message, space = data.message, data.space
    return Content(
        sender_name=one_line(data.sender.name),
        space_name=one_line(space.name or "") if space else "",
        text=text.plain,
        attachments=len(message.attachments),
        link=choose_link(message.deep_link, space.url if space else None),
    )


def _message(arrival: Arrival, skip: Skip | None) -> Message:
    data = arrival.data
    return Message(
        organization_id=arrival.tenant.pk,
        event_id=arrival.event_id,
        ovice_id=data.message.id,
        recipient_ovice_id=recipient_of(data),
        space_ovice_id=data.space.id if data.space else "",
        # A sender's clock that runs ahead must not put this message behind later ones.
        sent_at=min(data.message.sent_at, now()),
        skipped_reason=skip or "",
    )


def _mentioned(message: Message, data: MessageCreated) -> list[Mentioned]:
    """Return whom a message names that is not for one person alone; nobody if they are too many."""
    if message.recipient_ovice_id:
        return []
    named = {each.id: None for each in data.recipients if each.type == "user" and each.id}
    if len(named) > MOST_MENTIONED:
        return []
    return [
        Mentioned(organization_id=message.organization_id, message_id=message.pk, ovice_id=ovice_id)
        for ovice_id in named
    ]


def _deliveries(message: Message, arrival: Arrival, links: Iterable[Addressee]) -> list[Delivery]:
    return [
        Delivery(
            organization_id=message.organization_id,
            message_id=message.pk,
            installation_id=link.installation_id,
            link_id=link.link_id,
            lane=lane_number(link.link_id, settings.RELAY_LANES),
            sent_at=message.sent_at,
            due_at=message.accepted_at,
            expires_at=message.sent_at + arrival.tenant.expire_after,
        )
        for link in links
    ]


def _begin_traces(messages: Sequence[Message]) -> None:
    for message in messages:
        if not message.skipped_reason:
            tracing.begin_message(
                message.pk, message.accepted_at, organization=message.organization_id
            )
