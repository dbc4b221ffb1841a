"""System checks: every dangerous or half-set combination of settings, under a stable id.

`manage.py check` shows them, and every command that runs checks refuses to start on an error.
No message quotes a secret.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Warned
from django.core.exceptions import ImproperlyConfigured

from integrations.encryption.hashing import receipt_seed
from integrations.encryption.master_keys import KeyMissingError, parse_key
from integrations.models.removal import LONGEST_GRACE
from integrations.ovice.webhooks import parse_secret

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MIN_SECRET_KEY = 50
MIN_METRICS_TOKEN = 20
# The Workplace client ends every call within this time.
LONGEST_CALL = timedelta(seconds=45)
# Two audits have to see something before it counts.
LONGEST_AUDIT_PAUSE = timedelta(seconds=90)
_KEY_COMMAND = "Make one with `python manage.py generate_secrets`."
_SHA256_HEX = re.compile(r"[0-9a-f]{64}")
_HOST_AND_PORT = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}")

Check = Callable[[], Iterator[CheckMessage]]


def _registered(check: Check) -> Check:
    """Register a generator of messages as a check of Django's."""

    def run(**_: Any) -> list[CheckMessage]:
        return list(check())

    register(run)
    return check


def is_local(url: str) -> bool:
    """Return whether ``url`` stays on this machine."""
    return urlsplit(url).hostname in LOOPBACK


def _secret_key() -> str:
    try:
        return str(settings.SECRET_KEY)
    except ImproperlyConfigured:  # Django's way to say that it is empty
        return ""


def in_production() -> bool:
    """Return whether this instance is reachable from elsewhere."""
    return not is_local(settings.BASE_URL)


@_registered
def check_secret_key() -> Iterator[CheckMessage]:
    """E001: sessions and signed links stand on ``SECRET_KEY``."""
    if len(_secret_key()) < MIN_SECRET_KEY:
        yield Error(
            f"SECRET_KEY is missing or shorter than {MIN_SECRET_KEY} characters.",
            hint=_KEY_COMMAND,
            id="config.E001",
        )


@_registered
def check_encryption_keys() -> Iterator[CheckMessage]:
    """E002 to E004: the keys that everything stored encrypted depends on."""
    keys = settings.ENCRYPTION_KEYS
    if not keys:
        yield Error("ENCRYPTION_KEYS is empty.", hint=_KEY_COMMAND, id="config.E002")
    for number, key in enumerate(keys, start=1):
        try:
            parse_key(key)
        except ValueError as error:
            yield Error(f"Key {number} of ENCRYPTION_KEYS {error}.", id="config.E003")
    if len(set(keys)) != len(keys) or _secret_key() in keys:
        yield Error(
            "ENCRYPTION_KEYS names a key twice, or the value of SECRET_KEY.", id="config.E004"
        )


@_registered
def check_base_url() -> Iterator[CheckMessage]:
    """E005 to E008: where this instance says it is."""
    parts = urlsplit(settings.BASE_URL)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        yield Error(
            "BASE_URL must be a scheme and a host only, such as https://kotozute.example.com.",
            id="config.E005",
        )
    elif in_production() and parts.scheme != "https":
        yield Error("BASE_URL must use https outside this machine.", id="config.E006")
    if in_production() and settings.DEBUG:
        yield Error(
            "DEBUG is on although BASE_URL is not on this machine.",
            hint="DEBUG shows code and settings to every visitor.",
            id="config.E007",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error("ALLOWED_HOSTS allows every host.", id="config.E008")


@_registered
def check_event_secrets() -> Iterator[CheckMessage]:
    """W001 and E009: the secrets with which ovice signs its events."""
    if not settings.OVICE_EVENT_SECRETS:
        yield Warned(
            "OVICE_EVENT_SECRETS is empty: every event of ovice is refused.", id="config.W001"
        )
    yield from _malformed_secrets("OVICE_EVENT_SECRETS", settings.OVICE_EVENT_SECRETS)


def _malformed_secrets(name: str, secrets: list[str]) -> Iterator[CheckMessage]:
    for number, secret in enumerate(secrets, start=1):
        try:
            parse_secret(secret)
        except ValueError as error:
            yield Error(f"Secret {number} of {name} {error}.", id="config.E009")


@_registered
def check_connector_keys() -> Iterator[CheckMessage]:
    """E010: only hashes of ovice's keys are kept here."""
    if not all(_SHA256_HEX.fullmatch(key) for key in settings.OVICE_CONNECTOR_KEYS):
        yield Error(
            "OVICE_CONNECTOR_KEYS must hold SHA-256 hashes (64 hexadecimal digits), not keys.",
            id="config.E010",
        )


@_registered
def check_launch() -> Iterator[CheckMessage]:
    """E011 to E013: how ovice's launch tokens are verified."""
    url, secret = settings.OVICE_LAUNCH_JWKS_URL, settings.OVICE_LAUNCH_SECRET
    if url and secret:
        yield Error(
            "OVICE_LAUNCH_JWKS_URL and OVICE_LAUNCH_SECRET are both set; keep one.",
            id="config.E011",
        )
    if bool(url or secret) != bool(settings.OVICE_ISSUER):
        yield Error(
            "OVICE_ISSUER and a way to verify launch tokens must be set together.",
            id="config.E012",
        )
    if secret and in_production():
        yield Error(
            "OVICE_LAUNCH_SECRET is for development only; set OVICE_LAUNCH_JWKS_URL.",
            id="config.E013",
        )


@_registered
def check_callback() -> Iterator[CheckMessage]:
    """E014: callbacks to ovice need an address and a secret."""
    if bool(settings.OVICE_CALLBACK_URL) != bool(settings.OVICE_CALLBACK_SECRET):
        yield Error(
            "OVICE_CALLBACK_URL and OVICE_CALLBACK_SECRET must be set together.", id="config.E014"
        )
    secrets = [settings.OVICE_CALLBACK_SECRET] if settings.OVICE_CALLBACK_SECRET else []
    yield from _malformed_secrets("OVICE_CALLBACK_SECRET", secrets)


@_registered
def check_directory() -> Iterator[CheckMessage]:
    """E050: reading directories from ovice needs an address and a key."""
    if bool(settings.OVICE_DIRECTORY_URL) != bool(settings.OVICE_DIRECTORY_KEY):
        yield Error(
            "OVICE_DIRECTORY_URL and OVICE_DIRECTORY_KEY must be set together.", id="config.E050"
        )


@_registered
def check_workplace_app() -> Iterator[CheckMessage]:
    """E015: the third-party app is set up whole or not at all."""
    parts = (
        settings.WORKPLACE_APP_ID,
        settings.WORKPLACE_APP_SECRET,
        settings.WORKPLACE_WEBHOOK_VERIFY_TOKEN,
    )
    if any(parts) and not all(parts):
        yield Error(
            "WORKPLACE_APP_ID, WORKPLACE_APP_SECRET and WORKPLACE_WEBHOOK_VERIFY_TOKEN must be "
            "set together.",
            id="config.E015",
        )


@_registered
def check_outgoing_addresses() -> Iterator[CheckMessage]:
    """E016 and E018: tokens and texts leave this machine encrypted only, and for somewhere."""
    for name in (
        "WORKPLACE_GRAPH_URL",
        "WORKPLACE_WEB_URL",
        "OVICE_LAUNCH_JWKS_URL",
        "OVICE_CALLBACK_URL",
        "OVICE_DIRECTORY_URL",
        "HEARTBEAT_URL",
    ):
        url = getattr(settings, name)
        if name.startswith("WORKPLACE") and not urlsplit(url).hostname:
            yield Error(f"{name} must be a whole address.", id="config.E018")
        elif url and urlsplit(url).scheme != "https" and not is_local(url):
            yield Error(f"{name} must use https.", id="config.E016")


@_registered
def check_numbers() -> Iterator[CheckMessage]:
    """E017 and W005: times and sizes with which the relay can work."""
    numbers = {
        "RELAY_LEASE_SECONDS": settings.RELAY_LEASE.total_seconds(),
        "RELAY_SWEEP_SECONDS": settings.RELAY_SWEEP_EVERY.total_seconds(),
        "RELAY_UNCONFIRMED_SECONDS": settings.RELAY_UNCONFIRMED_WAIT.total_seconds(),
        "CONNECTOR_REQUESTS_PER_MINUTE": settings.CONNECTOR_REQUESTS_PER_MINUTE,
        "CALLBACK_SWEEP_SECONDS": settings.CALLBACK_SWEEP_EVERY.total_seconds(),
        "AUDIT_SECONDS": settings.AUDIT_EVERY.total_seconds(),
        "AUDIT_HOURS": settings.AUDIT_WINDOW.total_seconds(),
        "WORKER_THREADS": settings.WORKER_THREADS,
        "DATABASE_POOL_SIZE": settings.DATABASE_POOL_SIZE,
    }
    for name, value in numbers.items():
        if value <= 0:
            yield Error(f"{name} must be more than 0.", id="config.E017")
    if in_production() and settings.RELAY_LEASE < LONGEST_CALL:
        yield Warned(
            f"RELAY_LEASE_SECONDS is shorter than a call may last ({LONGEST_CALL.seconds} s).",
            hint="A worker that waits for an answer would lose its lane, and a DM come twice.",
            id="config.W005",
        )


@_registered
def check_services() -> Iterator[CheckMessage]:
    """W002 to W004: what is good for a try and not for production."""
    if not in_production():
        return
    if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
        yield Warned("DATABASE_URL is SQLite; use PostgreSQL.", id="config.W002")
    if settings.REDIS_EMBEDDED:
        yield Warned("REDIS_URL is unset; the embedded Valkey is for trying out.", id="config.W003")
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        yield Warned("EMAIL_URL is unset; mails only go to the log.", id="config.W004")


@_registered
def check_redis() -> Iterator[CheckMessage]:
    """W006: who may write into Redis can make the workers do what they are able to."""
    parts = urlsplit(settings.REDIS_URL)
    shown = parts.password or "password" in parse_qs(parts.query)
    if parts.hostname and parts.hostname not in LOOPBACK and not shown:
        yield Warned(
            "REDIS_URL names another machine and no password.",
            hint="Set one there, or make sure that nothing else reaches that network.",
            id="config.W006",
        )


@_registered
def check_removal() -> Iterator[CheckMessage]:
    """E040 and E041: what promises about removed data rest on."""
    try:
        receipt_seed()
    except KeyMissingError as error:
        yield Error(str(error), hint=_KEY_COMMAND, id="config.E040")
    if settings.RECEIPT_SIGNING_KEY in settings.ENCRYPTION_KEYS:
        yield Error("RECEIPT_SIGNING_KEY is one of ENCRYPTION_KEYS.", id="config.E040")
    if not timedelta(0) <= settings.REMOVAL_GRACE <= LONGEST_GRACE:
        yield Error(f"REMOVAL_GRACE_DAYS must be from 0 to {LONGEST_GRACE.days}.", id="config.E041")


@_registered
def check_audit() -> Iterator[CheckMessage]:
    """W060 and W061: whether somebody notices when something, or everything, stands still."""
    if not in_production():
        return
    if not settings.HEARTBEAT_URL:
        yield Warned(
            "HEARTBEAT_URL is unset: nobody is told when everything stops.",
            hint="Let a monitor outside of this deployment wait for it.",
            id="config.W060",
        )
    if settings.AUDIT_EVERY > LONGEST_AUDIT_PAUSE:
        yield Warned(
            f"AUDIT_SECONDS is more than {LONGEST_AUDIT_PAUSE.seconds}: what goes wrong is not"
            " found within a quarter of an hour.",
            id="config.W061",
        )


@_registered
def check_proxies() -> Iterator[CheckMessage]:
    """E030 and W030: who stands in front."""
    if settings.TRUSTED_PROXIES < 0:
        yield Error("TRUSTED_PROXIES must not be negative.", id="config.E030")
    if in_production() and not settings.TRUSTED_PROXIES:
        yield Warned(
            "TRUSTED_PROXIES is 0 although something must end TLS in front.",
            hint="All visitors would share one limit on sign-in.",
            id="config.W030",
        )


@_registered
def check_watching() -> Iterator[CheckMessage]:
    """E070 to E072 and W070: who may read the metrics, and where traces go."""
    token = settings.METRICS_TOKEN
    if token and len(token) < MIN_METRICS_TOKEN:
        yield Error(
            f"METRICS_TOKEN is shorter than {MIN_METRICS_TOKEN} characters.", id="config.E070"
        )
    if not token and in_production():
        yield Warned("METRICS_TOKEN is empty: nobody may read the metrics.", id="config.W070")
    address = settings.WORKER_METRICS_ADDRESS
    if address and not _HOST_AND_PORT.fullmatch(address):
        yield Error(
            "WORKER_METRICS_ADDRESS must be a host and a port, such as 127.0.0.1:9101.",
            id="config.E071",
        )
    if settings.TRACES_ENDPOINT and find_spec("opentelemetry.sdk") is None:
        yield Error(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and OpenTelemetry is not installed.",
            hint="pip install --require-hashes -r requirements-tracing.txt",
            id="config.E072",
        )
