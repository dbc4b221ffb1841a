"""Checks a receipt of a purge without a network and without Kotozute.

    python verify_receipt.py receipt.json [PUBLIC_KEY]

`receipt.json` is what /removal/{code}?format=json answers. PUBLIC_KEY is the operator's key in
base64, which you should have got on another way than the receipt; without it, the key inside the
receipt is used, and you learn only that nothing was changed since it was signed.
Needs Python 3.11 and the package `cryptography`.
"""

import base64
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def canonical(receipt: dict) -> bytes:
    """Return the bytes that were signed: sorted keys, no spaces, ASCII only."""
    return json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def verify(document: dict, public_key: str = "") -> str:
    """Return what is wrong with a receipt, or nothing."""
    signed = document.get("receipt") or {}
    if "signature" not in signed:
        return "There is no receipt yet: the purge has not ended."
    key = public_key or signed["public_key"]
    try:
        verifier = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        signature = base64.b64decode(signed["signature"], validate=True)
        verifier.verify(signature, canonical(signed["receipt"]))
    except (InvalidSignature, ValueError):
        return "The signature is not the operator's, or the receipt was changed."
    left = {name: n["after"] for name, n in signed["receipt"]["tables"].items() if n["after"] != 0}
    return f"Not everything is gone: {left}" if left else ""


def main() -> int:
    """Print what was found; return 0 only for a receipt that holds."""
    document = json.loads(Path(sys.argv[1]).read_text())
    wrong = verify(document, *sys.argv[2:3])
    if wrong:
        sys.stdout.write(f"{wrong}\n")
        return 1
    receipt = document["receipt"]["receipt"]
    rows = sum(counts["before"] for counts in receipt["tables"].values())
    sys.stdout.write(f"The receipt holds: {rows} rows were deleted until {receipt['finished_at']}")
    sys.stdout.write(f", {len(receipt['destroyed_keys'])} data keys destroyed.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
