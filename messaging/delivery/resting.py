"""One summary after a member's rest, before the messages that waited follow."""

from collections import Counter
from contextlib import suppress

from django.utils import translation
from django.utils.translation import ngettext

from accounts.members.preferences import choices_of, take_summary
from accounts.models import Link
from core.languages import language_of
from integrations.targets.errors import TargetError
from integrations.targets.port import ChatTarget, Saying
from messaging.delivery.content import Content
from messaging.delivery.render import sender_of
from messaging.models import Delivery

# A summary of one message would only say it twice.
FEWEST = 2
# So many are looked at, and so many senders are named: a summary is short.
MOST = 200
NAMED = 5


def say_what_waited(link: Link, target: ChatTarget) -> None:
    """Say once how many messages waited and from whom, if a rest of this member has just ended.

    A summary that is lost is not repeated: every message it speaks of follows.
    """
    if not take_summary(choices_of(link.member)):
        return
    names = _senders(link)
    if names.total() < FEWEST:
        return
    with translation.override(language_of(link.locale, link.organization.language)):
        saying = Saying(summary(names))
    with suppress(TargetError):
        target.say(link.account_id, saying)


def summary(senders: Counter[str]) -> str:
    """Return the summary in the language in force; ``senders`` counts messages by name."""
    count = senders.total()
    named = [f"{name} ({times})" for name, times in senders.most_common(NAMED)]
    if len(senders) > NAMED:
        named.append("…")
    text = ngettext(
        "While you were resting, %(count)d direct message came: %(names)s.",
        "While you were resting, %(count)d direct messages came: %(names)s.",
        count,
    )
    return text % {"count": count, "names": ", ".join(named)}


def _senders(link: Link) -> Counter[str]:
    """Count what waits for this link, by the senders' names."""
    open_ones = Delivery.objects.open().filter(link=link).select_related("message")
    contents = (delivery.message.content for delivery in open_ones.order_by("sent_at")[:MOST])
    return Counter(sender_of(Content.from_json(content)) for content in contents if content)
