"""HTML as one reads it: the text of a piece of markup, in lines.

Only the tokenizer of HTML5 is used. A tree takes more than linear time and room on what is nested
to do harm, and no reader of plain text needs one.
"""

from collections.abc import Callable

from turbohtml import Token, TokenType, tokenize

_BLOCK_TAGS = """
address article aside blockquote body caption center dd details dialog dir div dl dt fieldset
figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li listing main
menu nav ol optgroup option p pre search section select summary table tbody textarea tfoot thead
tr ul video xmp
"""
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_CELLS = frozenset({"td", "th"})
# A browser shows nothing of these. One that is never closed hides nothing here: a DM comes first.
_HIDDEN = frozenset({"script", "style", "title", "template", "iframe", "noembed", "noframes"})
_SCHEMES = ("http", "https", "mailto", "tel")


def text_of(markup: str) -> str:
    """Return what a reader would see of ``markup``, its blocks on lines of their own.

    An address behind words follows them in brackets. Any string has a text; it takes linear time.
    """
    reader = _Reader()
    for token in tokenize(markup):
        reader.read(token)
    reader.end_link()
    return "\n".join(line.rstrip() for line in "".join(reader.pieces).split("\n"))


class _Reader:
    """Text read so far, and the marks open at this point."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        # Owed before the next words: a new line, or the gap between two cells.
        self._gap = ""
        self._hidden, self._depth, self._hidden_from = "", 0, 0
        self._address, self._linked_from = "", 0
        self._handlers: dict[TokenType, Callable[[Token], None]] = {
            TokenType.TEXT: self._text,
            TokenType.START_TAG: self._start,
            TokenType.END_TAG: self._end,
        }

    def read(self, token: Token) -> None:
        """Go on by one token; comments and declarations say nothing."""
        if handle := self._handlers.get(token.type):
            handle(token)

    def end_link(self) -> None:
        """Put the address of the open link behind its words, unless they are the address."""
        address, self._address = self._address, ""
        words = "".join(self.pieces[self._linked_from :]).strip()
        if not address or _same(words, address):
            return
        self._say(f" ({address})" if words else address)

    def _text(self, token: Token) -> None:
        self._say(token.data or "")

    def _say(self, words: str) -> None:
        if self._gap:
            # White space of the source, around blocks, is none of the text.
            words = words.lstrip()
        if not words:
            return
        if self._gap and self.pieces and not self.pieces[-1].endswith("\n"):
            self.pieces.append(self._gap)
        self._gap = ""
        self.pieces.append(words)

    def _start(self, token: Token) -> None:
        tag = token.tag or ""
        if tag in _HIDDEN:
            self._hide(tag)
        elif tag == "br":
            self._gap = ""
            self.pieces.append("\n")
        elif tag == "img":
            # Stamps and custom emoji travel as images with a name.
            self._say(token.attr("alt") or "")
        elif tag == "a":
            self.end_link()
            self._address = _address(token.attr("href") or "")
            self._linked_from = len(self.pieces)
        self._separate(tag)

    def _end(self, token: Token) -> None:
        tag = token.tag or ""
        if tag == self._hidden:
            self._depth -= 1
            if not self._depth:
                del self.pieces[self._hidden_from :]
                self._hidden = ""
        elif tag == "a":
            self.end_link()
        self._separate(tag)

    def _separate(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._gap = "\n"
        elif tag in _CELLS and not self._gap:
            self._gap = "\t"

    def _hide(self, tag: str) -> None:
        if not self._hidden:
            self._hidden, self._depth, self._hidden_from = tag, 1, len(self.pieces)
        elif tag == self._hidden:
            self._depth += 1


def _address(href: str) -> str:
    """Return where a link leads, or nothing where that is no address outside its page."""
    address = "".join(href.split())
    if address.startswith("//"):
        address = f"https:{address}"
    return address if address.partition(":")[0].lower() in _SCHEMES else ""


def _same(words: str, address: str) -> bool:
    """Return whether words say the address; the scheme and a last slash need not be said."""
    bare = address.partition(":")[2].lstrip("/").rstrip("/")
    said = words.rstrip("/")
    return said in (address.rstrip("/"), bare)
