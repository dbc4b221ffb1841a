"""The data of each event type that ovice sends; pure functions from records to JSON values."""

import json
from typing import Any

from sandbox.ovice.records import ChatMessage, Organization, Person, Space


def space_url(space: Space, ovice_url: str) -> str:
    """Return a space's address at ovice; no address of a single chat is documented."""
    return f"{ovice_url}/ws/{space.domain}"


def describe_organization(organization: Organization) -> dict[str, Any]:
    """Return an organization as events and the directory carry it."""
    return {
        "id": organization.organization_id,
        "name": organization.name,
        "plan": organization.plan,
        "feature_enabled": organization.feature_enabled,
    }


def describe_space(space: Space, ovice_url: str) -> dict[str, Any]:
    """Return a space as events carry it."""
    return {
        "id": space.space_id,
        "name": space.name,
        "domain": space.domain,
        "url": space_url(space, ovice_url),
    }


def describe_member(organization: Organization, person: Person) -> dict[str, Any]:
    """Return an organization user as events and the directory carry it."""
    every_space = list(organization.spaces)
    return {
        "id": person.person_id,
        "email": person.email,
        "email_verified": person.email_verified,
        "name": person.name,
        "role": person.role,
        "locale": person.locale,
        "space_ids": every_space if person.space_ids is None else person.space_ids,
        "status": "active",
    }


def direct_message(message: ChatMessage, ovice_url: str) -> dict[str, Any]:
    """Return the data of `message.direct.created`."""
    space, sender, mention = message.space, message.sender, message.mention
    return {
        "organization": {"id": space.organization.organization_id},
        "space": describe_space(space, ovice_url),
        "message": {
            "id": message.message_id,
            "text": message.text,
            "text_format": message.text_format,
            "sent_at": message.sent_at,
            "deep_link": space_url(space, ovice_url),
            "attachments": message.attachments,
        },
        "mention": {"scope": mention.scope, "handles": mention.handles},
        "sender": _describe_sender(sender),
        "recipients": [
            {"id": person.person_id, "type": "user", "role": person.role, "name": person.name}
            for person in mention.recipients
        ],
    }


def _describe_sender(sender: Person) -> dict[str, Any]:
    known = {"id": sender.person_id, "name": sender.name, "role": sender.role}
    return known | ({"email": sender.email} if sender.email else {})


def named_message(message: ChatMessage) -> dict[str, Any]:
    """Return the data of `message.direct.updated` and `.deleted`."""
    return {
        "organization": {"id": message.space.organization.organization_id},
        "message": {"id": message.message_id},
    }


def removed_organization(organization: Organization, reason: str) -> dict[str, Any]:
    """Return the data of `organization.removed`."""
    return {"organization": {"id": organization.organization_id}, "reason": reason}


def told_member(organization: Organization, person: Person, changed: list[str]) -> dict[str, Any]:
    """Return the data of `organization.member.added` and `.updated`."""
    return {
        "organization": {"id": organization.organization_id},
        "member": describe_member(organization, person),
        "changed": changed,
    }


def removed_member(organization: Organization, person: Person) -> dict[str, Any]:
    """Return the data of `organization.member.removed`."""
    return {
        "organization": {"id": organization.organization_id},
        "member": {"id": person.person_id},
    }


def changed_email(organization: Organization, person: Person, old: str | None) -> dict[str, Any]:
    """Return the data of `organization.member.email_changed`."""
    return {
        "organization": {"id": organization.organization_id},
        "member": {
            "id": person.person_id,
            "old": old,
            "new": person.email,
            "verified": person.email_verified,
        },
    }


def told_space(space: Space, ovice_url: str) -> dict[str, Any]:
    """Return the data of `space.created` and `.updated`."""
    return {
        "organization": {"id": space.organization.organization_id},
        "space": describe_space(space, ovice_url),
    }


def removed_space(space: Space) -> dict[str, Any]:
    """Return the data of `space.removed`."""
    return {
        "organization": {"id": space.organization.organization_id},
        "space": {"id": space.space_id},
    }


def ping(organization: Organization, note: str) -> dict[str, Any]:
    """Return the data of `connector.ping`."""
    return {"organization": {"id": organization.organization_id}, "note": note}


def encode(event_id: str, event_type: str, timestamp: str, data: dict[str, Any]) -> bytes:
    """Return the body of an event; what UTF-8 cannot carry is escaped."""
    event = {
        "type": event_type,
        "timestamp": timestamp,
        "schema": 1,
        "data": {"event_id": event_id, **data},
    }
    try:
        return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(event, separators=(",", ":")).encode()
