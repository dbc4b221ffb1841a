"""A bare answer to `POST /me/messages` after a set delay: the counterpart for benchmarks.

It reads one HTTP/1.1 request after another from each connection, answers each alike, and notes of
those with a DM when it came, to whom, and the number in its text (``DM 17``). So what is measured
is the relay.
`GET /log` returns the notes as lines of `seconds recipient number` (the system's monotonic clock)
and forgets them; `GET /count` counts them. `python bench/responder.py --port 8002 --delay 0.2`
"""

import argparse
import asyncio
import itertools
import re
import signal
import sys
import time
from collections.abc import Iterator

HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
DM = re.compile(rb"DM (\d+)")
RECIPIENT = re.compile(rb'"recipient": ?\{"id": ?"([^"]+)"')


class Log:
    """What came, in the order in which it came."""

    def __init__(self) -> None:
        self.lines: list[tuple[float, bytes, bytes]] = []

    def note(self, body: bytes) -> None:
        """Note one request if it carries a DM: the service also asks how its connection is."""
        number, recipient = DM.search(body), RECIPIENT.search(body)
        if number and recipient:
            self.lines.append((time.monotonic(), recipient[1], number[1]))

    def take(self) -> bytes:
        """Return everything noted and forget it."""
        lines, self.lines = self.lines, []
        return b"".join(b"%.6f %s %s\n" % line for line in lines)


class Connection(asyncio.Protocol):
    """One connection; a request is answered ``delay_seconds`` after its last byte."""

    def __init__(self, log: Log, delay_seconds: float, numbers: Iterator[int]) -> None:
        self._log, self._delay, self._numbers = log, delay_seconds, numbers
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what a server always gets
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole by now."""
        self._received += data
        while (end := self._received.find(HEAD_END)) >= 0:
            head = self._received[:end]
            length = LENGTH.search(head)
            whole = end + len(HEAD_END) + (int(length[1]) if length else 0)
            if len(self._received) < whole:
                return
            body = self._received[end + len(HEAD_END) : whole]
            self._received = self._received[whole:]
            self._request(head, body)

    def _request(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET /log"):
            self._answer(self._log.take())
        elif head.startswith(b"GET /count"):
            self._answer(b"%d" % len(self._log.lines))
        else:
            self._log.note(body)
            accepted = b'{"recipient_id":"100000000000001","message_id":"mid.$c%d"}'
            answer = accepted % next(self._numbers)
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._answer, answer)
            else:
                self._answer(answer)

    def _answer(self, body: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\n"
            self._transport.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


async def run(port: int, delay_seconds: float) -> None:
    """Listen until the process is asked to end; print the address once it is open."""
    stop, log, numbers = asyncio.Event(), Log(), itertools.count(1)
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    server = await loop.create_server(
        lambda: Connection(log, delay_seconds, numbers), "127.0.0.1", port, backlog=512
    )
    address = server.sockets[0].getsockname()
    sys.stdout.write(f"responder ready http://{address[0]}:{address[1]}\n")
    sys.stdout.flush()
    await stop.wait()
    server.close()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8002, help="0 means any free port")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    arguments = parser.parse_args()
    asyncio.run(run(arguments.port, arguments.delay))


if __name__ == "__main__":
    main()
