"""Split of a long text into messages that Work Chat accepts."""

from collections.abc import Iterator
from itertools import chain, repeat

from core.text import graphemes
from integrations.targets.quoting import MARK, is_quoted

# Send API: 2,000 characters. Counted as UTF-16 units, the strictest of the possible readings.
LIMIT = 2000
# Room for the longest number in front of a part, "(999/999)" and a line end.
_NUMBER = 10


def utf16_units(text: str) -> int:
    """Return the length of ``text`` in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, *, tail: str = "") -> list[str]:
    """Return ``text``, followed by ``tail`` on a line of its own, in parts of at most 2,000 units.

    Several parts are numbered, each on a line of its own: "(1/3)". A part ends with a line. A line
    that alone exceeds a part is cut, after white space where there is some, and never inside a
    grapheme, save for one that alone exceeds a part; a quoted line stays quoted where it goes on.
    The tail, a link, stays whole; one too long for any part is left out.
    """
    room = LIMIT - _NUMBER
    tail = tail if utf16_units(tail) <= room else ""
    whole = "\n\n".join(part for part in (text, tail) if part)
    if utf16_units(whole) <= LIMIT:
        return [whole]
    parts = list(_parts(text, room))
    if tail:
        last = f"{parts[-1]}\n\n{tail}"
        parts[-1:] = [last] if utf16_units(last) <= room else [parts[-1], tail]
    return [f"({number}/{len(parts)})\n{part}" for number, part in enumerate(parts, 1)]


def _parts(text: str, room: int) -> Iterator[str]:
    """Yield lines together as long as they fit; a line that no part holds fills the one begun."""
    part: list[str] = []
    used = 0
    for line in text.split("\n"):
        for row, units in _rows_of(line, room, room - used):
            if part and used + units > room:
                yield "\n".join(part)
                part, used = [], 0
            part.append(row)
            used += units + 1
    yield "\n".join(part)


def _rows_of(line: str, room: int, left: int) -> Iterator[tuple[str, int]]:
    """Yield a line, or what it has to be cut into, with the length of each.

    The first row takes the room that is ``left`` in the part begun, unless that is little.
    """
    if (units := utf16_units(line)) <= room:
        yield line, units
        return
    mark = MARK if is_quoted(line) else ""
    rest = line.removeprefix(mark)
    for size in chain([left] if left > room // 2 else [], repeat(room)):
        if not rest:
            return
        row = next(_rows(rest, size - len(mark)))
        rest = rest[len(row) :]
        yield f"{mark}{row}", utf16_units(row) + len(mark)


def _rows(line: str, room: int) -> Iterator[str]:
    """Cut a line so that the rows, joined, are the line again."""
    row: list[str] = []
    used = 0
    for piece in _pieces(line, room):
        units = utf16_units(piece)
        while used + units > room:
            kept = _last_break(row)
            yield "".join(row[:kept])
            row = row[kept:]
            used = sum(map(utf16_units, row))
        row.append(piece)
        used += units
    if row:
        yield "".join(row)


def _pieces(text: str, room: int) -> Iterator[str]:
    """Yield graphemes; one that no part could hold, piled up with marks, in characters."""
    for grapheme in graphemes(text):
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
