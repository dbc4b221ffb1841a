"""Unicode text: what of a text from elsewhere is kept, and where it may be cut.

Every function takes any string, lone surrogates included, never raises, and takes linear time.
"""

from collections.abc import Iterator

import regex

# "regex" follows Unicode more closely than Python does, whose own tables know no newer emoji.
_V1 = regex.VERSION1

# A pair of regional indicators makes a flag; \X alone counts back to their first one each time.
_GRAPHEME = regex.compile(r"\p{RI}{2}[\p{Grapheme_Extend}\p{Mc}\u200d]*|\X", _V1)
# All that ends a line, for use between square brackets.
LINE_ENDS = r"\n\r\v\f\x1c-\x1e\x85\u2028\u2029"
_LINE_END = regex.compile(rf"\r\n|[{LINE_ENDS}]")
_CONTROL = regex.compile(r"[\p{Cc}--[\t\n]]", _V1)
# Scripts in which a joiner chooses the shape of the letter before it.
_SHAPED = (
    r"\p{Arabic}\p{Syriac}\p{Nko}\p{Mandaic}\p{Mongolian}\p{Phags_Pa}\p{Manichaean}\p{Adlam}"
    r"\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}\p{Oriya}\p{Tamil}\p{Telugu}\p{Kannada}"
    r"\p{Malayalam}\p{Sinhala}\p{Thai}\p{Lao}\p{Tibetan}\p{Myanmar}\p{Khmer}\p{Balinese}"
    r"\p{Javanese}\p{Sundanese}\p{Chakma}\p{Brahmi}\p{Grantha}\p{Newa}"
)
_EMOJI_PART = r"\p{Extended_Pictographic}\uFE0F?\p{Emoji_Modifier}?"
# Invisible characters that are kept, each where it changes another one; the rest goes.
_UNSEEN = regex.compile(
    rf"(?<=[{_SHAPED}])[\u200c\u200d](?![\u200c\u200d])"
    rf"|(?<={_EMOJI_PART})\u200d(?=\p{{Extended_Pictographic}})"
    r"|(?<=[^\p{Z}\p{C}\p{Default_Ignorable_Code_Point}])\p{Variation_Selector}"
    r"|(?<=\U0001F3F4)[\U000E0020-\U000E007E]{1,8}\U000E007F"
    r"|\p{Bidi_Control}"
    r"|(?P<dropped>[\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB])",
    _V1,
)
# Signs that show as an empty place, although Unicode calls them letters, symbols or marks.
_EMPTY = r"\u2800\U00013441\U00013442\U00016FE4\U0001D159"
_BLANK = (
    r"[\p{Z}\p{Cc}[\p{Cf}--\p{Prepended_Concatenation_Mark}]\p{Cs}"
    rf"\p{{Default_Ignorable_Code_Point}}{_EMPTY}]"
)
_ALL_BLANK = regex.compile(rf"{_BLANK}*", _V1)
_BLANKS = regex.compile(rf"{_BLANK}+", _V1)
# Marks beyond these pile up over the lines above; no language stacks more.
_PILE = regex.compile(r"([\p{Mn}\p{Me}]{8})[\p{Mn}\p{Me}]+")
_BIDI = regex.compile(r"\p{Bidi_Control}")
_RIGHT_TO_LEFT = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}\p{Bidi_Class=AN}]")
# Embeddings and overrides are closed by one sign, isolates by another.
_OPENING = dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c") | dict.fromkeys(
    "\u2066\u2067\u2068", "\u2069"
)
_CLOSING = frozenset(_OPENING.values())

# An address: signs of RFC 3986, up to what a sentence puts behind it. Others' letters end it:
# nothing stands between an address and the Japanese sentence that goes on after it.
_SIGN = r"\w\-~/#@$&*+=%"
ADDRESS = regex.compile(
    rf"(?i:https?://)(?:\[[0-9A-Fa-f:.]+\])?"
    rf"(?:[{_SIGN}]++|[.,:;!?']++(?=[{_SIGN}(])|\([{_SIGN}.,:;!?']*+\))+",
    regex.ASCII,
)


def clean(text: str) -> str:
    """Return ``text`` without what a database, a log or a chat cannot carry or nobody can see.

    Every line end becomes a line feed. Marks that steer the direction of writing end with their
    line.
    """
    text = carried(text)
    if not text.isascii():
        text = _PILE.sub(r"\1", _UNSEEN.sub(_kept, text))
        text = "\n".join(map(closed, text.split("\n")))
    return _without_edges(text)


def carried(text: str) -> str:
    """Return ``text`` in whole characters and lines, without control characters except tabs."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _CONTROL.sub("", _LINE_END.sub("\n", whole))


def one_line(text: str, limit: int | None = None) -> str:
    """Return a name as one clean line, in which nothing steers the writing or is a link.

    Longer than ``limit`` characters, it ends with "…"; a name of nothing visible is empty.
    """
    line = _BIDI.sub("", clean(text).replace("\n", " "))
    if is_blank(line):
        return ""
    line = " ".join(line.replace("://", ": ").split())
    return line if limit is None else shortened(line, limit)


def is_blank(text: str) -> bool:
    """Return whether a reader would see nothing of ``text``."""
    return _ALL_BLANK.fullmatch(text) is not None


def visible_start(text: str) -> str:
    """Return ``text`` from its first visible character on."""
    found = _BLANKS.match(text)
    return text[found.end() :] if found else text


def graphemes(text: str) -> Iterator[str]:
    """Yield what a reader takes for one character each; joined, they are ``text``."""
    return (found[0] for found in _GRAPHEME.finditer(text))


def cut(text: str, limit: int) -> str:
    """Return the beginning of ``text``, in whole graphemes of at most ``limit`` characters."""
    if len(text) <= limit:
        return text
    end = 0
    for found in _GRAPHEME.finditer(text):
        if found.end() > limit:
            break
        end = found.end()
    return text[:end]


def shortened(text: str, limit: int) -> str:
    """Return ``text``, or its beginning with "…", of at most ``limit`` characters."""
    return text if len(text) <= limit else cut(text, limit - 1).rstrip() + "…"


def isolated(name: str) -> str:
    """Return ``name`` for the middle of a sentence, whose order it cannot change."""
    return f"\u2068{name}\u2069" if _RIGHT_TO_LEFT.search(name) else name


def closed(line: str) -> str:
    """Return a line in which each change of direction ends, and none ends that began outside."""
    if line.isascii() or not _BIDI.search(line):
        return line
    kept: list[str] = []
    open_ones: list[str] = []
    for char in line:
        if char in _CLOSING:
            if not open_ones or open_ones[-1] != char:
                continue
            open_ones.pop()
        elif char in _OPENING:
            open_ones.append(_OPENING[char])
        kept.append(char)
    return "".join(kept + open_ones[::-1])


def _kept(found: "regex.Match[str]") -> str:
    return "" if found["dropped"] else found[0]


def _without_edges(text: str) -> str:
    """Return ``text`` without white space around it, and blank lines at either end."""
    text = text.strip()
    if text.isascii():
        return text
    lines = text.split("\n")
    start, end = 0, len(lines)
    while start < end and is_blank(lines[start]):
        start += 1
    while start < end and is_blank(lines[end - 1]):
        end -= 1
    return "\n".join(lines[start:end]).strip()
