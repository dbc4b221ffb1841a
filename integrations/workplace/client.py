"""HTTP to the Graph API: the only module that opens a connection to Workplace.

It knows nothing of members or messages; the modules beside it describe a call, and this one makes
it. No exception of the HTTP library leaves it, because those hold the request with its token.
"""

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

import requests
import structlog
from django.conf import settings
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ReadTimeoutError

from core import http, tracing
from core.http import open_session, read_body
from core.metrics import count_call
from integrations.targets.errors import (
    ClockSkewed,
    NotReached,
    ProofRejected,
    TargetError,
    TokenRejected,
)
from integrations.targets.port import Credentials
from integrations.workplace.errors import unsettled
from integrations.workplace.proof import clock_is_off, sign_token_now
from integrations.workplace.request import Answer, Call, Expected
from integrations.workplace.response import read_answer
from integrations.workplace.usage import Usage, read_usage

logger = structlog.stdlib.get_logger(__name__)

# For the whole answer, from its first byte to its last, however slowly it drips in. With the second
# try after a refused proof a call ends well within the relay's lease of a lane.
ANSWER_SECONDS = 10.0
LARGEST_ANSWER = 1024 * 1024
_HEADERS = {
    "User-Agent": "Kotozute/1 (relay of direct messages from ovice)",
    "Accept": "application/json",
}


class GraphClient:
    """Makes calls with one token.

    The host is ``settings.WORKPLACE_GRAPH_URL``, which may end in an API version (``/v13.0``);
    without one the platform uses the app's default version. With an app secret every call carries
    a proof of its own. An empty token makes calls without any, as the code exchange wants it.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._token = credentials.access_token
        self._secret = (
            settings.WORKPLACE_APP_SECRET if credentials.of_app else credentials.app_secret
        )

    @classmethod
    def of_the_app(cls) -> "GraphClient":
        """Return a client with the app's own token (``id|secret``), which needs no proof."""
        return cls(Credentials(f"{settings.WORKPLACE_APP_ID}|{settings.WORKPLACE_APP_SECRET}"))

    @classmethod
    def nobody(cls) -> "GraphClient":
        """Return a client without a token."""
        return cls(Credentials(""))

    def call(self, call: Call) -> Answer:
        """Make a call; raise the ``TargetError`` it ends in.

        A refused proof is tried once more, since the first may have grown old on its way.
        """
        if not (self._token.isascii() and self._token.isprintable()):
            # It was pasted wrongly: no header can carry it.
            raise TokenRejected(code="malformed")
        try:
            return self._attempt(call)
        except ProofRejected:
            if not self._secret:
                raise
        return self._attempt(call)

    def _attempt(self, call: Call) -> Answer:
        with tracing.span("target call", call=call.kind):
            return self._traced(call)

    def _traced(self, call: Call) -> Answer:
        started = time.monotonic()
        try:
            status, headers, content = self._exchange(call)
            usage = read_usage(headers)
            answer = Answer(self._understood(status, headers, content, call, usage), usage)
        except TargetError as error:
            _log(call, started, error)
            raise
        _log(call, started)
        return answer

    def _understood(
        self, status: int, headers: Mapping[str, str], content: bytes, call: Call, usage: Usage
    ) -> Any:
        try:
            return read_answer(status, content, usage, call.expected)
        except ProofRejected as error:
            if clock_is_off(headers.get("Date", "")):
                raise ClockSkewed(code=error.code, trace=error.trace) from None
            raise

    def _exchange(self, call: Call) -> tuple[int, Mapping[str, str], bytes]:
        """Send the request and read the whole answer: status, headers, body."""
        try:
            with _session().send(
                self._write(call),
                timeout=(http.CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
                stream=True,
                # Told that there are none, the session looks for none.
                proxies={},
            ) as response:
                return (
                    response.status_code,
                    response.headers,
                    read_body(response, limit=LARGEST_ANSWER),
                )
        except (requests.RequestException, HTTPError, UnicodeError) as error:
            broken = _translate(error, call.expected)
        # Raised out here, so that the library's exception is not even kept as the context.
        raise broken

    def _write(self, call: Call) -> requests.PreparedRequest:
        """Return the request for a call, out of one that is blank but for what all have in common.

        To merge, check and quote that for each DM takes the library as long as to exchange it.
        """
        request = _blank(settings.WORKPLACE_GRAPH_URL, call.method).copy()
        query = urlencode({**call.query, **self._proof()})
        request.url = f"{request.url}{_path(call.path)}{'?' if query else ''}{query}"
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        if call.payload is not None:
            request.prepare_body(None, None, call.payload)
        return request

    def _proof(self) -> dict[str, str]:
        return sign_token_now(self._token, self._secret) if self._secret and self._token else {}


@lru_cache(maxsize=1)
def _session() -> requests.Session:
    """Return this process's session, with a kept connection for every worker thread.

    Tokens travel per call and cookies are refused, so that tenants share nothing but sockets.
    """
    session = open_session(connections=settings.WORKER_THREADS)
    session.headers.update(_HEADERS)
    return session


@lru_cache(maxsize=8)
def _blank(graph_url: str, method: str) -> requests.PreparedRequest:
    """Return a request to the root of ``graph_url``, with the session's headers; copy it."""
    return _session().prepare_request(requests.Request(method, f"{graph_url.rstrip('/')}/"))


def _path(segments: tuple[str, ...]) -> str:
    return "/".join(quote(segment, safe="") for segment in segments)


def _translate(error: Exception, expected: Expected) -> TargetError:
    """Return our error for one of the library's, keeping nothing of it but its kind."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    never_left = isinstance(error, requests.ConnectTimeout | UnicodeError)
    if never_left or isinstance(reason, NewConnectionError):
        return NotReached(code="connect")
    code = "timeout" if isinstance(error, requests.Timeout | ReadTimeoutError) else "cut"
    return unsettled(once=expected.once)(code=code)


def _log(call: Call, started: float, error: TargetError | None = None) -> None:
    took = time.monotonic() - started
    count_call(call.kind, took, error)
    told: dict[str, object] = {"outcome": "ok", "ms": round(took * 1000)}
    # Those that succeed are counted, and there is one for each DM.
    write = logger.debug
    if error:
        told |= {"outcome": error.reason, "code": error.code, "trace": error.trace}
        # A plain TargetError means a code that the table does not know yet.
        write = logger.warning if type(error) is TargetError else logger.info
    tracing.note(**told)
    write("workplace call", call=call.kind, **told)
