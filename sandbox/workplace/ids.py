"""Makes ids, tokens and codes in the shapes the platform used."""

import functools
import hashlib
import hmac
import secrets

APP_SCOPED_DIGITS = 12
CUSTOM_TOKEN_BYTES = 120
# Third-party tokens were told to be planned for at 510 characters or more, so a column or a
# header limit that is too small must show here.
THIRD_PARTY_TOKEN_BYTES = 390


def new_id(prefix: str, digits: int) -> str:
    """Return `prefix` followed by random digits: ids are decimal strings."""
    return prefix + str(secrets.randbelow(10**digits)).zfill(digits)


def community_id(digits: int) -> str:
    """Return an id of so many digits; up to 16 of them a JavaScript number holds it (2**53)."""
    return new_id("10", digits - 2)


@functools.lru_cache(maxsize=10_000)
def scoped_id(app_id: str, member_id: str) -> str:
    """Return the id by which one app knows a member; another app knows another one."""
    digest = hmac.digest(app_id.encode(), member_id.encode(), "sha256")
    return "100" + str(int.from_bytes(digest) % 10**APP_SCOPED_DIGITS).zfill(APP_SCOPED_DIGITS)


def token(*, third_party: bool) -> str:
    """Return a new access token."""
    size = THIRD_PARTY_TOKEN_BYTES if third_party else CUSTOM_TOKEN_BYTES
    return "DQV" + secrets.token_urlsafe(size).replace("-", "Z").replace("_", "D")


def message_id() -> str:
    """Return a new message id; clients must treat it as opaque."""
    return "mid.$cAA" + secrets.token_urlsafe(18)


def fbtrace_id() -> str:
    """Return the 11 characters that mark one refused call."""
    return "A" + secrets.token_urlsafe(8)[:10]


def fingerprint(secret: str) -> str:
    """Return a short mark by which two secrets can be told apart and not be guessed."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()[:12]
