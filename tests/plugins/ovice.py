"""Drives the pretend ovice of the sandbox through its control API."""

from typing import Any

import pytest

from tests.plugins.sandbox import Sandbox


class Ovice:
    """Control of the pretend ovice; ids are text, answers are the control API's JSON."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Talk to the ovice of a running sandbox."""
        self.sandbox = sandbox
        self.web_url = sandbox.web_url

    def control(self, method: str, path: str, json: Any = None) -> Any:
        """Call the control API; `path` begins after `/control/ovice/`."""
        return self.sandbox.control(method, f"ovice/{path}", json)

    def settings(self, **values: Any) -> dict[str, Any]:
        """Return the settings, secrets included, after changing the given ones."""
        return dict(self.control("PATCH", "settings", values))

    def organization(self, name: str = "Example Works", **values: Any) -> str:
        """Make an organization and return its id; `announce=False` keeps the relay in the dark."""
        return str(self.control("POST", "organizations", {"name": name, **values})["id"])

    def space(self, organization: str, name: str = "Tokyo HQ", **values: Any) -> str:
        """Make a space and return its id."""
        path = f"organizations/{organization}/spaces"
        return str(self.control("POST", path, {"name": name, **values})["id"])

    def person(self, organization: str, name: str, email: str | None = "", **values: Any) -> str:
        """Make a person and return the account id; an address is made of the name if not given."""
        if email == "":
            email = f"{name.split(maxsplit=1)[0].casefold()}@example.com"
        path = f"organizations/{organization}/people"
        return str(self.control("POST", path, {"name": name, "email": email, **values})["id"])

    def group(self, organization: str, handle: str, people: list[str]) -> None:
        """Make a group that can be mentioned."""
        body = {"handle": handle, "people": people}
        self.control("POST", f"organizations/{organization}/groups", body)

    def change_organization(self, organization: str, **values: Any) -> dict[str, Any]:
        """Change name, plan or feature_enabled."""
        return dict(self.control("PATCH", f"organizations/{organization}", values))

    def change_space(self, organization: str, space: str, **values: Any) -> dict[str, Any]:
        """Change name, domain, rooms or dm_feature."""
        return dict(self.control("PATCH", f"organizations/{organization}/spaces/{space}", values))

    def change_person(self, organization: str, person: str, **values: Any) -> dict[str, Any]:
        """Change name, email, email_verified, role, locale or space_ids."""
        return dict(self.control("PATCH", f"organizations/{organization}/people/{person}", values))

    def remove_organization(self, organization: str, **values: Any) -> dict[str, Any]:
        """Remove an organization."""
        return dict(self.control("DELETE", f"organizations/{organization}", values))

    def remove_space(self, organization: str, space: str) -> dict[str, Any]:
        """Remove a space."""
        return dict(self.control("DELETE", f"organizations/{organization}/spaces/{space}"))

    def remove_person(self, organization: str, person: str) -> dict[str, Any]:
        """Remove a person."""
        return dict(self.control("DELETE", f"organizations/{organization}/people/{person}"))

    def announce(self, organization: str) -> list[dict[str, Any]]:
        """Tell the relay the whole organization anew; return the events."""
        return list(self.control("POST", "announce", {"organization": organization})["events"])

    def dm(
        self, space: str, sender: str, recipient: str, text: str, **values: Any
    ) -> dict[str, Any]:
        """Send a direct message; the answer has the relay's first answer in `status`."""
        named = {"space": space, "sender": sender, "recipient": recipient, "text": text}
        return dict(self.control("POST", "dm", named | values))

    def chat(self, space: str, sender: str, text: str) -> dict[str, Any]:
        """Write a line as if typed in the chat pane; its mentions decide where it goes."""
        return dict(self.control("POST", "chat", {"space": space, "sender": sender, "text": text}))

    def raw(self, **values: Any) -> dict[str, Any]:
        """Post anything to the relay: body or body_base64, headers, sign, path, event_id."""
        return dict(self.control("POST", "raw", values))

    def resend(self, event_id: str, **values: Any) -> list[dict[str, Any]]:
        """Post the same event again, `times` times, `how` at_once or in_turn."""
        return list(self.control("POST", "resend", {"event_id": event_id, **values})["data"])

    def delete_message(self, space: str, message: str) -> dict[str, Any]:
        """Delete a message from the chat, which the relay is told."""
        return dict(self.control("DELETE", f"spaces/{space}/messages/{message}"))

    def launch_token(self, organization: str, person: str, **values: Any) -> str:
        """Return a launch token; purpose, claims, without, alg, kid, header and key forge it."""
        body = {"organization": organization, "person": person, **values}
        return str(self.control("POST", "launch-token", body)["token"])

    def callbacks(self, after: int = 0) -> list[dict[str, Any]]:
        """Return what the relay has told ovice after the given number."""
        return list(self.control("GET", f"callbacks?after={after}")["data"])

    def events(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the attempts made after the given number, in order, with the answers."""
        return list(self.control("GET", f"events?after={after}")["data"])


@pytest.fixture
def ovice(sandbox: Sandbox) -> Ovice:
    """The pretend ovice, empty at the start of each test."""
    return Ovice(sandbox)
