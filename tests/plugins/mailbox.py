"""A mail server that keeps what it is given, for whoever sends by SMTP as in production."""

import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default

from tests.plugins.receiver import wait_until


class Mailbox:
    """The mails that came, oldest first, and the address to send them to."""

    def __init__(self, port: int) -> None:
        """Listen on a port of this machine."""
        self.url = f"smtp://127.0.0.1:{port}"
        self.mails: list[EmailMessage] = []

    def take(self, *words: str, to: str = "") -> str:
        """Wait for a mail that holds all the words, forget it, and return its text."""
        found: list[EmailMessage] = []

        def came() -> bool:
            found[:] = [mail for mail in self.mails if _fits(mail, words, to)]
            return bool(found)

        wait_until(came, f"a mail with {words}", seconds=60)
        self.mails.remove(found[0])
        return text_of(found[0])


def text_of(mail: EmailMessage) -> str:
    """Return a mail's subject and text."""
    body = mail.get_body(preferencelist=("plain",))
    return f"{mail['Subject']}\n{body.get_content() if body else ''}"


def _fits(mail: EmailMessage, words: tuple[str, ...], to: str) -> bool:
    text = text_of(mail)
    return to in str(mail["To"]) and all(word in text for word in words)


class _Handler(socketserver.StreamRequestHandler):
    """Speaks as much of RFC 5321 as a sender of ours needs."""

    server: "_Server"

    def handle(self) -> None:
        """Answer one sender's commands until it leaves."""
        self._say("220 ready")
        for line in self.rfile:
            command = line[:4].upper()
            if command == b"DATA":
                self._say("354 go on")
                self._keep()
                self._say("250 kept")
            elif command == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 fine")

    def _keep(self) -> None:
        lines = list(iter(self.rfile.readline, b".\r\n"))
        # A line that begins with a dot was given one more (RFC 5321, 4.5.2).
        raw = b"".join(line[1:] if line.startswith(b"..") else line for line in lines)
        mail = email.message_from_bytes(raw, policy=default)
        assert isinstance(mail, EmailMessage)
        self.server.mailbox.mails.append(mail)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    mailbox: Mailbox


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """Run a mail server on a free port and yield what it gets."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.mailbox = Mailbox(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.mailbox
        finally:
            server.shutdown()
            thread.join()
