"""What of a text from elsewhere is kept, whatever was in it."""

import unicodedata

# All that Unicode calls control characters (Cc), but for tab and line feed.
_CONTROLS = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {ord("\t"), ord("\n")})


def clean(text: str) -> str:
    """Return ``text`` without what a database, a log or a chat cannot carry.

    Lone surrogates become U+FFFD; control characters other than tab and line breaks go. Marks that
    steer the direction of writing stay: they belong to the text.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    lines = whole.replace("\r\n", "\n").replace("\r", "\n")
    return lines.translate(_CONTROLS).strip()


def one_line(name: str) -> str:
    """Return a name as one clean line, in which nothing steers the writing or is a link."""
    kept = (char for char in clean(name) if unicodedata.category(char) != "Cf")
    return " ".join("".join(kept).replace("://", ": ").split())
