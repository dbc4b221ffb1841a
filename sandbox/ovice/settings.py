"""Settings of the pretend ovice from the environment; the control API can change them later."""

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from sandbox.ovice.signing import decode_secret

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
        """Read the settings; what is malformed raises ValueError with the variable's name."""
        ovice_url = environ.get("OVICE_URL", "https://app.ovice.com").rstrip("/")
        given = [part.strip() for part in environ.get("OVICE_EVENT_SECRETS", "").split(",")]
        return cls(
            event_secrets=[_secret("OVICE_EVENT_SECRETS", secret) for secret in given if secret]
            or [new_secret()],
            callback_secret=_secret(
                "OVICE_CALLBACK_SECRET", environ.get("OVICE_CALLBACK_SECRET") or new_secret()
            ),
            connector_key=environ.get("SANDBOX_CONNECTOR_KEY") or secrets.token_urlsafe(),
            launch_secret=environ.get("OVICE_LAUNCH_SECRET") or secrets.token_urlsafe(),
            issuer=environ.get("OVICE_ISSUER") or ovice_url,
            ovice_url=ovice_url,
            return_url=environ.get("SANDBOX_RETURN_URL", ovice_url).rstrip("/"),
            retry_scale=_scale("SANDBOX_RETRY_SCALE", environ.get("SANDBOX_RETRY_SCALE") or "1"),
        )


def _secret(name: str, value: str) -> str:
    try:
        decode_secret(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return value


def _scale(name: str, value: str) -> float:
    try:
        scale = float(value)
    except ValueError:
        scale = -1.0
    if not 0 <= scale <= 1:
        raise ValueError(f"{name} must be a number from 0 to 1.")
    return scale


def new_secret() -> str:
    """Return a fresh secret in the notation of Standard Webhooks."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
