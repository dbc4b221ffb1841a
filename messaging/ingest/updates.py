"""Edits and deletions: the copy follows as long as nothing of it has been sent."""

from datetime import datetime

import msgspec
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from core.text import is_blank
from integrations.models import Organization
from messaging.delivery.cancel import cancel
from messaging.delivery.content import Content, plain_text
from messaging.ingest.events import MessageEdit
from messaging.models import Attempt, Delivery, DeliveryQuerySet, DeliveryState, Message, Outcome


@transaction.atomic
def edit_message(organization: Organization, edit: MessageEdit, *, at: datetime) -> int:
    """Replace the text of copies not yet sent; return how many messages those were.

    Of edits that arrive out of order the youngest counts. A copy of which a part has arrived, or
    may have, keeps the old text: nobody could make sense of two halves. A message edited to nothing
    is cancelled.
    """
    edited = Message.objects.filter(
        organization=organization, ovice_id=edit.id, content_sealed__isnull=False, deleted_at=None
    )
    if not edited.exists():
        # Most edits come after the copy was sent: no work on a text that goes nowhere.
        return 0
    edition, text = int(at.timestamp() * 1000), plain_text(edit.text, edit.text_format)
    if is_blank(text):
        _lock_copies(organization, edit.id)
    unsent = edited.select_for_update(no_key=True).filter(
        ~Exists(_begun().filter(message=OuterRef("pk"))), edition__lt=edition
    )
    messages = list(unsent.order_by("pk"))
    for message in messages:
        _rewrite(message, text, edition)
    return len(messages)


def _lock_copies(organization: Organization, ovice_id: str) -> None:
    """Lock what may be cancelled before its message: whoever ends one goes on to its message.

    Deliveries being sent come last, as in a worker's claim: their call may end, and leave them
    waiting.
    """
    copies = Delivery.objects.filter(
        message__organization=organization, message__ovice_id=ovice_id
    ).select_for_update(of=("self",), no_key=True)
    for those in (copies.waiting(), copies.open()):
        list(those.only("pk").order_by("pk"))


def _begun() -> DeliveryQuerySet:
    """Return the deliveries of which a part has arrived or may have.

    A doubt outlives the state it was met in: after a try that was refused, or when it is replayed,
    an echo can still prove that a part of the old text is there, which is then not sent again.
    """
    doubts = Attempt.objects.filter(delivery=OuterRef("pk"), outcome=Outcome.UNCONFIRMED)
    proven = Q(parts_sent__gt=0) | Q(parts_echoed__gt=0)
    maybe = Q(state__in=(DeliveryState.SENDING, DeliveryState.UNCONFIRMED))
    return Delivery.objects.filter(proven | maybe | Exists(doubts))


def _rewrite(message: Message, text: str, edition: int) -> None:
    content = msgspec.structs.replace(Content.from_json(message.content or ""), text=text)
    message.content, message.edition = content.to_json(), edition
    message.save(update_fields=["content_sealed", "edition"])
    if is_blank(text) and not content.attachments:
        cancel(Delivery.objects.filter(message=message), reason="empty")
