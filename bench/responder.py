"""A bare answer to `POST /me/messages` after a set delay: the counterpart for benchmarks.

It reads one HTTP/1.1 request after another from each connection and looks at nothing but the
length, so that what is measured is the relay. `python bench/responder.py --port 8002 --delay 0.2`
"""

import argparse
import asyncio
import itertools
import signal
import sys

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\n"
    b"Content-Length: %d\r\n\r\n%s"
)
LENGTH = b"content-length:"
HEAD_END = b"\r\n\r\n"


class Responder:
    """Answers every request alike and counts them."""

    def __init__(self, delay_seconds: float) -> None:
        """Answer after this many seconds."""
        self.delay_seconds = delay_seconds
        self._numbers = itertools.count(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until it ends."""
        try:
            while True:
                head = await reader.readuntil(HEAD_END)
                await reader.readexactly(_body_length(head))
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                writer.write(self._answer())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self) -> bytes:
        body = b'{"recipient_id":"100000000000001","message_id":"mid.$c%d"}' % next(self._numbers)
        return ANSWER % (len(body), body)


def _body_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[: len(LENGTH)].lower() == LENGTH:
            return int(line[len(LENGTH) :])
    return 0


async def run(port: int, delay_seconds: float) -> None:
    """Listen until the process is asked to end; print the address once it is open."""
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    server = await asyncio.start_server(Responder(delay_seconds).serve, "127.0.0.1", port)
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
