"""Receipts: a signed statement of what a purge has taken away, without anything personal in it.

Signed with Ed25519 over the receipt's JSON with sorted keys, no spaces and ASCII only;
``docs/verify_receipt.py`` checks one without this program and without a network.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from integrations.encryption.hashing import receipt_seed
from integrations.models.removal import Removal

VERSION = 1


def make_receipt(removal: Removal) -> dict[str, Any]:
    """Return the signed receipt of a removal whose purge has just ended."""
    receipt = {
        "version": VERSION,
        "issuer": settings.BASE_URL,
        "confirmation_code": removal.confirmation_code,
        "reason": removal.reason,
        "scope": removal.scope,
        "generation": removal.generation,
        "organization": removal.organization_hash,
        "community": removal.community_hash,
        "member": removal.member_hash,
        "requested_at": _text(removal.requested_at),
        "due_at": _text(removal.due_at),
        "begun_at": _text(removal.begun_at),
        "finished_at": _text(removal.finished_at),
        "tables": removal.progress,
        "destroyed_keys": removal.destroyed_keys,
    }
    return sign(receipt)


def sign(receipt: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``receipt`` with its signature, and the public key by which to check it."""
    key = _private_key()
    return {
        "receipt": dict(receipt),
        "signature": base64.b64encode(key.sign(canonical(receipt))).decode(),
        "public_key": public_key(),
        "key_id": hashlib.sha256(base64.b64decode(public_key())).hexdigest()[:16],
    }


def canonical(receipt: Mapping[str, Any]) -> bytes:
    """Return the bytes that are signed."""
    return json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def public_key() -> str:
    """Return the key that verifies this instance's receipts, in base64."""
    raw = _private_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def _private_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(receipt_seed())


def _text(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else None
