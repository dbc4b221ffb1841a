"""Ask the web process of this container whether it is alive; end with status 0 if it is.

It stands alone: it runs every few seconds and must cost nothing.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

HOST, PORT, SECONDS = "127.0.0.1", int(os.environ.get("PORT", "8000")), 4


def is_alive() -> bool:
    """Return whether ``/healthz`` answers 200 under the name of ``BASE_URL``."""
    name = urlsplit(os.environ.get("BASE_URL", "")).hostname or HOST
    connection = HTTPConnection(HOST, PORT, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": name})
        return connection.getresponse().status == 200  # noqa: PLR2004 - as HTTP calls it
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not is_alive())
