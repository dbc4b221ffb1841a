"""Rows and events for tests, with nothing hidden: what a test does not say has a plain default."""

import itertools
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.test import Client
from django.utils.timezone import now

from accounts.models import Link, Member, User
from integrations.encryption.hashing import keyed_hash
from integrations.models import Installation, InstallationKind, InstallationState, Organization
from integrations.ovice.webhooks import parse_secret, signature
from messaging.delivery.content import Content
from messaging.models import Delivery, Message, ReceivedEvent, lane_number
from messaging.models.bot import Conversation, ReceivedUpdate

EVENTS = "/v1/ovice/events"
_numbers = itertools.count(1)


def number() -> str:
    """Return an identifier no other row of this run has."""
    return f"{next(_numbers)}"


def make_organization(ovice_id: str = "", **fields: Any) -> Organization:
    organization = Organization.objects.register(ovice_id or f"org-{number()}")
    Organization.objects.filter(pk=organization.pk).update(**{"name": "Acme", **fields})
    organization.refresh_from_db()
    return organization


def make_installation(organization: Organization | None = None, **fields: Any) -> Installation:
    organization = organization or make_organization()
    installation = Installation(
        organization=organization,
        **{
            "target": "workplace",
            "kind": InstallationKind.CUSTOM,
            "generation": organization.installations.count() + 1,
            "state": InstallationState.ACTIVE,
            "community_id": number(),
            "connected_at": now(),
            **fields,
        },
    )
    installation.access_token, installation.app_secret = "DQVtoken", "secret"
    installation.save()
    return installation


def make_member(organization: Organization, ovice_id: str = "", **fields: Any) -> Member:
    member = Member(organization=organization, ovice_id=ovice_id or f"user-{number()}")
    values = {"email": f"{member.ovice_id}@example.com", "email_verified": True, "name": "Hanako"}
    for name, value in {**values, **fields}.items():
        setattr(member, name, value)
    member.save()
    return member


def give_second_factor(user: User) -> str:
    """Let ``user`` have an authenticator app, and return its secret."""
    secret: str = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def make_link(
    installation: Installation | None = None, member: Member | None = None, **fields: Any
) -> Link:
    installation = installation or make_installation()
    member = member or make_member(installation.organization)
    return Link.objects.create(
        organization=installation.organization,
        member=member,
        installation=installation,
        **{
            "account_id": number(),
            "linked_at": now() - timedelta(hours=1),
            **fields,
        },
    )


def make_delivery(
    link: Link | None = None,
    text: str = "Can you join room B?",
    deep_link: str = "",
    sender_name: str = "Taro",
    **fields: Any,
):
    link = link or make_link()
    message = Message(
        organization=link.organization,
        event_id=f"evt-{number()}",
        ovice_id=f"msg-{number()}",
        recipient_ovice_id=link.member.ovice_id,
        sent_at=fields.get("sent_at", now()),
    )
    message.content = Content(sender_name, "Tokyo HQ", text, 0, deep_link).to_json()
    message.save()
    return Delivery.objects.create(
        organization=link.organization,
        message=message,
        installation=link.installation,
        link=link,
        lane=lane_number(link.pk, settings.RELAY_LANES),
        **{
            "sent_at": message.sent_at,
            "due_at": now(),
            "expires_at": now() + timedelta(hours=24),
            **fields,
        },
    )


def make_talk(installation: Installation, account_id: str) -> None:
    """Let somebody have written to the bot, which has answered."""
    about = {"organization": installation.organization, "installation": installation}
    ReceivedUpdate.objects.create(
        **about,
        key=number(),
        kind="wrote",
        account_id=account_id,
        happened_at=now(),
        handled_at=now(),
    )
    Conversation.objects.create(**about, account_id=account_id)


def rfc3339(at: datetime | None = None) -> str:
    return (at or now()).astimezone(UTC).isoformat().replace("+00:00", "Z")


def event(kind: str, ovice_id: str, /, **data: Any) -> dict[str, Any]:
    """Return an event of ``kind`` as ovice writes it."""
    return {
        "type": kind,
        "timestamp": rfc3339(),
        "schema": 1,
        "data": {"organization": {"id": ovice_id}, **data},
    }


def dm_event(link: Link | None = None, /, **message: Any) -> dict[str, Any]:
    """Return a DM from Taro to the linked member, sent now."""
    link = link or make_link()
    return event(
        "message.direct.created",
        link.organization.ovice_id,
        space={
            "id": "987",
            "name": "Tokyo HQ",
            "domain": "tokyo-hq",
            "url": "https://app.ovice.com/ws/tokyo-hq",
        },
        message={
            "id": f"msg-{number()}",
            "text": "Can you join room B?",
            "text_format": "plain",
            "sent_at": rfc3339(),
            "attachments": [],
            **message,
        },
        mention={"scope": "user", "handles": ["@Hanako"]},
        sender={"id": "123456", "name": "Taro", "role": "member"},
        recipients=[
            {"id": link.member.ovice_id, "type": "user", "role": "member", "name": "Hanako"}
        ],
    )


def hold_event(event_id: str, organization: Organization) -> ReceivedEvent:
    """Store, not committed yet, what another request with this event would store."""
    return ReceivedEvent.objects.create(
        key=keyed_hash("event", organization.ovice_id, event_id),
        ovice_id=event_id,
        type="t",
        body_digest=b"",
        outcome="",
    )


def sign(body: bytes, *, event_id: str, timestamp: int | None = None, secret: str = ""):
    """Return the headers that make ``body`` an event signed by ovice."""
    moment = str(int(time.time()) if timestamp is None else timestamp)
    key = parse_secret(secret or settings.OVICE_EVENT_SECRETS[0])
    return {
        "webhook-id": event_id,
        "webhook-timestamp": moment,
        "webhook-signature": signature(key, event_id, moment, body),
    }


def post_batch(documents: Any, *, headers: dict[str, str] | None = None):
    """Send many events, or raw bytes, under one signature."""
    body = documents if isinstance(documents, bytes) else json.dumps({"events": documents}).encode()
    headers = headers or sign(body, event_id=f"batch_{uuid4().hex}")
    return Client().post(
        f"{EVENTS}/batch", data=body, content_type="application/json", headers=headers
    )


def post_event(document: Any, *, event_id: str = "", headers: dict[str, str] | None = None):
    """Send an event, or raw bytes, to the view, signed unless ``headers`` say otherwise."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    headers = headers or sign(body, event_id=event_id or f"evt_{uuid4().hex}")
    return Client().post(EVENTS, data=body, content_type="application/json", headers=headers)
