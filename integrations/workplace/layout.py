"""A notice as Work Chat shows it: plain text that the chat reads as nothing but text."""

import re

from core.text import ADDRESS, carried
from integrations.targets.port import Notice
from integrations.workplace.split import split

# Work Chat's light markdown has no way to escape a mark, so marks that would form a pair become
# characters that look alike. Marks inside words do nothing and stay; so do those of an address,
# which must lead to the same place as before.
_LOOK_ALIKE = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"}
_PAIRED = {
    mark: re.compile(
        rf"(?<![A-Za-z0-9{re.escape(mark)}]){re.escape(mark)}+(?=[^\s{re.escape(mark)}])"
        rf"|(?<=[^\s{re.escape(mark)}]){re.escape(mark)}+(?![A-Za-z0-9{re.escape(mark)}])"
    )
    for mark in "*_~"
}
# "@[id]" mentions a member (Graph API, posts); a word joiner inside is invisible and breaks it.
_MENTION = re.compile(r"@(?=\[)")
_CODE = re.compile("`")
_MARKS = re.compile("[@*_~]")


def lay_out(notice: Notice) -> list[str]:
    """Return the texts, each for one call, that carry the notice; its link is kept whole."""
    sections = (notice.headline, notice.text, "\n".join(notice.footnotes))
    body = "\n\n".join(neutralise(section) for section in sections if section)
    return split(body, tail=notice.link)


def neutralise(text: str) -> str:
    """Return ``text`` so that Work Chat formats nothing in it and mentions nobody."""
    lines = [_neutralise_line(line) for line in carried(text).split("\n")]
    return _without_code("\n".join(lines))


def _neutralise_line(line: str) -> str:
    if not _MARKS.search(line):
        # As most lines are; to look for addresses in them would take longest.
        return line
    line = _MENTION.sub("@\u2060", line)
    for mark, edges in _PAIRED.items():
        if len(edges.findall(line)) > 1:
            line = _replace(line, edges, _LOOK_ALIKE[mark])
    return line


def _replace(text: str, found: re.Pattern[str], harmless: str) -> str:
    """Put ``harmless`` for each character of what is ``found`` outside of addresses."""
    inside = bytearray(len(text))
    for address in ADDRESS.finditer(text):
        inside[address.start() : address.end()] = b"\x01" * len(address[0])
    return found.sub(lambda at: at[0] if inside[at.start()] else harmless * len(at[0]), text)


def _without_code(text: str) -> str:
    """Replace back quotes when there are at least two, since code may span lines."""
    return _replace(text, _CODE, _LOOK_ALIKE["`"]) if text.count("`") > 1 else text
