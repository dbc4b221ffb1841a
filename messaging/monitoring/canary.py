"""The canary: a test message to one member who agreed to it, the whole way, again and again.

Off unless an operator switches it on for an organization (``manage.py canary``). It comes in like
an event of ovice's and takes every step of one, so that its time is what others wait too. Its ids
begin with ``canary``, and its rows age and are purged like all others. It ends with the member's
link.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

from django.utils import translation
from django.utils.translation import gettext

from accounts.models import Link, Member
from accounts.owners.audit_log import record
from core.ids import rfc3339
from core.languages import language_of
from integrations.models import Installation
from messaging.ingest.events import parse_event
from messaging.ingest.ingest import ingest
from messaging.models import RESTING, Canary, Delivery, DeliveryState, Message
from messaging.models.incident_kinds import Kind
from messaging.models.monitoring import Finding
from messaging.monitoring.components import minutes_since
from messaging.monitoring.scope import OPEN, may_send

MARK = "canary"
# A test message that is older than this and has not arrived is late.
LATE = timedelta(minutes=5)
# Those somebody ended, or that wait because their member rests, say nothing.
_SAYING = (*OPEN, DeliveryState.FAILED, DeliveryState.EXPIRED)


def switch_on(member: Member, *, every: timedelta) -> Canary:
    """Let a member, who has agreed to it, get a test message so often; replaces the former one."""
    canary, _ = Canary.objects.update_or_create(
        organization=member.organization,
        defaults={"member": member, "every": every, "message_id": None, "sent_at": None},
    )
    record(canary, "canary_on")
    return canary


def switch_off(canary: Canary) -> None:
    """Send no more of them."""
    record(canary, "canary_off")
    canary.delete()


def canaries() -> Iterator[Canary]:
    """Yield every canary, with its organization."""
    yield from Canary.objects.select_related("organization", "member").order_by("pk")


def send_due(at: datetime) -> int:
    """Send what is due; return how many. One whose member has no link any more ends instead."""
    sent = 0
    for canary in canaries():
        link = Link.objects.filter(member=canary.member_id, removed_at=None).first()
        if link is None:
            switch_off(canary)
        elif canary.sent_at is None or canary.sent_at + canary.every <= at:
            _send(canary, link, at)
            sent += 1
    return sent


def _send(canary: Canary, link: Link, at: datetime) -> None:
    event_id = f"{MARK}_{uuid4().hex}"
    body = json.dumps(_event(canary, link, event_id, at)).encode()
    ingest(parse_event(body, event_id=event_id), body)
    messages = Message.objects.filter(organization=canary.organization, ovice_id=event_id)
    message_id = messages.values_list("pk", flat=True).first()
    Canary.objects.filter(pk=canary.pk).update(message_id=message_id, sent_at=at)


def _event(canary: Canary, link: Link, event_id: str, at: datetime) -> dict[str, object]:
    organization = canary.organization
    with translation.override(language_of(link.locale, organization.language)):
        text = gettext(
            "This is a test: direct messages from ovice reach you here. You agreed to get it now"
            " and then; tell your organization's owner if you no longer want it."
        )
    return {
        "type": "message.direct.created",
        "timestamp": rfc3339(at),
        "schema": 1,
        "data": {
            "organization": {"id": organization.ovice_id},
            "message": {
                "id": event_id,
                "text": text,
                "text_format": "plain",
                "sent_at": rfc3339(at),
                "attachments": [],
            },
            "mention": {"scope": "user", "handles": []},
            "sender": {"id": MARK, "name": "Kotozute", "role": "member"},
            "recipients": [{"id": canary.member.ovice_id, "type": "user", "role": "member"}],
        },
    }


def find(at: datetime) -> Iterator[Finding]:
    """Yield the organizations whose test message is late although nothing keeps it back."""
    for canary in Canary.objects.filter(sent_at__lte=at - LATE):
        if canary.message_id is None:
            continue
        late = Delivery.objects.filter(
            may_send(at), message_id=canary.message_id, state__in=_SAYING
        )
        installation = Installation.objects.filter(
            pk__in=late.exclude(reason=RESTING).values("installation")
        ).first()
        if installation is not None:
            facts = {"minutes": minutes_since(canary.sent_at, at)}
            yield Finding(Kind.CANARY_LATE, canary.organization_id, installation.pk, facts=facts)
