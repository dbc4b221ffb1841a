"""Envelope encryption: text and identity under an organization's own data key (AES-256-GCM).

Destroying the key makes all of it unreadable at once, in backups too. A sealed text is one version
byte, the data key's id, a nonce, and the ciphertext; key, organization and place are authenticated.
Unwrapped keys are used for ``CACHE_SECONDS`` and are out of memory after twice that at the latest,
whether or not anybody asks for one again; so a destroyed key dies everywhere soon.
"""

import os
import time
from collections.abc import Sequence
from threading import Timer
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import models
from django.utils.timezone import now
from uuid_utils.compat import uuid7

from integrations.encryption import master_keys
from integrations.encryption.fields import Sealed, TenantRow
from integrations.encryption.master_keys import UnreadableError

VERSION = b"\x01"
CACHE_SECONDS = 30.0
_NONCE_BYTES = 12
_HEAD = len(VERSION) + 16

_unwrapped: dict[UUID, tuple[float, bytes | None]] = {}
_current: dict[UUID, tuple[float, UUID]] = {}
# Holds something while a sweep is on its way.
_sweeps: list[Timer] = []


class DataKeyManager(models.Manager["DataKey"]):
    """Makes new data keys."""

    def generate(self, organization_id: UUID) -> "DataKey":
        """Create a fresh random key for the organization and make it the current one."""
        key = DataKey(organization_id=organization_id)
        key.wrapped = master_keys.seal(os.urandom(master_keys.KEY_BYTES), place=key.place())
        key.save(force_insert=True)
        return key


class DataKey(models.Model):
    """An organization's own encryption key, itself stored under a master key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        "integrations.Organization", models.CASCADE, related_name="data_keys"
    )
    wrapped = models.BinaryField(null=True, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    destroyed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = DataKeyManager()

    def __str__(self) -> str:
        return f"data key {self.pk}"

    def place(self) -> tuple[str, ...]:
        """Return what the wrapped key is bound to."""
        return (str(self.organization_id), "data key", str(self.pk))

    def unwrap(self) -> bytes | None:
        """Return the key itself, or None once it is destroyed."""
        if self.wrapped is None:
            return None
        return master_keys.unseal(bytes(self.wrapped), place=self.place())


def seal_text(text: str, *, organization_id: UUID, place: Sequence[str]) -> bytes:
    """Encrypt ``text`` under the organization's current data key."""
    key_id = _current_key_id(organization_id)
    key = _key(key_id)
    if key is None:
        raise UnreadableError("The organization's data key is destroyed.")
    nonce = os.urandom(_NONCE_BYTES)
    context = _context(key_id, organization_id, place)
    return VERSION + key_id.bytes + nonce + AESGCM(key).encrypt(nonce, text.encode(), context)


def unseal_text(sealed: bytes, *, organization_id: UUID, place: Sequence[str]) -> str | None:
    """Decrypt what ``seal_text`` made, or return None when its data key has been destroyed.

    Raises ``UnreadableError`` for a value that was altered or brought from elsewhere.
    """
    try:
        key_id = UUID(bytes=sealed[len(VERSION) : _HEAD])
        key = _key(key_id)
        if key is None:
            return None
        nonce, rest = sealed[_HEAD : _HEAD + _NONCE_BYTES], sealed[_HEAD + _NONCE_BYTES :]
        return AESGCM(key).decrypt(nonce, rest, _context(key_id, organization_id, place)).decode()
    except (InvalidTag, ValueError):
        raise UnreadableError("A sealed text does not belong here.") from None


def forget_keys() -> None:
    """Drop every unwrapped key from this process's memory."""
    _unwrapped.clear()
    _current.clear()
    _sweeps.clear()


# A child of this process has no thread that would sweep.
os.register_at_fork(after_in_child=forget_keys)


def _keep(key_id: UUID, key: bytes | None) -> bytes | None:
    """Keep a key for ``CACHE_SECONDS``, and see to it that it goes."""
    _unwrapped[key_id] = (time.monotonic() + CACHE_SECONDS, key)
    if not _sweeps:
        _sweep_later()
    return key


def _sweep_later() -> None:
    sweep = Timer(CACHE_SECONDS, _sweep)
    sweep.daemon = True
    _sweeps.append(sweep)
    sweep.start()


def _sweep() -> None:
    """Drop what is too old to be used; once more later where something is left."""
    # First: what comes in from here on calls for a sweep of its own.
    _sweeps.clear()
    _drop_old(_unwrapped)
    _drop_old(_current)
    if _unwrapped and not _sweeps:
        _sweep_later()


def _drop_old(kept: dict[UUID, tuple[float, Any]]) -> None:
    # Over a copy, since other threads put keys in meanwhile.
    for name, (until, _) in list(kept.items()):
        if until < time.monotonic():
            kept.pop(name, None)


def _context(key_id: UUID, organization_id: UUID, place: Sequence[str]) -> bytes:
    return VERSION + b"\x00".join([key_id.bytes, organization_id.bytes, *map(str.encode, place)])


def _current_key_id(organization_id: UUID) -> UUID:
    known = _current.get(organization_id)
    if known is None or known[0] < time.monotonic():
        newest = DataKey.objects.filter(organization_id=organization_id).latest("created_at")
        known = _current[organization_id] = (time.monotonic() + CACHE_SECONDS, newest.pk)
    return known[1]


def _key(key_id: UUID) -> bytes | None:
    """Return the unwrapped key, or None when it is destroyed or gone."""
    known = _unwrapped.get(key_id)
    if known is None or known[0] < time.monotonic():
        row = DataKey.objects.filter(pk=key_id).first()
        return _keep(key_id, row.unwrap() if row else None)
    return known[1]


class SealedText(Sealed):
    """A text attribute under the organization's own data key."""

    def seal(self, row: TenantRow, text: str) -> bytes:
        """Encrypt under the organization's current data key."""
        return seal_text(text, organization_id=row.organization_id, place=self.place(row))

    def unseal(self, row: TenantRow, sealed: bytes) -> str | None:
        """Decrypt, or return None when the data key has been destroyed."""
        return unseal_text(sealed, organization_id=row.organization_id, place=self.place(row))
