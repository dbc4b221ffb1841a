"""Export of one subject, in words and numbers, readable without this program."""

from collections.abc import Iterator
from typing import Any

from django.db.models import BinaryField, Model
from django.utils.timezone import now

from integrations.encryption.data_keys import SealedText
from integrations.encryption.fields import sealed_attributes
from integrations.removal.data_map import Subject, tables

# Each of them lets its holder in as the person whose data this is.
_LETS_IN = frozenset(
    {
        "accounts.User.password",
        "mfa.Authenticator.data",
        "sessions.Session.session_data",
        "sessions.Session.session_key",
    }
)


def export(subject: Subject) -> dict[str, Any]:
    """Return each table's rows of the subject; sealed columns are opened, raw bytes left out."""
    found = {
        table.model: [row_of(row) for row in table.rows_about(subject).order_by("pk").iterator()]
        for table in tables()
    }
    rows = {model: rows for model, rows in found.items() if rows}
    return {"exported_at": now().isoformat(), **rows}


def row_of(row: Model) -> dict[str, Any]:
    """Return one row with the names of its columns; secrets of the installation stay out."""
    return dict(_values(row))


def _values(row: Model) -> Iterator[tuple[str, Any]]:
    for field in row._meta.concrete_fields:  # noqa: SLF001 - Django's public API
        if not isinstance(field, BinaryField) and str(field) not in _LETS_IN:
            yield field.attname, field.value_from_object(row)
    for name in sealed_attributes(type(row), SealedText):
        yield name, getattr(row, name)
