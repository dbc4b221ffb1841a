"""Requests in one encoding."""

from django.core.handlers.wsgi import WSGIRequest


class Utf8Request(WSGIRequest):
    """A request in UTF-8, as our pages are, whatever charset it names.

    Python has charsets that are no text, and some that write half of a character.
    """

    @property
    def encoding(self) -> str:
        """The one encoding."""
        return "utf-8"

    @encoding.setter
    def encoding(self, _named: str) -> None:
        """Leave it."""
