"""Data keys kept apart from the database's backups, so that a destroyed one is gone from them too.

Backups of the database are made without the rows of ``integrations_datakey`` and may be kept; the
file with the wrapped keys is replaced each time, so only the keys that still exist are anywhere.
"""

import base64
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.timezone import now

from integrations.models import DataKey

# Files of the version before are a bare list of keys.
_VERSION = 2


class KeyFileError(Exception):
    """A file of keys cannot be used; the text says why, and nothing of what is in it."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What such a file holds: the keys that existed, all of them, at ``saved_at``.

    None stands for the unknown time of a file of the version before.
    """

    saved_at: datetime | None
    keys: list[DataKey]


def save_keys(path: Path) -> int:
    """Replace the file at ``path`` by today's keys, still wrapped; return how many they are.

    The file appears whole or not at all, and only its owner may read it.
    """
    saved_at = now()
    rows = [_document(key) for key in DataKey.objects.exclude(wrapped=None).order_by("pk")]
    fresh = path.with_name(f".{path.name}.fresh")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"version": _VERSION, "saved_at": saved_at.isoformat(), "keys": rows}, file)
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
    except (ValueError, TypeError, KeyError, RecursionError):
        # What is wrong with it could quote a key.
        raise KeyFileError(f"{path} is not a whole file of save_keys.") from None


def _parsed(document: Any) -> KeyFile:
    if isinstance(document, list):
        return KeyFile(None, [_key(row) for row in document])
    if document["version"] != _VERSION:
        raise ValueError("another version")
    saved_at = datetime.fromisoformat(document["saved_at"])
    return KeyFile(saved_at, [_key(row) for row in document["keys"]])


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
