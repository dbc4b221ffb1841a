"""What is logged, and where to: one line each on stderr, without content."""

from typing import Any


def to_stderr(level: str) -> dict[str, Any]:
    """Return a logging configuration that writes from ``level`` (``INFO``) upwards."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        # urllib3 writes whole addresses, even in warnings, and a query string holds proofs.
        "loggers": {
            "urllib3": {"level": "ERROR"},
            "django.request": {"level": "ERROR"},
            # A stranger's Host header is answered 400; its text does not belong in a log.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }
