"""A sender's text as a quotation: every line of it begins with a mark, on the narrowest screen too.

Only a sender's text has the mark at the beginning of its lines, so none of it can pass for words of
ours, in whatever language or letters. A chat breaks long lines itself, and would begin the next one
without a mark; so lines are broken here, as narrow as a phone shows them.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import category, east_asian_width

from core.text import ADDRESS, closed, graphemes

MARK = "│ "
# Widths are in tenths of a point, of letters of 16 points. A bubble of a phone of 360 points is 250
# points wide inside, of which the mark takes 15.
WIDTH = 2_300
# By what a wide font gives them; each is at most so wide. Numbers and small Latin letters: usual.
_THIN, _USUAL, _MIDDLE, _WIDE, _BROAD, _SYMBOL, _LONGEST = 66, 103, 138, 160, 195, 230, 2_000
_OF_ASCII = (
    dict.fromkeys(" ijlIftr.,:;'|!()[]-/\\", _THIN)
    | dict.fromkeys("ABCDEFGHJKLMNOPQRSTUVXYZ&w#$+<=>^~", _MIDDLE)
    | dict.fromkeys("mW@%", _BROAD)
    | {"\t": 8 * _THIN}
)
# Single signs as long as a sentence or a sign board.
_LONG = re.compile("[\ufdf0-\ufdfd\u2e3a\u2e3b\ua9c1-\ua9cd\U00012000-\U0001254f]")
# At most of middle width: letters of Latin, Greek, Cyrillic, Hebrew, Thai and of India.
_LETTERS = re.compile(
    "[\u00a1-\u017f\u0370-\u045f\u05d0-\u05ea\u0900-\u0e31\u0e34-\u0fff\u2010-\u2013\u2018-\u201e]"
)
_SYMBOLS = frozenset({"So", "Sm", "Sc", "No", "Nl", "Lt"})
_BROAD_ONES = frozenset("ĦŴÆŒæœωψЖШЩЮЫФЪѢжшщюыфЉЊљњ½¼¾©®™№…—")
# An emoji that is joined to the one before it takes no room of its own.
_JOINED = re.compile("\u200d[\u2190-\u2bff\U0001f000-\U0001faff]")
# A line does not begin with these; one of them may stick out.
_HANGING = frozenset("、。，．！？）」』】〉》”’…ー,.!?)")


def quote(text: str) -> str:
    """Return ``text`` with the mark before each line; nothing stays nothing.

    Lines are broken between words, or else between graphemes, but never inside an address.
    """
    if not text:
        return ""
    return "\n".join(
        f"{MARK}{closed(row)}".rstrip() for line in text.split("\n") for row in _rows(line.rstrip())
    )


def is_quoted(line: str) -> bool:
    """Return whether a line is a sender's."""
    return line.startswith(MARK.rstrip())


def unquote(text: str) -> str:
    """Return the lines of a quotation without their marks, broken as they are."""
    lines = (line.removeprefix(MARK.rstrip()) for line in text.split("\n"))
    return "\n".join(line.removeprefix(" ") for line in lines)


def _rows(line: str) -> Iterator[str]:
    """Break a line into rows of at most the width, save for what cannot be broken."""
    if len(line) * _BROAD <= WIDTH and line.isascii() and "\t" not in line:
        yield line
        return
    row = _Row()
    for unit in _units(line):
        width = _width(unit)
        if not row.has_room(unit, width):
            yield row.broken()
            # A word that was carried over leaves no room for what is wider.
            if row.units and not row.has_room(unit, width):
                yield row.broken()
        row.add(unit, width)
    if row.units:
        yield "".join(row.units)


class _Row:
    """One row as it grows; ``_break`` is where it may be broken, ``_fresh``: it follows a break."""

    def __init__(self) -> None:
        self.units: list[str] = []
        self._used = self._break = 0
        self._fresh = False

    def has_room(self, unit: str, width: int) -> bool:
        """Return whether the unit may go into this row; a first one always may."""
        sticks_out = unit in _HANGING and (self._used <= WIDTH or len(self.units) == 1)
        return not self.units or self._used + width <= WIDTH or sticks_out

    def add(self, unit: str, width: int) -> None:
        """Append the unit; white space at a break is not needed."""
        if unit.isspace() and self._fresh and not self.units:
            return
        sets_apart = east_asian_width(unit[0]) in "WF"
        if sets_apart and unit not in _HANGING:
            self._break = len(self.units)
        self.units.append(unit)
        self._used += width
        if sets_apart or unit.isspace():
            self._break = len(self.units)

    def broken(self) -> str:
        """Return the row up to its last break, and go on with what comes after."""
        end = self._break or len(self.units)
        done = "".join(self.units[:end]).rstrip()
        self.units = self.units[end:]
        self._used, self._break, self._fresh = sum(map(_width, self.units)), 0, True
        return done


def _units(line: str) -> Iterator[str]:
    """Yield addresses whole, and the graphemes between them."""
    end = 0
    for found in ADDRESS.finditer(line):
        yield from graphemes(line[end : found.start()])
        yield found[0]
        end = found.end()
    yield from graphemes(line[end:])


def _width(unit: str) -> int:
    """Return how wide a grapheme or an address is at most."""
    return sum(map(_width_of, _JOINED.sub("", unit)))


@lru_cache(maxsize=4_096)
def _width_of(char: str) -> int:
    if char < "\x7f":
        return _OF_ASCII.get(char, _USUAL)
    kind = category(char)
    if kind in ("Mn", "Me", "Cf"):
        return 0
    if _LONG.match(char):
        return _LONGEST
    if char >= "\U0001f000" or kind in _SYMBOLS:
        return _SYMBOL
    if east_asian_width(char) in "WF":
        return _WIDE
    return _MIDDLE if _LETTERS.match(char) and char not in _BROAD_ONES else _BROAD
