"""A server that answers one connection after another with exact bytes, and cuts where told."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

RESET = struct.pack("ii", 1, 0)
HEADERS_END = b"\r\n\r\n"
KEEP_NOT = b"Connection: close"


class Wire:
    """``url`` of a server that plays ``script``: for each connection, what it does."""

    def __init__(
        self,
        answers: list[bytes],
        *,
        read: int | None,
        reset: bool,
        drip: float,
        drip_from: bytes,
    ) -> None:
        self._answers, self._read, self._reset = answers, read, reset
        self._drip, self._drip_from = drip, drip_from
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests: list[bytes] = []
        self.closed = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """End the server, also when nobody has called."""
        # A thread that waits in accept is not woken by closing the listener.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        for answer in self._answers:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                self.requests.append(self._receive(connection))
                self._send(connection, answer)
                if self._reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.closed.release()

    def _send(self, connection: socket.socket, answer: bytes) -> None:
        """Send the answer, from ``drip_from`` on byte after byte if it is to drip."""
        start = answer.index(self._drip_from) + len(self._drip_from) if self._drip else len(answer)
        with suppress(ConnectionError):
            connection.sendall(answer[:start])
            for piece in (bytes([byte]) for byte in answer[start:]):
                time.sleep(self._drip)
                connection.sendall(piece)

    def _receive(self, connection: socket.socket) -> bytes:
        """Read ``read`` bytes, or one whole request."""
        received = b""
        while not self._enough(received) and (more := connection.recv(65536)):
            received += more
        return received

    def _enough(self, received: bytes) -> bool:
        if self._read is not None:
            return len(received) >= self._read
        head, end, body = received.partition(HEADERS_END)
        length = 0
        for line in head.lower().splitlines():
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return bool(end) and len(body) >= length


@contextmanager
def wire(
    *answers: bytes,
    read: int | None = None,
    reset: bool = False,
    drip: float = 0,
    drip_from: bytes = HEADERS_END,
) -> Iterator[Wire]:
    """Serve ``answers``, one for each connection.

    ``read`` bytes of a request are taken before the answer, or all of it; then the connection is
    closed, with a reset when ``reset`` is set. ``drip`` is the pause in seconds before each byte
    that comes after ``drip_from``, which is the end of the headers unless told otherwise.
    """
    server = Wire(list(answers), read=read, reset=reset, drip=drip, drip_from=drip_from)
    try:
        yield server
    finally:
        server.close()


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """Return a whole HTTP answer with the right length, after which the connection ends."""
    head = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), KEEP_NOT, *headers]
    return b"\r\n".join(head) + HEADERS_END + body
