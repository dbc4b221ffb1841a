"""A thread in every process of ours that looks again and again whether the audit is due.

Not a job of beat's: it is beat and the workers that are watched. As long as one process of any kind
lives and reaches the database, the audit is made; when none does, the heartbeat falls silent.
"""

import threading

import structlog
from django.conf import settings
from django.db import connections

from messaging.monitoring.self_checks import audit_if_due

logger = structlog.stdlib.get_logger(__name__)

# So often in the time between two audits everybody looks whether somebody else has made it.
_LOOKS = 4
_started = threading.Lock()


def start() -> bool:
    """Begin to watch in this process, once; return whether it began now."""
    if not _started.acquire(blocking=False):
        return False
    threading.Thread(target=_watch, name="audit", daemon=True).start()
    return True


def _watch() -> None:
    pause = threading.Event()
    while True:
        # First the pause: when everything starts at once, the other parts come up meanwhile.
        pause.wait(settings.AUDIT_EVERY.total_seconds() / _LOOKS)
        look()


def look() -> None:
    """Audit if it is due; whatever goes wrong, the next look comes."""
    try:
        audit_if_due()
    except Exception as error:  # noqa: BLE001 - the next look must come
        # The database may be away; then the heartbeat is not sent, which is the alarm. Its
        # message is left out, since it may name an address.
        logger.error("the audit was not made", error=type(error).__name__)  # noqa: TRY400 - a traceback may hold content
    finally:
        connections.close_all()
