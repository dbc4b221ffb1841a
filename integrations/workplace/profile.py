"""The bot's profile in Work Chat: greeting, start button and menu, one per installed page."""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.workplace.client import GraphClient
from integrations.workplace.request import Call, Expected

_PATH = ("me", "messenger_profile")
_DONE = Expected(fields=("result",))


def get_profile(client: GraphClient, fields: Sequence[str]) -> Mapping[str, Any]:
    """Return the named fields that are set, in the platform's shapes; empty when none is."""
    query = {"fields": ",".join(fields)}
    body = client.call(Call("get_profile", "GET", _PATH, query)).body
    # An unset profile answers an empty list.
    found: Any = body.get("data") if isinstance(body, Mapping) else None
    return found[0] if isinstance(found, list) and found else {}


def set_profile(client: GraphClient, fields: Mapping[str, Any]) -> None:
    """Set fields such as ``get_started``, ``greeting`` and ``persistent_menu``.

    A menu needs ``get_started`` to be set, and an entry for the locale ``default``
    (Messenger profile).
    """
    client.call(Call("set_profile", "POST", _PATH, payload=dict(fields), expected=_DONE))
