"""The copy of a DM, in the recipient's language, before a target lays it out."""

import unicodedata
from functools import cache

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, ngettext

from integrations.languages import language_of
from integrations.models import CopyShows
from integrations.ovice_links import is_ovice_url
from integrations.targets import Notice
from messaging.content import Content

SPACE_NAME_LIMIT = 60
# As long as ovice lets a display name be.
SENDER_NAME_LIMIT = 30
FIRST_WORDS_LIMIT = 60
# Before a line that is not ours although it looks so.
QUOTED = "│ "
# Stands for a name while we look at our own words.
HOLE = "\x00"


def choose_link(*candidates: str | None) -> str:
    """Return the first candidate that is an ovice address, or nothing."""
    return next((url for url in candidates if url and is_ovice_url(url)), "")


def compose(
    content: Content,
    *,
    locale: str,
    with_link: bool = True,
    shows: CopyShows = CopyShows.FULL,
) -> Notice:
    """Return the notice of a DM for a reader of ``locale`` (``ja``, ``ja_JP``; else English)."""
    with translation.override(language_of(locale)):
        return Notice(
            headline=_headline(content),
            text=quoted(_shown(content.text, shows)),
            footnotes=_footnotes(content) if shows != CopyShows.NOTICE else (),
            link=content.link if with_link else "",
        )


def _headline(content: Content) -> str:
    sender = _shortened(content.sender_name, SENDER_NAME_LIMIT) or gettext("Somebody")
    space = _shortened(content.space_name, SPACE_NAME_LIMIT)
    if not space:
        return gettext("%(sender)s sent you a direct message in ovice") % {"sender": sender}
    return gettext("%(sender)s sent you a direct message in ovice (%(space)s)") % {
        "sender": sender,
        "space": space,
    }


def quoted(text: str) -> str:
    """Return ``text`` with a mark before each line that looks like the headline of a notice.

    Somebody could otherwise write a message that shows as another one, from whomever they like.
    """
    lines = text.split("\n")
    return "\n".join(f"{QUOTED}{line}" if _imitates(line) else line for line in lines)


def _imitates(line: str) -> bool:
    plain = _plain(line)
    return any(part in plain for part in _headline_parts())


@cache
def _headline_parts() -> tuple[str, ...]:
    """Return what tells a headline in each of our languages: the longest words of our own in it."""
    parts = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            headlines = [_headline(Content(HOLE, place, "", 0, "")) for place in ("", HOLE)]
        parts += [_plain(max(headline.split(HOLE), key=len)) for headline in headlines]
    return tuple(parts)


def _plain(text: str) -> str:
    """Return what the eye takes for the same: width, case and spaces do not matter."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _shown(text: str, shows: CopyShows) -> str:
    if shows == CopyShows.NOTICE:
        return ""
    if shows == CopyShows.FULL:
        return text
    return _first_words(text)


def _first_words(text: str) -> str:
    """Return the beginning of ``text`` in one line, cut between words where it has any."""
    line = " ".join(text.split())
    if len(line) <= FIRST_WORDS_LIMIT:
        return line
    cut = line[:FIRST_WORDS_LIMIT]
    return (cut.rsplit(" ", 1)[0] if " " in cut[FIRST_WORDS_LIMIT // 2 :] else cut) + "…"


def _footnotes(content: Content) -> tuple[str, ...]:
    if not content.attachments:
        return ()
    line = ngettext(
        "📎 %(count)d attachment – open in ovice to view",
        "📎 %(count)d attachments – open in ovice to view",
        content.attachments,
    )
    return (line % {"count": content.attachments},)


def _shortened(name: str, limit: int) -> str:
    return name if len(name) <= limit else name[: limit - 1] + "…"
