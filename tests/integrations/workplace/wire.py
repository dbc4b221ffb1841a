"""A server that answers one connection after another with exact bytes, and cuts where told."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

RESET = struct.pack("ii", 1, 0)
HEADERS_END = b"\r\n\r\n"
KEEP_NOT = b"Connection: close"


class Wire:
    """``url`` of a server that plays ``script``: for each connection, what it does."""

    def __init__(self, answers: list[bytes], *, read: int | None, reset: bool) -> None:
        self._answers, self._read, self._reset = answers, read, reset
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
                connection.sendall(answer)
                if self._reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.closed.release()

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
def wire(*answers: bytes, read: int | None = None, reset: bool = False) -> Iterator[Wire]:
    """Serve ``answers``, one for each connection.

    ``read`` bytes of a request are taken before the answer, or all of it; then the connection is
    closed, with a reset when ``reset`` is set.
    """
    server = Wire(list(answers), read=read, reset=reset)
    try:
        yield server
    finally:
        server.close()


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """Return a whole HTTP answer with the right length, after which the connection ends."""
    head = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), KEEP_NOT, *headers]
    return b"\r\n".join(head) + HEADERS_END + body
