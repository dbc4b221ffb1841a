"""Storing what one post told, up to a thousand updates, before it is answered.

On PostgreSQL all rows go over as one JSON value: making a model of each, and a parameter of each
column, would take longer than the database does.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from django.db import connection
from django.utils.timezone import now
from uuid_utils.compat import uuid7

from integrations.models import Installation
from integrations.updates import Update
from messaging.chats import ReceivedUpdate

Told = tuple[Installation, Update]


def store(told: Sequence[Told]) -> None:
    """Store each update once; what is known by its key already is left out."""
    at = now()
    rows = [_row(installation, update, at) for installation, update in told]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_insertion(), [msgspec.json.encode(rows).decode()])
        return
    models = [ReceivedUpdate(**row) for row in rows]
    ReceivedUpdate.objects.bulk_create(models, ignore_conflicts=True)


def _row(installation: Installation, update: Update, at: datetime) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "organization_id": installation.organization_id,
        "installation_id": installation.pk,
        "key": update.key,
        "kind": update.kind,
        "account_id": update.account_id,
        "code": update.code,
        "reference": update.reference,
        "message_ids": list(update.message_ids),
        "happened_at": update.at,
        "received_at": at,
    }


@cache
def _insertion() -> str:
    """Return the statement; names and types are the model's own."""
    about = ReceivedUpdate._meta  # noqa: SLF001 - Django's public API
    quoted = connection.ops.quote_name
    fields = [field for field in about.concrete_fields if field.name != "handled_at"]
    names = ", ".join(quoted(field.column or "") for field in fields)
    types = ", ".join(
        f"{quoted(field.column or '')} {field.db_type(connection)}" for field in fields
    )
    table = quoted(about.db_table)
    return (
        f"INSERT INTO {table} ({names}) SELECT {names}"  # noqa: S608 - our own names
        f" FROM json_to_recordset(%s::json) AS told({types}) ON CONFLICT DO NOTHING"
    )
