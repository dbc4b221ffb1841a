"""Checks a receipt of a purge without a network and without Kotozute.

    python verify_receipt.py receipt.json [PUBLIC_KEY]

`receipt.json` is what /removal/{code}?format=json answers. PUBLIC_KEY is the operator's key in
base64, got on another way than the receipt. Needs Python 3.11 and the package `cryptography`.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def canonical(receipt: dict) -> bytes:
    """Return the bytes that were signed: sorted keys, no spaces, ASCII only."""
    return json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def verify(document: dict, public_key: str | None = None) -> str:
    """Return what is wrong with a receipt, or nothing; without a key its own one is taken."""
    signed = document.get("receipt") or {}
    if "signature" not in signed:
        return "There is no receipt yet: the purge has not ended."
    key = signed["public_key"] if public_key is None else public_key.strip()
    if not key:
        return "The PUBLIC_KEY that was given is empty."
    try:
        verifier = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        verifier.verify(base64.b64decode(signed["signature"]), canonical(signed["receipt"]))
    except (InvalidSignature, ValueError):
        return "The signature is not the operator's, or the receipt was changed."
    if document.get("confirmation_code") != signed["receipt"]["confirmation_code"]:
        return "The receipt is that of another removal."
    left = {name: n["after"] for name, n in signed["receipt"]["tables"].items() if n["after"] != 0}
    return f"Not everything is gone: {left}" if left else ""


def main(path: str, public_key: str | None = None) -> str | None:
    """Print what holds, or return what is wrong: then the program fails with it."""
    document = json.loads(Path(path).read_text())
    if wrong := verify(document, public_key):
        return wrong
    receipt, own_key = document["receipt"]["receipt"], document["receipt"]["public_key"]
    key = hashlib.sha256(base64.b64decode(public_key or own_key)).hexdigest()[:16]
    rows = sum(counts["before"] for counts in receipt["tables"].values())
    sys.stdout.write(f"The receipt holds: {rows} rows were deleted until {receipt['finished_at']}")
    sys.stdout.write(f", {len(receipt['destroyed_keys'])} data keys destroyed.\n")
    sys.stdout.write(f"Confirmation code: {receipt['confirmation_code']}\nChecked ")
    own = f"ONLY with the receipt's own key, {key}: anybody could have made both. Give PUBLIC_KEY."
    sys.stdout.write(f"with the key that you gave, {key}.\n" if public_key else f"{own}\n")
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
