"""Data keys kept apart from the database's backups, so that a destroyed one is gone from them too.

Backups of the database are made without the rows of ``integrations_datakey`` and may be kept; the
file with the wrapped keys is replaced each time, so only the keys that still exist are anywhere.
With them goes the ledger of removals, so that a restore does not undo any.
"""

import base64
import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django.core import serializers
from django.core.serializers.base import DeserializationError
from django.utils.timezone import now

from integrations.models import DataKey, Installation
from integrations.models.removal import Removal, RemovalScope

# Files of the version before are a bare list of keys.
_VERSION = 2
# A row that is being created while the file is written may be missing from it.
_MARGIN = timedelta(minutes=1)


class KeyFileError(Exception):
    """A file of keys cannot be used; the text says why, and nothing of what is in it."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Content of such a file: all keys that existed at ``saved_at``, and the ledger of removals.

    None stands for the unknown time of a file of the version before, which has no ledger either.
    """

    saved_at: datetime | None
    keys: list[DataKey]
    removals: list[Removal]


def save_keys(path: Path) -> int:
    """Replace the file at ``path`` by today's keys, still wrapped; return how many they are.

    The file appears whole or not at all, and only its owner may read it.
    """
    saved_at = now() - _MARGIN
    rows = [_document(key) for key in DataKey.objects.exclude(wrapped=None).order_by("pk")]
    # After the keys: so it tells of each that was destroyed meanwhile.
    document = {
        "version": _VERSION,
        "saved_at": saved_at,
        "keys": rows,
        "removals": serializers.serialize("python", _ledger()),
    }
    fresh = path.with_name(f".{path.name}.fresh")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(document, file, default=datetime.isoformat)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return len(rows)


def read_keys(path: Path) -> KeyFile:
    """Return what the file at ``path`` holds; raise ``KeyFileError`` if it is none of ours."""
    try:
        return _parsed(json.loads(path.read_text()))
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, KeyError, RecursionError, DeserializationError):
        # The decoder's message could quote a key.
        raise KeyFileError(f"{path} is not a whole file of save_keys.") from None


def _parsed(document: Any) -> KeyFile:
    if isinstance(document, list):
        return KeyFile(None, [_key(row) for row in document], [])
    if document["version"] != _VERSION:
        raise ValueError("another version")
    return KeyFile(
        saved_at=datetime.fromisoformat(document["saved_at"]),
        keys=[_key(row) for row in document["keys"]],
        removals=[_removal(row) for row in document["removals"]],
    )


def _ledger() -> list[Removal]:
    """Return every removal, with the scope of those that would leave their organization alone.

    After a restore the connection for which it lives may be missing, and with it the reason.
    """
    living = set(Installation.objects.live().values_list("organization_id", flat=True))
    removals = list(Removal.objects.order_by("pk"))
    for row in removals:
        if row.scope == RemovalScope.UNDECIDED and row.organization_id in living:
            row.scope = RemovalScope.INSTALLATION
    return removals


def _removal(row: dict[str, Any]) -> Removal:
    if row["model"] != "integrations.removal":
        raise ValueError("another table")
    # A file may be of a later version, whose rows know more.
    [read] = serializers.deserialize("python", [row], ignorenonexistent=True)
    return cast("Removal", read.object)


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
        wrapped=base64.b64decode(row["wrapped"], validate=True),
        created_at=datetime.fromisoformat(row["created_at"]),
    )
