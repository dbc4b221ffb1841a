"""Model attributes whose column holds only ciphertext.

``token = Secret("token_sealed")`` reads and writes text through ``instance.token`` while the
database, ``values()``, ``dumpdata`` and ``repr`` see bytes. A value is bound to its tenant, its row
and its column, so the row's id and organization must be known before it is set.
"""

from typing import Any, Protocol
from uuid import UUID

from integrations.encryption import master_keys


class TenantRow(Protocol):
    """A model instance that belongs to one organization and has its id before it is saved."""

    _meta: Any
    pk: Any
    organization_id: UUID


class Sealed:
    """A text attribute kept as ciphertext in the column ``column``."""

    def __init__(self, column: str) -> None:
        self.column = column

    def place(self, row: TenantRow) -> tuple[str, ...]:
        """Return where this value lives: model, column and row."""
        return (row._meta.label, self.column, str(row.pk))  # noqa: SLF001 - Django's public API

    def seal(self, row: TenantRow, text: str) -> bytes:
        """Encrypt ``text`` for its place in ``row``."""
        raise NotImplementedError

    def unseal(self, row: TenantRow, sealed: bytes) -> str | None:
        """Decrypt the column's bytes; None where their key no longer exists."""
        raise NotImplementedError

    def __get__(self, row: Any, _owner: type | None = None) -> str | None:
        sealed = getattr(row, self.column)
        # PostgreSQL returns memoryview.
        return None if sealed is None else self.unseal(row, bytes(sealed))

    def __set__(self, row: Any, text: str | None) -> None:
        setattr(row, self.column, None if text is None else self.seal(row, text))


class Secret(Sealed):
    """A text under the operator's master keys: tokens and secrets."""

    def place(self, row: TenantRow) -> tuple[str, ...]:
        """Add the tenant, which master keys do not imply."""
        return (str(row.organization_id), *super().place(row))

    def seal(self, row: TenantRow, text: str) -> bytes:
        """Encrypt under the newest master key."""
        return master_keys.seal(text.encode(), place=self.place(row))

    def unseal(self, row: TenantRow, sealed: bytes) -> str:
        """Decrypt with whichever master key sealed it."""
        return master_keys.unseal(sealed, place=self.place(row)).decode()


def sealed_attributes(model: type[Any], kind: type[Sealed] = Sealed) -> dict[str, Sealed]:
    """Return a model's sealed attributes of one kind, by name."""
    return {name: value for name, value in vars(model).items() if isinstance(value, kind)}


class StraySecret(Secret):
    """A secret of nobody, or from before anybody knew whose it will be: bound to its row alone."""

    def place(self, row: TenantRow) -> tuple[str, ...]:
        """Leave the tenant out; the row gets one later."""
        return Sealed.place(self, row)
