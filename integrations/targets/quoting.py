"""A sender's text as a quotation: every line of it begins with a mark, and no line of ours does.

None of it can pass for words of ours, in whatever language or letters. A message begins with a line
of ours, so that the row which a chat itself breaks out of a long line is never the first of one.
"""

from core.text import closed

MARK = "│ "


def quote(text: str) -> str:
    """Return ``text`` with the mark before each line; nothing stays nothing.

    A change of the direction of writing ends with its line, in which it cannot turn the mark.
    """
    lines = (f"{MARK}{closed(line)}".rstrip() for line in text.split("\n"))
    return "\n".join(lines) if text else ""


def is_quoted(line: str) -> bool:
    """Return whether a line is a sender's."""
    return line.startswith(MARK.rstrip())


def unquote(text: str) -> str:
    """Return the lines of a quotation without their marks."""
    lines = (line.removeprefix(MARK.rstrip()) for line in text.split("\n"))
    return "\n".join(line.removeprefix(" ") for line in lines)
