"""Calls the sandbox's Graph API the way any program would, with `requests` alone."""

import hashlib
import hmac
import time
from typing import Any

import requests

from tests.plugins.sandbox import Integration, Sandbox

ANSWER_SECONDS = 10


class Graph:
    """One integration's view of the Graph API."""

    def __init__(self, sandbox: Sandbox, integration: Integration) -> None:
        """Call as the given integration, with its token in the header."""
        self.sandbox = sandbox
        self.integration = integration
        self._session = requests.Session()

    def call(
        self, method: str, path: str, *, token: str | None = None, **arguments: Any
    ) -> requests.Response:
        """Make a call and return the answer, whatever it is."""
        token = self.integration.access_token if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self._session.request(
            method,
            f"{self.sandbox.graph_url}/{path}",
            headers=headers | arguments.pop("headers", {}),
            timeout=arguments.pop("timeout", ANSWER_SECONDS),
            **arguments,
        )

    def get(self, path: str, **params: str) -> requests.Response:
        """Read a node."""
        return self.call("GET", path, params=params)

    def id_of(self, email: str) -> str:
        """Return the app-scoped id of the member with this address."""
        return str(self.get(email, fields="id").json()["id"])

    def send(self, recipient: str, text: str = "Hello", **message: Any) -> requests.Response:
        """Send a text to one member."""
        return self.post_message({"id": recipient}, {"text": text, **message})

    def post_message(self, recipient: Any, message: Any = None, **more: Any) -> requests.Response:
        """Post to `/me/messages`; what is None is left out."""
        body = {"recipient": recipient, "message": message, **more}
        body = {name: value for name, value in body.items() if value is not None}
        return self.call("POST", "me/messages", json=body)


def proof(
    integration: Integration, at: float | None = None, token: str | None = None
) -> dict[str, str]:
    """Return the expiring proof's two parameters for a moment, now unless given."""
    seconds = str(int(time.time() if at is None else at))
    message = f"{token or integration.access_token}|{seconds}"
    return {"appsecret_proof": sign(integration.app_secret, message), "appsecret_time": seconds}


def sign(secret: str, message: str) -> str:
    """Return the lower-case hex HMAC-SHA256 of a text."""
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def error_of(answer: requests.Response) -> tuple[int, int, int | None]:
    """Return HTTP status, code and subcode of a refusal."""
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("error_subcode")
