"""Store of updates: those of one post, up to a thousand, before it is answered.

PostgreSQL copies them all at once: a statement with a parameter for each column would take several
times as long. Their installations are locked first, so that whoever removes one waits, and nothing
is stored of one that is removed already.
"""

import json
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
import uuid_utils
from django.db import IntegrityError, connection, transaction
from django.utils.timezone import now

from core.db.pipeline import copy_in
from integrations.models import LIVE_STATES, Installation
from integrations.targets.events import Update
from messaging.models.bot import ReceivedUpdate

Told = tuple[Installation, Update]
_Row = tuple[str, ...]

_COLUMNS = (
    *("id", "organization_id", "installation_id", "key", "kind", "account_id"),
    *("code", "reference", "happened_at", "received_at", "message_ids"),
)
_LIVE_NAMES = [state.value for state in LIVE_STATES]
# In the same order for all posts, or two would wait for each other.
_HELD = """
SELECT id FROM integrations_installation WHERE id = ANY(%s) AND state = ANY(%s)
ORDER BY id FOR SHARE
"""


def store(told: Sequence[Told]) -> None:
    """Store each update of a live installation once; what is known by its key is left out.

    The caller holds the transaction.
    """
    at, homes = now().isoformat(), {installation.id: installation for installation, _update in told}
    live = _lock_live({*homes})
    # Written out once, not for each of a thousand.
    places = {pk: (str(homes[pk].organization_id), str(pk)) for pk in live}
    rows = [_row(places[home.id], update, at) for home, update in told if home.id in live]
    if connection.vendor == "postgresql" and _copy(rows):
        return
    models = [ReceivedUpdate(**dict(zip(_COLUMNS, row, strict=True))) for row in rows]
    for model in models:
        model.message_ids = json.loads(model.message_ids)
    ReceivedUpdate.objects.bulk_create(models, ignore_conflicts=True)


def _lock_live(ids: set[UUID]) -> set[UUID]:
    """Return which of these installations are live, and will be until this is committed."""
    if connection.vendor != "postgresql":
        # No other worker writes during this transaction.
        return set(Installation.objects.live().filter(pk__in=ids).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [[*ids], _LIVE_NAMES])
        return {pk for (pk,) in cursor.fetchall()}


def _copy(rows: Iterable[_Row]) -> bool:
    """Store all rows, or none where one of them is there already."""
    try:
        with transaction.atomic():
            copy_in(f"messaging_receivedupdate ({', '.join(_COLUMNS)})", rows)
    except IntegrityError:
        return False
    return True


def _row(place: tuple[str, str], update: Update, at: str) -> _Row:
    """Return the values of ``_COLUMNS``, all as texts: the driver would take longer for others."""
    return (
        str(uuid_utils.uuid7()),
        *place,
        update.key,
        update.kind.value,
        update.account_id,
        update.code,
        update.reference,
        update.at.isoformat(),
        at,
        msgspec.json.encode(update.message_ids).decode(),
    )
