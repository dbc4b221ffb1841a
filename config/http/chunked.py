"""Chunked requests (RFC 9112, 7.1) for Django, which reads no further than ``Content-Length``."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.conf import settings
from gunicorn.http.errors import ParseException

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def with_length(application: Application) -> Application:
    """Hand requests whose length is not said beforehand on to ``application`` with their length."""

    def measured(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
            try:
                # One byte more than the largest body, by which its view sees that it is too large.
                body = environ["wsgi.input"].read(settings.BATCH_BODY_LIMIT + 1)
            # Gunicorn reads the chunks, and calls broken ones by errors of its own.
            except (OSError, ParseException):
                start_response("400 Bad Request", [("Content-Length", "0")])
                return []
            environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
            del environ["HTTP_TRANSFER_ENCODING"]
        return application(environ, start_response)

    return measured
