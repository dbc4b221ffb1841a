"""The copy of a DM, in the recipient's language, before a target lays it out."""

from django.utils import translation
from django.utils.translation import gettext, ngettext

from core.languages import language_of
from core.text import cut, isolated, shortened
from integrations.models import CopyShows
from integrations.ovice.urls import is_ovice_url
from integrations.targets.port import Notice
from integrations.targets.quoting import MARK, quote
from messaging.delivery.content import Content

SPACE_NAME_LIMIT = 60
# As long as ovice lets a display name be.
SENDER_NAME_LIMIT = 30
FIRST_WORDS_LIMIT = 60


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
            text=quote(_shown(content.text, shows)),
            footnotes=_footnotes(content) if shows != CopyShows.NOTICE else (),
            link=content.link if with_link else "",
        )


def sender_of(content: Content) -> str:
    """Return how a sentence of ours, in the language in force, names who wrote a DM."""
    return _named(content.sender_name, SENDER_NAME_LIMIT) or gettext("Somebody")


def _headline(content: Content) -> str:
    sender = sender_of(content)
    space = _named(content.space_name, SPACE_NAME_LIMIT)
    if not space:
        return gettext("%(sender)s sent you a direct message in ovice") % {"sender": sender}
    return gettext("%(sender)s sent you a direct message in ovice (%(space)s)") % {
        "sender": sender,
        "space": space,
    }


def _named(name: str, limit: int) -> str:
    """Return a name for a sentence of ours; one at its beginning must not look quoted."""
    return isolated(shortened(name.lstrip(MARK), limit))


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
    words = cut(line, FIRST_WORDS_LIMIT)
    return (words.rsplit(" ", 1)[0] if " " in words[FIRST_WORDS_LIMIT // 2 :] else words) + "…"


def _footnotes(content: Content) -> tuple[str, ...]:
    if not content.attachments:
        return ()
    line = ngettext(
        "📎 %(count)d attachment – open in ovice to view",
        "📎 %(count)d attachments – open in ovice to view",
        content.attachments,
    )
    return (line % {"count": content.attachments},)
