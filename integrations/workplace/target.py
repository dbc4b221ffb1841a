"""Workplace as a chat target."""

from collections.abc import Sequence

from integrations.targets import Account, Connection, Credentials, Notice, Sent
from integrations.workplace import connection, directory, layout, messages
from integrations.workplace.client import GraphClient


class WorkplaceTarget:
    """The port of ``integrations.targets`` on the Graph API; each method says no more than it."""

    def __init__(self, credentials: Credentials) -> None:
        self._client = GraphClient(credentials)

    def check(self) -> Connection:
        """Prove the credentials with live calls; raise a ``TargetError`` when they are refused."""
        return connection.check(self._client)

    def find_account(self, email: str) -> Account | None:
        """Return the member who signs in with exactly this address, or None."""
        return directory.find_member(self._client, email)

    def get_account(self, account_id: str) -> Account | None:
        """Return the member with this id, or None when it no longer exists."""
        return directory.get_member(self._client, account_id)

    def lay_out(self, notice: Notice) -> Sequence[str]:
        """Return the texts, at most 2,000 UTF-16 units each, that carry the notice."""
        return layout.lay_out(notice)

    def send(self, account_id: str, text: str, *, reference: str) -> Sent:
        """Send one text to exactly one member; ``reference`` comes back in ``message_echoes``."""
        return messages.send_text(self._client, account_id, text, reference=reference)
