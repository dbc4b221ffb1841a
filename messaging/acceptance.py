"""Deciding about DMs and storing them with their deliveries; the caller holds the transaction.

What is asked of the database is asked once for all messages that came together: one message costs
as many statements as five hundred.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.timezone import now

from accounts.models import ORGANIZATION_USERS, Link, Member
from integrations.cleaning import one_line
from integrations.models import LIVE_STATES, Installation, InstallationState, Organization
from messaging.content import Content, is_blank, plain_text
from messaging.eligibility import Skip, Standing, check_addressing, decide
from messaging.events import MessageCreated
from messaging.models import Delivery, Message, ReceivedEvent, lane_number
from messaging.notice import choose_link
from messaging.roundtrip import execute_together, insertion
from messaging.wakeups import wake

# An organization's primary key and one of ovice's ids in it.
Key = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One DM that came in, and the organization it is for, if we know it."""

    event_id: str
    organization: Organization
    data: MessageCreated
    # Whether its sender has deleted it already; None where that has not been asked.
    deleted: bool | None = None

    @property
    def recipient(self) -> Key:
        """The one recipient; an empty id where the message was not addressed to one."""
        return self.organization.pk, recipient_of(self.data)

    @property
    def message(self) -> Key:
        """The message, whoever is its recipient."""
        return self.organization.pk, self.data.message.id


def recipient_of(data: MessageCreated) -> str:
    """Return the one recipient's id, or nothing where the message was not addressed to one."""
    return "" if check_addressing(data) else data.recipients[0].id or ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of some DMs: a message each, in their order, and the deliveries of all."""

    messages: Sequence[Message]
    deliveries: Sequence[Delivery]

    def store(self, received: Sequence[ReceivedEvent]) -> None:
        """Store all this with the events it came by; wake the lanes once it is committed."""
        if len(received) == 1:
            rows = (received, self.messages, self.deliveries)
            execute_together([insertion(*some) for some in rows if some])
        else:
            # Always in the same order, or two requests with the same would wait for each other.
            ReceivedEvent.objects.bulk_create(sorted(received, key=lambda r: r.pk))
            messages = sorted(self.messages, key=lambda m: (m.organization_id, m.ovice_id))
            Message.objects.bulk_create(messages)
            Delivery.objects.bulk_create(self.deliveries)
        _wake_lanes(self.deliveries)


def judge_messages(arrivals: Sequence[Arrival]) -> Judged:
    """Decide about messages: each gets a delivery for each link or the reason why there is none.

    No two arrivals may be the same message for the same recipient. The recipients' links stay
    locked until the end of the transaction.
    """
    known = _Known(arrivals)
    messages, deliveries = [], []
    for arrival in arrivals:
        content = _content(arrival.data)
        skip = _decide(arrival, known, content)
        message = _message(arrival, skip)
        if skip is None:
            message.content = content.to_json()
            deliveries += _deliveries(message, known.linked_before(arrival))
        messages.append(message)
    return Judged(messages, deliveries)


class _Known:
    """What the database knows about the recipients of some messages, each asked for once."""

    def __init__(self, arrivals: Sequence[Arrival]) -> None:
        self.links = _links({arrival.recipient for arrival in arrivals})
        others = {a.recipient for a in arrivals if a.recipient not in self.links}
        self.members = _members(others)
        self.installations = _installations({organization_id for organization_id, _ in others})
        unasked = [a for a in arrivals if a.deleted is None and a.recipient in self.links]
        self.deleted = _deleted({arrival.message for arrival in unasked})

    def linked_before(self, arrival: Arrival) -> list[Link]:
        """Return those of the recipient's links that were there when the message was sent."""
        links, sent_at = self.links[arrival.recipient], arrival.data.message.sent_at
        return [link for link in links if link.linked_at <= sent_at]

    def standing(self, arrival: Arrival) -> Standing:
        """Gather the facts of the decision; a recipient with a link answers most of them."""
        organization, links = arrival.organization, self.links.get(arrival.recipient, [])
        states = [link.installation.state for link in links]
        states = states or self.installations.get(organization.pk, [])
        paused = all(state == InstallationState.PAUSED for state in states)
        by_owner = organization.paused_at is not None
        return Standing(
            connected=bool(states),
            paused=not organization.feature_enabled or by_owner or paused,
            recipient_is_member=bool(links) or arrival.recipient in self.members,
            linked_at=min((link.linked_at for link in links), default=None),
            expire_after=organization.expire_after,
        )


def _links(recipients: set[Key]) -> dict[Key, list[Link]]:
    """Return the recipients' links, locked: one that is being ended is waited for."""
    found = (
        Link.objects.active()
        .select_for_update(of=("self",), no_key=True)
        .filter(
            **_among(recipients, "member__ovice_id"),
            member__removed_at=None,
            member__role__in=ORGANIZATION_USERS,
            installation__state__in=LIVE_STATES,
        )
        .select_related("installation", "member")
        # Always in the same order, or two batches would wait for each other.
        .order_by("pk")
    )
    links: dict[Key, list[Link]] = defaultdict(list)
    for link in found:
        links[link.organization_id, link.member.ovice_id].append(link)
    return dict(links)


def _members(recipients: set[Key]) -> set[Key]:
    """Return those of ``recipients`` who are organization users now."""
    found = Member.objects.filter(
        **_among(recipients, "ovice_id"), removed_at=None, role__in=ORGANIZATION_USERS
    )
    return set(found.values_list("organization_id", "ovice_id"))


def _installations(organization_ids: set[UUID]) -> dict[UUID, list[str]]:
    """Return the states of the organizations' live installations."""
    states: dict[UUID, list[str]] = defaultdict(list)
    live = Installation.objects.live().filter(organization__in=organization_ids)
    for organization_id, state in live.values_list("organization_id", "state"):
        states[organization_id].append(state)
    return dict(states)


def _deleted(messages: set[Key]) -> set[Key]:
    """Return those of ``messages`` that their sender deleted, be it before they came in."""
    gone = Message.objects.filter(**_among(messages, "ovice_id"), deleted_at__isnull=False)
    return set(gone.values_list("organization_id", "ovice_id"))


def _among(keys: set[Key], id_field: str) -> dict[str, set[UUID] | set[str]]:
    """Return a condition that lets no key through that is not made of parts of ``keys``."""
    organization_ids = {organization_id for organization_id, _ in keys}
    return {"organization__in": organization_ids, f"{id_field}__in": {own for _, own in keys}}


def _decide(arrival: Arrival, known: _Known, content: Content) -> Skip | None:
    has_content = bool(content.attachments) or not is_blank(content.text)
    skip = decide(arrival.data, known.standing(arrival), has_content=has_content, at=now())
    if skip is None and (arrival.deleted or arrival.message in known.deleted):
        return Skip.DELETED
    return skip


def _content(data: MessageCreated) -> Content:
    message, space = data.message, data.space
    return Content(
        sender_name=one_line(data.sender.name),
        space_name=one_line(space.name or "") if space else "",
        text=plain_text(message.text, message.text_format),
        attachments=len(message.attachments),
        link=choose_link(message.deep_link, space.url if space else None),
    )


def _message(arrival: Arrival, skip: Skip | None) -> Message:
    data = arrival.data
    return Message(
        organization=arrival.organization,
        event_id=arrival.event_id,
        ovice_id=data.message.id,
        recipient_ovice_id=recipient_of(data),
        space_ovice_id=data.space.id if data.space else "",
        # A sender's clock that runs ahead must not put this message behind later ones.
        sent_at=min(data.message.sent_at, now()),
        skipped_reason=skip or "",
    )


def _deliveries(message: Message, links: Iterable[Link]) -> list[Delivery]:
    return [
        Delivery(
            organization_id=message.organization_id,
            message=message,
            installation_id=link.installation_id,
            link=link,
            lane=lane_number(link.pk, settings.RELAY_LANES),
            sent_at=message.sent_at,
            due_at=message.accepted_at,
            expires_at=message.sent_at + message.organization.expire_after,
        )
        for link in links
    ]


def _wake_lanes(deliveries: Iterable[Delivery]) -> None:
    """Wake each lane once, as soon as what falls in it is committed."""
    lanes = {(delivery.installation_id, delivery.lane) for delivery in deliveries}
    for installation_id, lane in sorted(lanes):
        transaction.on_commit(partial(wake, installation_id, lane), robust=True)
