"""Launch tokens: signed claims that tell the relay who pressed a button in ovice.

Written out by hand, so that a test can also ask for tokens that no library would sign.
"""

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

Algorithm = Literal["RS256", "EdDSA", "HS256", "none"]
ALGORITHMS: tuple[Algorithm, ...] = ("RS256", "EdDSA", "HS256", "none")
LIFE_SECONDS = 120
RSA_BITS = 2048
RSA_EXPONENT = 65537


@dataclass(frozen=True)
class LaunchKey:
    """One generation of ovice's signing keys; each algorithm has its own key id."""

    name: str
    rsa_key: rsa.RSAPrivateKey
    ed25519_key: ed25519.Ed25519PrivateKey

    def kid(self, algorithm: Algorithm) -> str:
        """Return the key id that a token of `algorithm` names."""
        return f"{self.name}-{algorithm.lower()}"

    def public_jwks(self) -> list[dict[str, str]]:
        """Return the public halves as JSON Web Keys (RFC 7517, RFC 8037)."""
        numbers = self.rsa_key.public_key().public_numbers()
        point = self.ed25519_key.public_key().public_bytes_raw()
        return [
            {
                "kty": "RSA",
                "use": "sig",
                "alg": "RS256",
                "kid": self.kid("RS256"),
                "n": encode(numbers.n.to_bytes(RSA_BITS // 8, "big")),
                "e": encode(numbers.e.to_bytes(3, "big")),
            },
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "use": "sig",
                "alg": "EdDSA",
                "kid": self.kid("EdDSA"),
                "x": encode(point),
            },
        ]

    def public_pem(self) -> bytes:
        """Return the RSA key's public half as PEM, which everybody may know."""
        return self.rsa_key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, algorithm: Algorithm, content: bytes, shared: bytes) -> bytes:
        """Return the signature of `content`; `shared` is the key of HS256."""
        if algorithm == "RS256":
            return self.rsa_key.sign(content, padding.PKCS1v15(), hashes.SHA256())
        if algorithm == "EdDSA":
            return self.ed25519_key.sign(content)
        if algorithm == "HS256":
            return hmac.new(shared, content, hashlib.sha256).digest()
        return b""


def new_key() -> LaunchKey:
    """Make a fresh pair of keys."""
    return LaunchKey(
        secrets.token_hex(4),
        rsa.generate_private_key(RSA_EXPONENT, RSA_BITS),
        ed25519.Ed25519PrivateKey.generate(),
    )


class LaunchKeys:
    """The keys that ovice publishes, newest first; the first one signs."""

    def __init__(self) -> None:
        """Start without keys: making one takes a moment, and most runs need none."""
        self._keys: list[LaunchKey] = []

    def current(self) -> LaunchKey:
        """Return the key that signs."""
        if not self._keys:
            self.rotate()
        return self._keys[0]

    def rotate(self) -> LaunchKey:
        """Put a new key in front; the one before stays published, older ones do not."""
        self._keys = [new_key(), *self._keys[:1]]
        return self._keys[0]

    def jwks(self) -> dict[str, Any]:
        """Return the published key set."""
        self.current()
        return {"keys": [jwk for key in self._keys for jwk in key.public_jwks()]}


def encode(value: bytes) -> str:
    """Return base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def assemble(
    key: LaunchKey,
    algorithm: Algorithm,
    header: dict[str, Any],
    claims: dict[str, Any],
    shared: bytes,
) -> str:
    """Return a compact token; `header` is written as given, whatever `algorithm` signs."""
    parts = [encode(json.dumps(part).encode()) for part in (header, claims)]
    content = ".".join(parts)
    return f"{content}.{encode(key.sign(algorithm, content.encode(), shared))}"


def new_token_id() -> str:
    """Return a fresh `jti`, good for one use."""
    return uuid.uuid4().hex
