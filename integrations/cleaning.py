"""What of a text from elsewhere is kept, whatever was in it."""

import unicodedata


def clean(text: str) -> str:
    """Return ``text`` without what a database, a log or a chat cannot carry.

    Lone surrogates become U+FFFD; control characters other than tab and line breaks go. Marks that
    steer the direction of writing stay: they belong to the text.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    lines = whole.replace("\r\n", "\n").replace("\r", "\n")
    kept = (char for char in lines if char in "\n\t" or unicodedata.category(char) != "Cc")
    return "".join(kept).strip()


def one_line(name: str) -> str:
    """Return a name as one clean line, in which nothing steers the writing or is a link."""
    kept = (char for char in clean(name) if unicodedata.category(char) != "Cf")
    return " ".join("".join(kept).replace("://", ": ").split())
