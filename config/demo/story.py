"""The story the demo tells: Taro writes to Hanako in ovice, and she reads it in Work Chat."""

import json
import time
from dataclasses import dataclass
from typing import Any

from config.demo.children import ChildError
from config.demo.system import System

TEXT = "Can you join room B?"
ARRIVAL_SECONDS = 30.0
WEBHOOK_FIELDS = (
    "messages",
    "messaging_postbacks",
    "message_echoes",
    "message_deliveries",
    "message_reads",
)


@dataclass(frozen=True, slots=True)
class Cast:
    """People and places of the demo's DM, by their ids on either side."""

    organization: str
    space: str
    sender: str
    recipient: str
    account: str
    bot: str


def set_the_scene(system: System, *, hears: bool = True) -> Cast:
    """Make an organization in ovice and its community in Workplace, connect and link them.

    ovice tells the service about its people by signed events; connecting and linking are the same
    functions that the pages call. With ``hears`` the bot is told what happens in Work Chat.
    """
    community = system.control("POST", "workplace/communities", {"name": "Acme"})["id"]
    token = system.control(
        "POST", f"workplace/communities/{community}/integrations", {"name": "ovice DM"}
    )
    organization = system.control("POST", "ovice/organizations", {"name": "Acme"})["id"]
    tenant = f"ovice/organizations/{organization}"
    space = system.control("POST", f"{tenant}/spaces", {"name": "Tokyo HQ", "domain": "tokyo-hq"})[
        "id"
    ]
    people = {}
    # Taro also owns the organization, so that whoever plays him can open its settings.
    for name, role in (("Taro", "owner"), ("Hanako", "member")):
        person = {"name": name, "email": f"{name.lower()}@example.com"}
        people[name] = system.control("POST", f"{tenant}/people", {**person, "role": role})
        people[name]["account"] = system.control(
            "POST", f"workplace/communities/{community}/members", person
        )["id"]
    order = {
        "organization": organization,
        "access_token": token["access_token"],
        "app_secret": token["app_secret"],
        "members": [people["Hanako"]["id"]],
    }
    made = json.loads(system.manage("connecting and linking", "demo_connect", stdin=order))
    if hears:
        _let_the_bot_hear(system, token["page_id"], made)
    taro, hanako = people["Taro"], people["Hanako"]
    return Cast(organization, space, taro["id"], hanako["id"], hanako["account"], token["page_id"])


def _let_the_bot_hear(system: System, page_id: str, made: dict[str, str]) -> None:
    """Enter in Workplace, as an admin would, where the integration's webhooks go."""
    webhooks = {
        "callback_url": f"{system.base_url}/workplace/webhook/{made['installation']}",
        "verify_token": made["verify_token"],
        "fields": list(WEBHOOK_FIELDS),
    }
    system.control("POST", f"workplace/installs/{page_id}/webhooks", webhooks)


def send_dm(system: System, cast: Cast, text: str = TEXT) -> str:
    """Write a DM in the pretend ovice, which posts it to the service.

    Returns the service's word for what became of it, such as ``accepted``, or its whole answer
    where that has none.
    """
    dm = {
        "organization": cast.organization,
        "space": cast.space,
        "sender": cast.sender,
        "recipient": cast.recipient,
        "text": text,
    }
    sent = system.control("POST", "ovice/dm", dm)
    answer = sent["answer"] if isinstance(sent["answer"], dict) else {}
    return str(answer.get("status", f"{sent['status']} {sent['answer']}"))


def texts_in_work_chat(system: System, cast: Cast) -> list[str]:
    """Return the DMs that the recipient reads in the pretend Work Chat.

    The bot's words about itself carry no reference.
    """
    return [message["text"] for message in _chat(system, cast) if message["metadata"]]


def work_chat_page(system: System, cast: Cast) -> str:
    """Return the address of the page where the recipient reads what has arrived."""
    thread = _chat(system, cast)[0]["thread_id"]
    return f"{system.sandbox_url}/chat/{cast.account}/{thread}"


def _chat(system: System, cast: Cast) -> list[dict[str, Any]]:
    chat = system.control("GET", f"workplace/messages?member={cast.account}")
    messages: list[dict[str, Any]] = chat["data"]
    return messages


def carry_one_dm(system: System, cast: Cast) -> float:
    """Send one DM and return after how many seconds it was in Work Chat.

    Raises ``ChildError`` when it was refused or has not arrived in time.
    """
    started = time.monotonic()
    answer = send_dm(system, cast)
    if answer != "accepted":
        raise ChildError(f"The service answered “{answer}” instead of accepting the DM.")

    def arrived() -> bool:
        return any(TEXT in text for text in texts_in_work_chat(system, cast))

    system.children.wait_until("the DM in Work Chat", arrived, seconds=ARRIVAL_SECONDS)
    return time.monotonic() - started
