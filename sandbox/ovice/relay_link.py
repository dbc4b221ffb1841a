"""Asks the relay how things stand: a person's link, an organization's connection."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp

from sandbox.ovice.outbox import read_answer
from sandbox.ovice.settings import OviceSettings
from sandbox.state import State

TIMEOUT = aiohttp.ClientTimeout(total=5)
OK = 200
LINK_STATES = frozenset({"unavailable", "unlinked", "linked", "needs_relink", "paused"})


@dataclass(frozen=True)
class LinkState:
    """State of a link as the relay says it. `status` is `unknown` if it says nothing of use.

    `reply` is the relay's HTTP status, or why there was none.
    """

    status: str
    reply: str
    details: dict[str, Any]


async def ask_link(
    state: State, settings: OviceSettings, organization_id: str, person_id: str
) -> LinkState:
    """Ask for the link of a person in an organization."""
    path = f"organizations/{quote(organization_id, safe='')}/users/{quote(person_id, safe='')}/link"
    reply, answer = await _ask(state, settings, path)
    status = answer.get("status")
    known = status if isinstance(status, str) and status in LINK_STATES else "unknown"
    return LinkState(known, reply, answer)


async def ask_connection(
    state: State, settings: OviceSettings, organization_id: str
) -> tuple[str, dict[str, Any]]:
    """Ask for an organization's connection; return the reply and what it says."""
    return await _ask(
        state, settings, f"organizations/{quote(organization_id, safe='')}/connection"
    )


async def _ask(state: State, settings: OviceSettings, path: str) -> tuple[str, dict[str, Any]]:
    """Return the relay's HTTP status, or an error's name, and the object it answered with."""
    headers = {"Authorization": f"Bearer {settings.connector_key}"}
    url = f"{state.relay_url}/v1/{path}"
    try:
        async with state.http.get(
            url, headers=headers, timeout=TIMEOUT, allow_redirects=False
        ) as response:
            answer = read_answer(await response.read())
            is_object = response.status == OK and isinstance(answer, dict)
            return str(response.status), answer if is_object else {}
    except (aiohttp.ClientError, TimeoutError) as error:
        return type(error).__name__, {}
