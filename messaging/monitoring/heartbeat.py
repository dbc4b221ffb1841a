"""Heartbeat to an outside monitor: when it falls silent, the monitor alarms.

The address is a secret: whoever knows it could say that all is well. It is never logged.
"""

import requests
import structlog
from django.conf import settings
from urllib3.exceptions import HTTPError

from core.http import CONNECT_SECONDS, open_session

logger = structlog.stdlib.get_logger(__name__)

_ANSWER_SECONDS = 5.0


def send(*, is_well: bool) -> bool:
    """POST to ``HEARTBEAT_URL`` if all is well, else with its suffix for failures, if there is one.

    Returns whether it was called and answered; nothing is done about it if not, since the monitor
    notices that by itself.
    """
    url = settings.HEARTBEAT_URL
    if not url or not (is_well or settings.HEARTBEAT_FAIL_SUFFIX):
        return False
    address = url if is_well else url.rstrip("/") + settings.HEARTBEAT_FAIL_SUFFIX
    try:
        with (
            open_session(connections=1) as session,
            session.post(
                address,
                headers={"User-Agent": "Kotozute/1"},
                timeout=(CONNECT_SECONDS, _ANSWER_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            answered = response.ok
    except (requests.RequestException, HTTPError, UnicodeError):
        # Not even the exception may be logged: it names the address.
        answered = False
    if not answered:
        logger.warning("the monitor at HEARTBEAT_URL did not take the heartbeat")
    return answered
