"""What the environment decides about the pretend ovice; the control API can change it later."""

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

SECRET_BYTES = 32


@dataclass
class OviceSettings:
    """Secrets shared with the relay, and the addresses that ovice puts into what it sends.

    A secret that the environment does not give is made anew at every start; `GET
    /control/ovice/settings` shows it. `retry_scale` shortens the waits between attempts.
    """

    event_secrets: list[str]
    callback_secret: str
    connector_key: str
    launch_secret: str
    issuer: str
    ovice_url: str
    return_url: str
    retry_scale: float
    endpoint_enabled: bool = True
    filter_at_source: bool = True

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the settings; a scale that is no number raises ValueError."""
        ovice_url = environ.get("OVICE_URL", "https://app.ovice.com").rstrip("/")
        given = [part.strip() for part in environ.get("OVICE_EVENT_SECRETS", "").split(",")]
        return cls(
            event_secrets=[secret for secret in given if secret] or [new_secret()],
            callback_secret=environ.get("OVICE_CALLBACK_SECRET") or new_secret(),
            connector_key=environ.get("SANDBOX_CONNECTOR_KEY") or secrets.token_urlsafe(),
            launch_secret=environ.get("OVICE_LAUNCH_SECRET") or secrets.token_urlsafe(),
            issuer=environ.get("OVICE_ISSUER") or ovice_url,
            ovice_url=ovice_url,
            return_url=environ.get("SANDBOX_RETURN_URL", ovice_url).rstrip("/"),
            retry_scale=float(environ.get("SANDBOX_RETRY_SCALE") or 1),
        )


def new_secret() -> str:
    """Return a fresh secret in the notation of Standard Webhooks."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
