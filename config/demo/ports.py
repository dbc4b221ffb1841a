"""Free ports on this machine, with a word to the person when the usual one is taken."""

import socket

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Return whether nobody listens on ``port`` of the loopback interface."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def any_free_port() -> int:
    """Return a port that the system says is free just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def choose_port(usual: int) -> tuple[int, str]:
    """Return ``usual`` or another free port, and a sentence to show when it is another."""
    if is_free(usual):
        return usual, ""
    other = any_free_port()
    return other, f"Port {usual} is in use by another program; using {other} instead."
