"""Showing that two addresses differ without showing them."""

from core.text import graphemes


def redact_email(email: str | None) -> str:
    """Return ``h•••@example.com`` for ``hanako@example.com``; nothing for no address."""
    local, at, domain = (email or "").rpartition("@")
    return f"{next(graphemes(local), '')}•••@{domain}" if at else "•••" if email else ""
