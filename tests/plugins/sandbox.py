"""Starts the sandbox as a process of its own and drives it through its control API."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

pytest_plugins = ["tests.plugins.receiver"]

ROOT = Path(__file__).parents[2]
READY = re.compile(r"sandbox ready graph=(?P<graph>\S+) web=(?P<web>\S+)")
END_SECONDS = 5
ANSWER_SECONDS = 10


@dataclass(frozen=True)
class Integration:
    """A custom integration, or an installed third-party app, with its secrets."""

    app_id: str
    app_secret: str
    access_token: str
    page_id: str
    install_id: str
    community_id: str


class Sandbox:
    """The running sandbox: its addresses, and what tests ask of it."""

    def __init__(self, graph_url: str, web_url: str) -> None:
        """Talk to the sandbox at these addresses."""
        self.graph_url = graph_url
        self.web_url = web_url
        self._session = requests.Session()

    def control(self, method: str, path: str, json: Any = None) -> Any:
        """Call the control API; `path` begins after `/control/`. A refusal fails the test."""
        url = f"{self.web_url}/control/{path.lstrip('/')}"
        answer = self._session.request(method, url, json=json, timeout=ANSWER_SECONDS)
        assert answer.ok, f"{method} /control/{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def workplace(self, method: str, path: str, json: Any = None) -> Any:
        """Call the control API of the pretend Workplace."""
        return self.control(method, f"workplace/{path}", json)

    def reset(self) -> None:
        """Forget everything but the relay's address."""
        self.control("POST", "reset")

    def relay(self, base_url: str) -> None:
        """Tell the sandbox where the relay under test listens."""
        self.control("PUT", "relay", {"base_url": base_url})

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock."""
        self.control("POST", "clock", {"advance_seconds": seconds})

    def community(self, name: str = "Acme", **values: Any) -> str:
        """Make a community and return its id."""
        made = self.workplace("POST", "communities", {"name": name, **values})
        return str(made["id"])

    def member(self, community: str, name: str, email: str = "", **values: Any) -> str:
        """Make a member and return the global id, by which only the control API knows people."""
        email = email or f"{name.split(maxsplit=1)[0].casefold()}@example.com"
        body = {"name": name, "email": email, **values}
        return str(self.workplace("POST", f"communities/{community}/members", body)["id"])

    def members(self, community: str, people: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Make many members in one call; return them with their ids, app-scoped ones too."""
        path = f"communities/{community}/members"
        return list(self.workplace("POST", path, {"members": people})["data"])

    def change_member(self, member: str, **values: Any) -> None:
        """Change a member: email, name, locale, claimed, active, blocks, unblocks."""
        self.workplace("PATCH", f"members/{member}", values)

    def custom_integration(
        self, community: str, name: str = "ovice DM", **values: Any
    ) -> Integration:
        """Make a custom integration; `permissions` and `require_proof` can be given."""
        path = f"communities/{community}/integrations"
        return Integration(**self.workplace("POST", path, {"name": name, **values}))

    def app(self, name: str = "ovice", **values: Any) -> dict[str, Any]:
        """Register a third-party app; its addresses are the relay's unless given."""
        return dict(self.workplace("POST", "apps", {"name": name, **values}))

    def install(self, community: str, app_id: str, **values: Any) -> Integration:
        """Install a third-party app without its dialog; the code is thrown away."""
        path = f"communities/{community}/installs"
        made = self.workplace("POST", path, {"app_id": app_id, **values})
        return Integration(**{name: made[name] for name in Integration.__annotations__})

    def uninstall(self, page_id: str) -> None:
        """Uninstall an integration; a third-party app is told by the deauthorization call."""
        self.workplace("DELETE", f"installs/{page_id}")

    def reset_token(self, page_id: str) -> str:
        """Reset an integration's token and return the new one."""
        return str(self.workplace("POST", f"installs/{page_id}/reset-token")["access_token"])

    def act(self, member: str, page_id: str, **values: Any) -> dict[str, Any]:
        """Write (`text`), tap (`payload`) or read (`read`) as a member."""
        return dict(self.workplace("POST", "chat", {"member": member, "page": page_id, **values}))

    def calls(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the Graph calls received after the given number, in order."""
        return list(self.workplace("GET", f"calls?after={after}")["data"])

    def sends(self) -> list[dict[str, Any]]:
        """Return only the calls that asked to send something."""
        return [call for call in self.calls() if call["body"] is not None]

    def chat(self, member: str) -> list[dict[str, Any]]:
        """Return what was written in a member's chats, oldest first."""
        return list(self.workplace("GET", f"messages?member={member}")["data"])

    def texts(self, member: str) -> list[str]:
        """Return the texts the bots wrote to a member, oldest first."""
        return [message["text"] for message in self.chat(member) if message["from"] == "bot"]

    def fault(self, kind: str, **values: Any) -> int:
        """Put a fault into force and return its id."""
        return int(self.workplace("POST", "faults", {"kind": kind, **values})["fault_id"])

    def lift_faults(self) -> None:
        """Lift all faults."""
        self.workplace("DELETE", "faults")

    def behave(self, **values: Any) -> None:
        """Choose a behaviour where the real platform's is not known."""
        self.workplace("PUT", "behaviour", values)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Run the sandbox on free ports for the whole session; each test finds it empty."""
    ports = {"SANDBOX_GRAPH_PORT": "0", "SANDBOX_WEB_PORT": "0", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox"],
        cwd=ROOT,
        env={**os.environ, **ports},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        ready = READY.match(process.stdout.readline())
        assert ready, "the sandbox did not start"
        yield Sandbox(ready["graph"], ready["web"])
    finally:
        process.terminate()
        process.wait(END_SECONDS)
        process.stdout.close()


@pytest.fixture(autouse=True)
def _empty_sandbox(request: pytest.FixtureRequest) -> None:
    if "sandbox" in request.fixturenames:
        request.getfixturevalue("sandbox").reset()
