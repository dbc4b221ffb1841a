"""HTTP to ovice: the only module that opens a connection to it.

Addresses come from the configuration alone, never from anything that was received. No exception of
the HTTP library leaves this module, because those hold the request with its key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import requests
from django.conf import settings
from urllib3.exceptions import HTTPError

from core import http
from core.http import open_session, read_body

# For the whole answer, from its first byte to its last.
ANSWER_SECONDS = 15.0


class NoAnswer(Exception):
    """ovice could not be reached, or did not answer in time, or with far too much."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Reply of ovice."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def call_ovice(
    method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"", limit: int
) -> Reply:
    """Make one request and return the answer, whatever it says; redirects are not followed.

    Raises ``NoAnswer`` when none of at most ``limit`` bytes came in time.
    """
    try:
        with _session().request(
            method,
            url,
            data=body,
            headers=dict(headers),
            timeout=(http.CONNECT_SECONDS, ANSWER_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            return Reply(response.status_code, response.headers, read_body(response, limit=limit))
    except (requests.RequestException, HTTPError, UnicodeError):
        pass
    # Raised out here, so that the library's exception is not even kept as the context.
    raise NoAnswer


@lru_cache(maxsize=1)
def _session() -> requests.Session:
    session = open_session(connections=settings.WORKER_THREADS)
    session.headers.update({"User-Agent": "Kotozute/1", "Accept": "application/json"})
    return session
