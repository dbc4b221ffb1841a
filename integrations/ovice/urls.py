"""Which addresses lead to ovice and nowhere else."""

from urllib.parse import urlsplit

from django.conf import settings


def is_ovice_url(url: str) -> bool:
    """Return whether ``url`` is an https address on one of ovice's own hosts."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and host in settings.OVICE_ALLOWED_HOSTS
        and port is None
        and "@" not in parts.netloc
        and url.isprintable()
        and not set(url) & set(" []<>")
    )
