"""HTTP sessions in which every exchange ends in time and no two calls share anything but sockets.

``requests`` begins its timeout anew at each read, so that an answer which drips in never ends; and
it reports a request that never left like one whose answer was cut. Here the read timeout limits the
whole answer, headers and body, and what never left is a ``NewConnectionError``.
"""

import io
import logging
import time
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from socket import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import DecodeError, NewConnectionError

# For the look-up of the host's name, the connection and the TLS handshake together.
CONNECT_SECONDS = 5.0
_CHUNK = 64 * 1024


def open_session(*, connections: int) -> requests.Session:
    """Return a session that keeps up to ``connections`` open to one host.

    It knows no proxies and no ``.netrc`` of the environment, and refuses cookies. Follow no
    redirects with it: credentials would go along.
    """
    # The library writes whole URLs, with addresses and proofs in them, even in warnings.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(pool_connections=1, pool_maxsize=connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def read_body(response: requests.Response, *, limit: int) -> bytes:
    """Return the body of a streamed answer; raise ``DecodeError`` beyond ``limit`` bytes."""
    content = bytearray()
    # Bytes that have arrived are taken at once: a full chunk could be waited for without end.
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        content += chunk
        if len(content) > limit:
            raise DecodeError("too large")
    return bytes(content)


class _HurriedReads(io.RawIOBase):
    """Reads of a socket until a moment; the library's own timeout begins anew at each read."""

    def __init__(self, source: io.BufferedReader, connection: socket, until: float) -> None:
        self._source, self._socket, self._until = source, connection, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("too slow")
        self._socket.settimeout(left)
        return self._source.raw.readinto(buffer)

    def close(self) -> None:
        self._source.close()
        super().close()


class _HurriedAnswer(HTTPResponse):
    """Takes the socket's timeout as the limit of the whole answer, headers and body."""

    def __init__(self, sock: socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        until = time.monotonic() + (sock.gettimeout() or 0)
        self.fp = io.BufferedReader(_HurriedReads(self.fp, sock, until))


class _EarlyFailure:
    """Tells a request that never left from one that may have been accepted.

    Failures while connecting, in the TLS handshake, or before the last header is written cannot
    have been accepted; the library reports several of these like a cut in the answer. A connection
    that came too late is not used, lest the request leave when nobody waits for it.
    """

    response_class: type[HTTPResponse] = _HurriedAnswer

    def connect(self) -> None:
        latest = time.monotonic() + CONNECT_SECONDS
        try:
            super().connect()  # type: ignore[misc] # mixed into a connection
        except OSError:
            raise _never_left(self) from None
        if time.monotonic() > latest:
            raise _never_left(self)

    def endheaders(self, *args: Any, **options: Any) -> None:
        try:
            super().endheaders(*args, **options)  # type: ignore[misc] # mixed into a connection
        except OSError:
            raise _never_left(self) from None


def _never_left(connection: Any) -> NewConnectionError:
    return NewConnectionError(connection, "the request never left")


class _Connection(_EarlyFailure, HTTPConnection):
    pass


class _SecureConnection(_EarlyFailure, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    """Opens connections of the kinds above."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
