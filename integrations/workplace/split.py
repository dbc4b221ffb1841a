"""Cutting a long text into messages that Work Chat accepts."""

from collections.abc import Iterator

import regex

# Send API: 2,000 characters. Counted as UTF-16 units, the strictest of the possible readings.
LIMIT = 2000
# Room for the longest number in front of a part, "(999/999) ".
_NUMBER = 10
_GRAPHEME = regex.compile(r"\X")


def utf16_units(text: str) -> int:
    """Return the length of ``text`` in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, *, tail: str = "") -> list[str]:
    """Return ``text``, followed by ``tail`` on a line of its own, in parts of at most 2,000 units.

    Several parts are numbered, "(1/3) ". No part ends inside a grapheme, save for one that alone
    exceeds a part, and a part ends after white space where there is some. The tail, a link, stays
    whole; one too long for any part is left out.
    """
    tail = tail if utf16_units(tail) <= LIMIT - _NUMBER else ""
    whole = "\n\n".join(part for part in (text, tail) if part)
    if utf16_units(whole) <= LIMIT:
        return [whole]
    parts = list(_parts(text, LIMIT - _NUMBER))
    if tail:
        last = f"{parts[-1]}\n\n{tail}"
        parts[-1:] = [last] if utf16_units(last) <= LIMIT - _NUMBER else [parts[-1], tail]
    return [f"({number}/{len(parts)}) {part}" for number, part in enumerate(parts, 1)]


def _parts(text: str, room: int) -> Iterator[str]:
    """Cut ``text`` so that the parts, joined, are the text again."""
    part: list[str] = []
    used = 0
    for piece in _pieces(text, room):
        units = utf16_units(piece)
        while used + units > room:
            kept = _last_break(part)
            yield "".join(part[:kept])
            part = part[kept:]
            used = sum(map(utf16_units, part))
        part.append(piece)
        used += units
    if part:
        yield "".join(part)


def _pieces(text: str, room: int) -> Iterator[str]:
    """Yield graphemes; one that no part could hold, piled up with marks, in characters."""
    for grapheme in _GRAPHEME.findall(text):
        if utf16_units(grapheme) <= room:
            yield grapheme
        else:
            yield from grapheme


def _last_break(part: list[str]) -> int:
    """Return where to cut: after the last white space of the second half, or at the end."""
    for position in range(len(part), len(part) // 2, -1):
        if part[position - 1].isspace():
            return position
    return len(part)
