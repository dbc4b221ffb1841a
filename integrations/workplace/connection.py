"""Check of a token: whose bot it is, in which community, with which permissions."""

from collections.abc import Mapping
from typing import Any

from integrations.targets.errors import PermissionMissing, TargetError
from integrations.targets.port import Connection
from integrations.workplace.client import GraphClient
from integrations.workplace.errors import NotFound
from integrations.workplace.request import Call, Expected
from integrations.workplace.response import text_of

# Permissions that a relay needs and nothing else, by their names in the Graph API.
REQUIRED_PERMISSIONS = ("message", "read_user_email")
_WITH_ID = Expected(fields=("id",))
# Accounts without an address exist, so one member who shows none proves nothing.
_SAMPLE = "5"


def check(client: GraphClient) -> Connection:
    """Prove the token with live calls, sending nobody anything.

    The bot must answer. The community may be closed to a token that can do all a relay does; then
    its id stays empty. Permissions come from the install where the platform lists them.
    """
    bot = client.call(Call("me", "GET", ("me",), {"fields": "id,name"}, expected=_WITH_ID)).body
    community = _community(client)
    install = community.get("install")
    install = install if isinstance(install, Mapping) else {}
    return Connection(
        bot_id=text_of(bot["id"]),
        bot_name=text_of(bot.get("name")),
        community_id=text_of(community.get("id")),
        community_name=text_of(community.get("name")),
        install_id=text_of(install.get("id")),
        permissions=_granted(install.get("permissions")),
        missing_permissions=_missing(client, install.get("permissions")),
    )


def _community(client: GraphClient) -> Mapping[str, Any]:
    query = {"fields": "id,name,install"}
    try:
        answer = client.call(Call("community", "GET", ("community",), query, expected=_WITH_ID))
    except (PermissionMissing, NotFound):
        return {}
    body: Mapping[str, Any] = answer.body
    return body


def _granted(listed: object) -> tuple[str, ...]:
    # The platform has been seen to return the names in another letter case.
    return tuple(text_of(name).lower() for name in listed) if isinstance(listed, list) else ()


def _missing(client: GraphClient, listed: object) -> tuple[str, ...]:
    if isinstance(listed, list):
        return tuple(name for name in REQUIRED_PERMISSIONS if name not in _granted(listed))
    probes = {"message": _cannot_send, "read_user_email": _cannot_read_email}
    return tuple(name for name in REQUIRED_PERMISSIONS if probes[name](client))


def _cannot_send(client: GraphClient) -> bool:
    """Ask to send nothing to nobody: permissions are checked before parameters."""
    try:
        client.call(Call("probe_send", "POST", ("me", "messages"), payload={}))
    except PermissionMissing:
        return True
    except TargetError:
        return False
    return False


def _cannot_read_email(client: GraphClient) -> bool:
    """Tell whether no one of a few members shows an address; False when there is no telling."""
    query = {"fields": "id,email", "limit": _SAMPLE}
    try:
        body = client.call(Call("probe_email", "GET", ("community", "members"), query)).body
    except TargetError:
        return False
    members = body.get("data") if isinstance(body, Mapping) else None
    members = [member for member in members or [] if isinstance(member, Mapping)]
    return bool(members) and not any(member.get("email") for member in members)
