"""Questions about the network: ourselves, the mail server, ovice."""

import json
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from smtplib import SMTPException

import requests
from django.conf import settings
from django.core.mail import get_connection
from django.utils.timezone import now
from urllib3.exceptions import HTTPError

from config.checks.settings import in_production
from config.health.answers import Answer, bad, doubtful, well
from core.http import CONNECT_SECONDS, open_session
from integrations.models import Organization
from integrations.ovice.client import NoAnswer, Reply, call_ovice
from integrations.ovice.directory import DirectoryUnreadable, read_directory

_SECONDS = 10.0
_LIMIT = 256 * 1024
# Signatures and launch tokens allow for minutes; a clock that differs by more is set wrong.
_TOLERANCE_SECONDS = 10.0


def _get(url: str) -> requests.Response | None:
    """Return the answer, without its body; None when there is none. Follows no redirect."""
    try:
        with open_session(connections=1) as session:
            return session.get(
                url, timeout=(CONNECT_SECONDS, _SECONDS), allow_redirects=False, stream=True
            )
    except (requests.RequestException, HTTPError, UnicodeError):
        return None


def ask_web() -> Iterator[Answer]:
    """Ask ourselves at the address by which others know us."""
    answer = _get(f"{settings.BASE_URL}/healthz")
    if answer is None:
        yield bad("BASE_URL does not answer", "See gunicorn, the proxy, TLS and DNS.")
    elif answer.status_code != HTTPStatus.OK:
        remedy = "See that the proxy leads here, and that ALLOWED_HOSTS has this host."
        yield bad(f"BASE_URL/healthz answers {answer.status_code}", remedy)
    else:
        yield well("BASE_URL answers")


def ask_clock() -> Iterator[Answer]:
    """Compare this machine's clock with the one of the chat target."""
    answer = _get(settings.WORKPLACE_GRAPH_URL)
    if answer is None:
        yield doubtful("WORKPLACE_GRAPH_URL cannot be reached", "See DNS and the firewall.")
        return
    try:
        there = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TypeError, ValueError):
        yield doubtful("WORKPLACE_GRAPH_URL answers without a time", "Compare the clock by hand.")
        return
    apart = abs((there - now()).total_seconds())
    if apart > _TOLERANCE_SECONDS:
        yield bad(f"is off by {apart:.0f} s", "Set this machine's clock by NTP.")
    else:
        yield well("agrees with the chat target's")


def ask_mail() -> Iterator[Answer]:
    """Open a connection to the mail server; nothing is sent."""
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        say = doubtful if in_production() else lambda text, _remedy: well(text)
        yield say("mails only go to the log", "Set EMAIL_URL.")
        return
    try:
        connection = get_connection()
        connection.open()
        connection.close()
    except (SMTPException, OSError) as error:
        text = f"the mail server cannot be used ({type(error).__name__})"
        yield bad(text, "See host, port, user and password of EMAIL_URL.")
    else:
        yield well("the mail server takes us")
    if not settings.OPERATOR_EMAILS:
        yield doubtful("nobody is told of incidents", "Set OPERATOR_EMAILS.")


def ask_launch_keys() -> Iterator[Answer]:
    """Fetch ovice's public keys."""
    if not settings.OVICE_LAUNCH_JWKS_URL:
        yield well("none are fetched: OVICE_LAUNCH_JWKS_URL is not set")
        return
    reply = _ovice(settings.OVICE_LAUNCH_JWKS_URL)
    try:
        keys = json.loads(reply.body)["keys"] if reply else []
    except (ValueError, KeyError, TypeError):
        keys = []
    if keys:
        yield well(f"ovice publishes {len(keys)}")
    else:
        remedy = "See OVICE_LAUNCH_JWKS_URL; without keys nobody comes in from ovice."
        yield bad("ovice's cannot be read", remedy)


def ask_directory() -> Iterator[Answer]:
    """Read the directory of one organization."""
    if not settings.OVICE_DIRECTORY_URL:
        yield well("is not read: OVICE_DIRECTORY_URL is not set")
        return
    organization = Organization.objects.filter(removed_at=None).order_by("pk").first()
    if organization is None:
        yield well("no organization yet")
        return
    try:
        directory = read_directory(organization.ovice_id)
    except DirectoryUnreadable as error:
        text = f"that of organization {organization.ovice_id} cannot be read ({error.code})"
        yield bad(text, "See OVICE_DIRECTORY_URL and OVICE_DIRECTORY_KEY.")
    else:
        yield well(f"that of the first organization has {len(directory.ids)} people")


def ask_callbacks() -> Iterator[Answer]:
    """Ask whether somebody answers where ovice is told; nothing is told by that."""
    if not settings.OVICE_CALLBACK_URL:
        yield well("ovice is told nothing: OVICE_CALLBACK_URL is not set")
    elif _ovice(settings.OVICE_CALLBACK_URL) is None:
        yield bad("OVICE_CALLBACK_URL does not answer", "See DNS, the firewall, and ask ovice.")
    else:
        yield well("OVICE_CALLBACK_URL answers")


def _ovice(url: str) -> Reply | None:
    try:
        return call_ovice("GET", url, headers={}, limit=_LIMIT)
    except NoAnswer:
        return None
