"""Eligibility of a DM: one pure decision table, first failing rule first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from messaging.ingest.events import MessageCreated


class Skip(StrEnum):
    """Why a message is not relayed, in the contract's words."""

    ORG_NOT_CONNECTED = "org_not_connected"
    ORG_PAUSED = "org_paused"
    MULTIPLE_RECIPIENTS = "multiple_recipients"
    PUBLIC_CHAT = "public_chat"
    GROUP_MENTION = "group_mention"
    SELF_MESSAGE = "self_message"
    RECIPIENT_NOT_MEMBER = "recipient_not_member"
    NOT_LINKED = "not_linked"
    BEFORE_LINK = "before_link"
    STALE = "stale"
    EMPTY = "empty"
    # Not a rule of the table: the sender deleted it before it came in.
    DELETED = "deleted"


_BY_SCOPE = {"users": Skip.MULTIPLE_RECIPIENTS, "none": Skip.PUBLIC_CHAT}


@dataclass(frozen=True, slots=True)
class Standing:
    """Facts about an organization and a message's recipient.

    ``linked_at`` is None without an active link. A connection that needs its owner's attention
    counts as connected: its messages wait, they are not refused.
    """

    connected: bool
    paused: bool
    recipient_is_member: bool
    linked_at: datetime | None
    expire_after: timedelta


def check_addressing(event: MessageCreated) -> Skip | None:
    """Rules E2 to E4: exactly one user, named alone, and not the sender."""
    if event.mention.scope != "user":
        return _BY_SCOPE.get(event.mention.scope, Skip.GROUP_MENTION)
    if len(event.recipients) != 1 or event.recipients[0].type != "user":
        return Skip.MULTIPLE_RECIPIENTS
    if event.recipients[0].id == event.sender.id:
        return Skip.SELF_MESSAGE
    return None


def decide(
    event: MessageCreated, standing: Standing, *, has_content: Callable[[], bool], at: datetime
) -> Skip | None:
    """Return the reason of the first rule, E1 to E9, that the message fails, or None.

    Its content is looked at last: nobody works on the text of a message that goes nowhere.
    """
    return (
        _check_organization(standing)
        or check_addressing(event)
        or _check_recipient(standing, event.message.sent_at)
        or (Skip.STALE if at - event.message.sent_at > standing.expire_after else None)
        or (None if has_content() else Skip.EMPTY)
    )


def _check_organization(standing: Standing) -> Skip | None:
    """Rule E1."""
    if not standing.connected:
        return Skip.ORG_NOT_CONNECTED
    return Skip.ORG_PAUSED if standing.paused else None


def _check_recipient(standing: Standing, sent_at: datetime) -> Skip | None:
    """Rules E5 to E7."""
    if not standing.recipient_is_member:
        return Skip.RECIPIENT_NOT_MEMBER
    if standing.linked_at is None:
        return Skip.NOT_LINKED
    return Skip.BEFORE_LINK if sent_at < standing.linked_at else None
