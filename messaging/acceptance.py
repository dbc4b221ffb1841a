"""Deciding about one DM and storing it with its deliveries; the caller holds the transaction."""

from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils.timezone import now

from accounts.models import ORGANIZATION_USERS, Link, Member
from integrations.models import LIVE_STATES, Installation, InstallationState, Organization
from messaging.content import Content, is_blank, one_line, plain_text
from messaging.eligibility import Skip, Standing, check_addressing, decide
from messaging.events import MessageCreated
from messaging.models import Delivery, Message, lane_number
from messaging.notice import choose_link
from messaging.settlement import was_deleted
from messaging.wakeups import wake


def accept_message(organization: Organization | None, event_id: str, data: MessageCreated) -> str:
    """Store the message, with a delivery for each link or the reason why there is none.

    Returns the reason, empty when it will be delivered. Of an organization we do not know, or no
    longer know, nothing is stored.
    """
    if organization is None:
        return Skip.ORG_NOT_CONNECTED
    links = _links(organization, data)
    content = _content(data)
    has_content = bool(content.attachments) or not is_blank(content.text)
    standing = _standing(organization, data, links)
    skip = decide(data, standing, has_content=has_content, at=now())
    if skip is None and was_deleted(organization, data.message.id):
        skip = Skip.DELETED
    message = _message(organization, event_id, data, skip)
    if skip is None:
        message.content = content.to_json()
    message.save(force_insert=True)
    if skip is None:
        _deliver(message, [link for link in links if link.linked_at <= data.message.sent_at])
    return skip or ""


def recipient_of(data: MessageCreated) -> str:
    """Return the one recipient's id, or nothing where the message was not addressed to one."""
    return "" if check_addressing(data) else data.recipients[0].id or ""


def _links(organization: Organization, data: MessageCreated) -> list[Link]:
    """Return the recipient's links, locked: one that is being ended is waited for."""
    return list(
        Link.objects.active()
        .select_for_update(of=("self",), no_key=True)
        .filter(
            organization=organization,
            member__ovice_id=recipient_of(data),
            member__removed_at=None,
            member__role__in=ORGANIZATION_USERS,
            installation__state__in=LIVE_STATES,
        )
        .select_related("installation")
    )


def _standing(organization: Organization, data: MessageCreated, links: list[Link]) -> Standing:
    """Gather the facts of the decision; a recipient with a link answers most of them."""
    installations = [link.installation for link in links] or list(
        Installation.objects.live().filter(organization=organization)
    )
    paused = [i.state == InstallationState.PAUSED for i in installations]
    by_owner = organization.paused_at is not None
    return Standing(
        connected=bool(installations),
        paused=not organization.feature_enabled or by_owner or all(paused),
        recipient_is_member=bool(links) or _is_member(organization, recipient_of(data)),
        linked_at=min((link.linked_at for link in links), default=None),
        expire_after=organization.expire_after,
    )


def _is_member(organization: Organization, ovice_id: str) -> bool:
    return Member.objects.filter(
        organization=organization,
        ovice_id=ovice_id,
        removed_at=None,
        role__in=ORGANIZATION_USERS,
    ).exists()


def _content(data: MessageCreated) -> Content:
    message, space = data.message, data.space
    return Content(
        sender_name=one_line(data.sender.name),
        space_name=one_line(space.name or "") if space else "",
        text=plain_text(message.text, message.text_format),
        attachments=len(message.attachments),
        link=choose_link(message.deep_link, space.url if space else None),
    )


def _message(
    organization: Organization, event_id: str, data: MessageCreated, skip: Skip | None
) -> Message:
    return Message(
        organization=organization,
        event_id=event_id,
        ovice_id=data.message.id,
        recipient_ovice_id=recipient_of(data),
        space_ovice_id=data.space.id if data.space else "",
        # A sender's clock that runs ahead must not put this message behind later ones.
        sent_at=min(data.message.sent_at, now()),
        skipped_reason=skip or "",
    )


def _deliver(message: Message, links: list[Link]) -> None:
    """Create the deliveries and wake their lanes once they are committed."""
    for link in links:
        lane = lane_number(link.pk, settings.RELAY_LANES)
        Delivery.objects.create(
            organization_id=message.organization_id,
            message=message,
            installation_id=link.installation_id,
            link=link,
            lane=lane,
            sent_at=message.sent_at,
            due_at=message.accepted_at,
            expires_at=message.sent_at + message.organization.expire_after,
        )
        transaction.on_commit(partial(wake, link.installation_id, lane), robust=True)
