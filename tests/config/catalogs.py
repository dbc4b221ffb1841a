"""Which texts the code and the templates mark for translation."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation.template import templatize

_KEYWORDS = {"gettext": None, "gettext_lazy": None, "_": None, "ngettext": (1, 2)}


def marked_texts(*places: str) -> set[str]:
    """Return the marked texts in these files, and in the files of these folders."""
    return {text for path in _files(places) for text in _texts(path)}


def _files(places: Iterable[str]) -> Iterator[Path]:
    for place in places:
        path = settings.BASE_DIR / place
        yield from [path] if path.is_file() else path.rglob("*.*")


def _texts(path: Path) -> Iterator[str]:
    if path.suffix not in (".py", ".html", ".txt"):
        return
    source = path.read_text()
    python = source if path.suffix == ".py" else _calls_in(source)
    for _line, message, _comments, _context in extract(
        "python", io.BytesIO(python.encode()), keywords=_KEYWORDS
    ):
        yield message[0] if isinstance(message, tuple) else message


def _calls_in(template: str) -> str:
    """Return the calls a template makes for its texts, without indentation that means nothing."""
    return "\n".join(line.lstrip() for line in templatize(template).splitlines())
