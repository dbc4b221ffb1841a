"""The story of one message, from its sender's key press to its erased text. Pure."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from core.ids import rfc3339
from messaging.models import WAITING_STATES, DeliveryState, Message
from messaging.support import messages
from messaging.support.delivery_timeline import NOTICEABLE, answer, lines
from messaging.support.lines import Answer, Line, Story, Tone, moment, span
from messaging.support.rows import MessageFacts

_MENDABLE = (*WAITING_STATES, DeliveryState.FAILED)


def tell_message(facts: MessageFacts) -> Story:
    """Return the story; of its text nothing but whether it is still kept."""
    message = facts.message
    return Story(
        title=_("Message %(id)s") % {"id": message.ovice_id},
        answers=tuple(_answers(facts)),
        lines=tuple(_lines(facts)),
        facts=tuple(_ids(facts)),
        links=tuple(_ways(facts)),
    )


def _answers(facts: MessageFacts) -> Iterator[Answer]:
    message = facts.message
    if facts.passages:
        yield from map(answer, facts.passages)
        return
    if not message.skipped_reason:
        yield Answer(_("Received; what became of it is no longer stored."))
        return
    text, advice = messages.skipped(message.skipped_reason)
    yield Answer(text, Tone.WARN, advice)


def _lines(facts: MessageFacts) -> Iterator[Line]:
    message = facts.message
    if message.skipped_reason == "deleted":
        yield Line(_("Its sender deleted it before it came in."), message.deleted_at)
        return
    yield Line(_("Sent in ovice."), message.sent_at)
    yield _received(message)
    if message.skipped_reason:
        yield Line(messages.skipped(message.skipped_reason)[0], message.accepted_at, Tone.WARN)
    elif facts.passages:
        text = _("Judged: a message to one linked member, to be relayed.")
        yield Line(text, message.accepted_at)
    for passage in facts.passages:
        yield from lines(passage)
    if message.deleted_at:
        yield Line(_("Its sender deleted it in ovice."), message.deleted_at)
    yield _text(facts)


def _received(message: Message) -> Line:
    late = message.accepted_at - message.sent_at
    if late < NOTICEABLE:
        return Line(_("Received from ovice."), message.accepted_at)
    text = _("Received from ovice, %(span)s after it was sent.") % {"span": span(late)}
    return Line(text, message.accepted_at, Tone.WARN)


def _text(facts: MessageFacts) -> Line:
    """Return whether the text is still kept, and until when."""
    message = facts.message
    if message.content_sealed is None:
        if message.skipped_reason:
            return Line(_("Its text was never stored."))
        return Line(_("Its text has been erased."))
    ends = [passage.delivery.expires_at for passage in facts.passages]
    states = {passage.delivery.state for passage in facts.passages}
    if not ends:
        return Line(_("Its text is kept, encrypted."))
    text = _("Its text is kept, encrypted, until it is delivered, or until %(until)s.")
    if states == {DeliveryState.FAILED}:
        text = _("Its text is kept, encrypted, until %(until)s, so that it can be sent once more.")
    return Line(text % {"until": moment(max(ends))})


def _ids(facts: MessageFacts) -> Iterator[tuple[str, str]]:
    message = facts.message
    yield _("Organization"), str(message.organization)
    yield _("Message in ovice"), message.ovice_id
    yield _("Event"), message.event_id
    yield _("Recipient in ovice"), message.recipient_ovice_id or "-"
    yield _("Space in ovice"), message.space_ovice_id or "-"
    for passage in facts.passages:
        delivery = passage.delivery
        yield _("Delivery"), str(delivery.pk)
        if delivery.target_message_id:
            yield _("Message in the chat"), delivery.target_message_id
        yield _("Expires"), rfc3339(delivery.expires_at)


def _ways(facts: MessageFacts) -> Iterator[tuple[str, str]]:
    """Yield the way to what can be done about each delivery that has not arrived."""
    page = reverse("admin:messaging_delivery_changelist")
    for passage in facts.passages:
        if passage.delivery.state in _MENDABLE:
            yield _("Send once more, or cancel"), f"{page}?q={passage.delivery.pk}"
