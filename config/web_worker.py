"""gunicorn's threaded worker, which answers the probes whatever its threads do.

A request takes a thread when it has begun to arrive, and a probe takes one that nothing else may.
"""

import selectors
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from socket import MSG_DONTWAIT, MSG_PEEK, socket
from typing import Any

from gunicorn.workers.gthread import DEFAULT_WORKER_DATA_TIMEOUT, TConn, ThreadWorker

from config.postgresql.breaker import after_waiting

_PROBES = (b"/healthz", b"/readyz")
_MOST = 4096


class WebWorker(ThreadWorker):  # type: ignore[misc] # it has no types
    """A ``ThreadWorker`` with one more thread for each probe."""

    def init_process(self) -> None:
        """Make the spare threads, then serve until the end."""
        self._spare = {probe: ThreadPoolExecutor(max_workers=1) for probe in _PROBES}
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Hand a request to a thread once there is something of it."""
        begun = _begun(conn.sock)
        if begun is None and not conn.initialized:
            self._await(conn)
            return
        conn.data_ready, conn.arrived_at = True, time.monotonic()
        threads: Any = self._spare.get(_probe(begun or b""), self.tpool)
        done = threads.submit(self.handle, conn)
        done.add_done_callback(
            lambda future: self.method_queue.defer(self.finish_request, conn, future)
        )

    def handle(self, conn: TConn) -> Any:
        """Answer a request in one of the threads."""
        with after_waiting(time.monotonic() - conn.arrived_at):
            return super().handle(conn)

    def _await(self, conn: TConn) -> None:
        """Do what gunicorn does with a client that has sent nothing for a while, at once."""
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + DEFAULT_WORKER_DATA_TIMEOUT + self.cfg.keepalive
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)


def _begun(sock: socket) -> bytes | None:
    """Return what has arrived and was not read yet: None if nothing, empty at the end."""
    try:
        return sock.recv(_MOST, MSG_PEEK | MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _probe(begun: bytes) -> Any:
    """Return which probe a whole request asks for; a part of one could keep its thread waiting."""
    method, _, rest = begun.partition(b" ")
    if method not in (b"GET", b"HEAD") or b"\r\n\r\n" not in rest:
        return None
    path = rest.partition(b" ")[0]
    return next((each for each in _PROBES if path == each or path.startswith(each + b"/")), None)
