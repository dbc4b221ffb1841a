"""Receipts for messages we sent: they stand in the chat, reached the person, were seen."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Coalesce
from django.utils.timezone import now

from accounts.models import Link
from core.db.reconnect import AWAY
from integrations.models import Installation
from integrations.targets.events import UpdateKind
from messaging.delivery import confirmations
from messaging.models import Delivery, DeliveryQuerySet, DeliveryState
from messaging.models.bot import FACTS, ReceivedUpdate

logger = structlog.stdlib.get_logger(__name__)

BATCH = 500


def take_facts(installation: Installation) -> bool:
    """Note up to ``BATCH`` facts, each person's as they happened; tell whether more may wait."""
    waiting = ReceivedUpdate.objects.filter(
        installation=installation, kind__in=FACTS, handled_at=None
    )
    # As the index has them: sorting thousands to take a few would cost more than noting those.
    facts = list(waiting.order_by("account_id", "happened_at", "pk")[:BATCH])
    for fact in facts:
        _note_or_set_aside(installation, fact)
    # Noting a fact twice changes nothing, so a crash before this line harms nobody.
    _close(installation, facts)
    return len(facts) == BATCH


def _close(installation: Installation, facts: Sequence[ReceivedUpdate]) -> None:
    """Keep facts, so that each counts once; but none about who has been erased meanwhile."""
    accounts = {fact.account_id for fact in facts}
    links = Link.objects.filter(installation=installation, account_id__in=accounts)
    known = set(links.values_list("account_id", flat=True))
    told = ReceivedUpdate.objects.filter(pk__in=[fact.pk for fact in facts])
    told.filter(account_id__in=known).update(handled_at=now())
    if accounts - known:
        told.exclude(account_id__in=known).delete()


def _note_or_set_aside(installation: Installation, fact: ReceivedUpdate) -> None:
    """Note one fact; one that breaks us is passed over, so that it keeps back no other."""
    try:
        _note(installation, fact)
    except AWAY:
        raise
    except Exception:
        logger.exception("fact: set aside", installation=installation.pk)


def _note(installation: Installation, fact: ReceivedUpdate) -> None:
    theirs = Delivery.objects.filter(
        link__installation=installation, link__account_id=fact.account_id
    )
    if fact.kind == UpdateKind.ECHOED:
        confirmations.confirm(installation, fact.reference)
    elif fact.kind == UpdateKind.REACHED:
        mine = theirs.filter(target_message_id__in=fact.message_ids, reached_at=None)
        mine.update(reached_at=fact.happened_at)
    else:
        _see(theirs, fact.happened_at)


def _see(theirs: DeliveryQuerySet, until: datetime) -> None:
    unseen = theirs.filter(state=DeliveryState.DELIVERED, seen_at=None, settled_at__lte=until)
    moment = Value(until, output_field=DateTimeField())
    unseen.update(seen_at=until, reached_at=Coalesce(F("reached_at"), moment))
