"""Launch tokens: who ovice says has pressed a button there (section 7.3 of the contract).

Verified here: form, signature, issuer, audience and times. That a token is used once, and what it
opens, is the work of ``accounts.launch.admission``. To the visitor every refusal looks the same;
the reason inside is for the operator's log and quotes nothing of the token. Claims that decorate
are cut or dropped.
"""

import base64
import binascii
import re
import time
from contextlib import suppress
from typing import Annotated, Any, Literal

import jwt
import msgspec
from django.conf import settings
from msgspec import Meta, Struct

from accounts.launch.keys import launch_key
from core import strict_json
from core.tolerant_reader import decorates, mended, read
from integrations.ovice.schemas import NO_RIGHTS, Email, Id, Locale

SIZE_LIMIT = 8 * 1024
LIFE_SECONDS = 120
SKEW_SECONDS = 30
# Public keys and shared secrets never meet in one list: a public key is no secret.
PUBLIC_KEY_ALGORITHMS = ("RS256", "EdDSA")
SECRET_ALGORITHMS = ("HS256",)
_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_LINE = r"^[^\x00-\x1f\x7f\ud800-\udfff]*\Z"

Moment = Annotated[int, Meta(ge=0, le=2**40)]
Text = Annotated[str, Meta(max_length=1024, extra=decorates(cut=1024))]
# A role that is not known gives no right, and takes those away that another one gave.
Role = Annotated[
    Literal["owner", "admin", "member", "visitor", "guest"],
    Meta(extra=mended(lambda _told: NO_RIGHTS)),
]


class BadLaunchToken(Exception):
    """The token is forged, stale, used, for somebody else, or none at all."""


class LaunchClaims(Struct, frozen=True):
    """Claims of a verified token; unknown ones are ignored."""

    sub: Id
    org: Id
    role: Role
    purpose: Literal["setup", "link", "manage"]
    jti: Annotated[str, Meta(min_length=1, max_length=256, pattern=_LINE)]
    iss: str
    aud: str
    iat: Moment
    nbf: Moment
    exp: Moment
    org_name: Text = ""
    perms: Annotated[tuple[str, ...], Meta(max_length=64, extra=mended(lambda _told: ()))] = ()
    email: Email | None = None
    email_verified: bool = False
    name: Text | None = None
    locale: Locale | None = None
    return_to: Annotated[str, Meta(max_length=2048, extra=decorates())] | None = None

    @property
    def may_set_up(self) -> bool:
        """Whether ovice lets this person set the organization up."""
        permitted = self.role in ("admin", "member") and "integrations" in self.perms
        return self.role == "owner" or permitted


# The first use of a type must not happen in two threads at once, which can crash the process.
with suppress(msgspec.ValidationError):
    msgspec.convert({}, LaunchClaims)


def read_token(token: str) -> LaunchClaims:
    """Return what a token that ovice signed for us says, or raise ``BadLaunchToken``."""
    if len(token) > SIZE_LIMIT or not _FORM.fullmatch(token):
        raise BadLaunchToken("no token")
    try:
        claims = read(_verified(token), LaunchClaims)
    except (jwt.PyJWTError, msgspec.ValidationError, ValueError, TypeError, RecursionError):
        # From None: what a library complains of may quote the token.
        raise BadLaunchToken("signature or claims") from None
    _check(claims)
    return claims


def _verified(token: str) -> object:
    header = _header(token)
    allowed = PUBLIC_KEY_ALGORITHMS if settings.OVICE_LAUNCH_JWKS_URL else SECRET_ALGORITHMS
    if header.get("alg") not in allowed:
        raise BadLaunchToken("algorithm")
    # The signature alone: claims are read strictly, and checked below as the contract has them.
    payload: bytes = jwt.PyJWS().decode(token, _key(header), algorithms=[header["alg"]])
    return strict_json.load(payload)


def _header(token: str) -> dict[str, Any]:
    """Return the header, which the library reads again; no member of it may come twice."""
    encoded = token.split(".", maxsplit=1)[0]
    try:
        header = strict_json.load(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, ValueError):
        raise BadLaunchToken("header") from None
    # Extensions that must be understood are understood nowhere here (RFC 7515, 4.1.11).
    if not isinstance(header, dict) or not header.keys().isdisjoint({"crit", "b64"}):
        raise BadLaunchToken("header")
    return header


def _key(header: dict[str, Any]) -> "jwt.PyJWK | str":
    if not settings.OVICE_LAUNCH_JWKS_URL:
        if not settings.OVICE_LAUNCH_SECRET:
            raise BadLaunchToken("no way to verify tokens is configured")
        return str(settings.OVICE_LAUNCH_SECRET)
    kid = header.get("kid")
    key = launch_key(kid) if isinstance(kid, str) and kid else None
    if key is None or key.algorithm_name != header["alg"]:
        raise BadLaunchToken("unknown key")
    return key


def _check(claims: LaunchClaims) -> None:
    at = time.time()
    if not settings.OVICE_ISSUER or claims.iss != settings.OVICE_ISSUER:
        raise BadLaunchToken("another issuer")
    if claims.aud != settings.BASE_URL:
        raise BadLaunchToken("another audience")
    if not 0 < claims.exp - claims.iat <= LIFE_SECONDS:
        raise BadLaunchToken("lives too long")
    if max(claims.iat, claims.nbf) - SKEW_SECONDS > at:
        raise BadLaunchToken("not yet in force")
    if at >= claims.exp + SKEW_SECONDS:
        raise BadLaunchToken("expired")
