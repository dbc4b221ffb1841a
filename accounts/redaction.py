"""Showing that two addresses differ without showing them."""


def redact_email(email: str | None) -> str:
    """Return ``h•••@example.com`` for ``hanako@example.com``; nothing for no address."""
    local, at, domain = (email or "").rpartition("@")
    return f"{local[:1]}•••@{domain}" if at else "•••" if email else ""
