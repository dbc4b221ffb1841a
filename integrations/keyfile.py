"""Data keys kept apart from the database's backups, so that a destroyed one is gone from them too.

Backups of the database are made without the rows of ``integrations_datakey`` and may be kept; the
file with the wrapped keys is replaced each time, so only the keys that still exist are anywhere.
"""

import base64
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from integrations.models import DataKey, Organization


def save_keys(path: Path) -> int:
    """Replace the file at ``path`` by today's keys, still wrapped; return how many they are.

    The file appears whole or not at all, and only its owner may read it.
    """
    rows = [_document(key) for key in DataKey.objects.exclude(wrapped=None).order_by("pk")]
    fresh = path.with_name(f".{path.name}.fresh")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(rows, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return len(rows)


def load_keys(path: Path) -> tuple[int, list[Organization]]:
    """Put keys back after a restore; return how many, and the organizations left without any.

    Those were purged after the backup was made: their rows must be purged again.
    """
    documents = json.loads(path.read_text())
    present = set(Organization.objects.values_list("pk", flat=True))
    keys = [_key(row) for row in documents if UUID(row["organization"]) in present]
    destroyed = set(DataKey.objects.exclude(destroyed_at=None).values_list("pk", flat=True))
    DataKey.objects.exclude(pk__in=[key.pk for key in keys]).delete()
    # The file's wrapping is the newer one: what a whole dump brings back may be under a master key
    # that is no more. But nothing makes a key whole again that was destroyed.
    DataKey.objects.bulk_create(
        [key for key in keys if key.pk not in destroyed],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["wrapped"],
    )
    return len(keys), list(Organization.objects.filter(data_keys=None).order_by("pk"))


def _document(key: DataKey) -> dict[str, str]:
    return {
        "id": str(key.pk),
        "organization": str(key.organization_id),
        "wrapped": base64.b64encode(bytes(key.wrapped or b"")).decode(),
        "created_at": key.created_at.isoformat(),
    }


def _key(row: dict[str, Any]) -> DataKey:
    return DataKey(
        pk=UUID(row["id"]),
        organization_id=UUID(row["organization"]),
        wrapped=base64.b64decode(row["wrapped"]),
        created_at=datetime.fromisoformat(row["created_at"]),
    )
