"""Launch tokens: hostile claims under genuine signatures, and good claims under hostile ones."""

import hashlib
import hmac
import time
from base64 import urlsafe_b64encode
from random import Random
from typing import Any
from urllib.parse import quote

from django.conf import settings

from tests.fuzz import documents, words
from tests.fuzz.doors import headers_of
from tests.fuzz.stage import MEMBER, OTHER_MEMBER, A, Stage
from tests.fuzz.watching import WatchedClient

_FORM = "application/x-www-form-urlencoded"
_HEADERS: tuple[dict[str, Any], ...] = (
    *({"alg": alg} for alg in ("none", "None", "HS512", "RS256", "EdDSA", "")),
    {"alg": None},
    {"alg": 7},
    {"alg": []},
    {"alg": "HS256", "crit": ["x"], "x": 1},
    {"alg": "HS256", "b64": False, "crit": ["b64"]},
    {"alg": "HS256", "kid": "../../etc/passwd"},
    {"alg": "HS256", "zip": "DEF"},
    {"alg": "HS256", "jku": "http://127.0.0.1:9/"},
    {"typ": "JWT"},
)


class Launches:
    """A browser that comes from ovice with a token."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._client = WatchedClient(stage.watch)

    def send(self, random: Random) -> int:
        """Come with one token; only one that is good may change anything, and only of A."""
        self._stage.watch.about = A
        self._client.cookies.clear()
        claims = _claims(random, self._stage.portal.a.ovice_id)
        kind = random.randrange(10)
        token = (_good if kind == 0 else _decorated if kind == 1 else self._broken)(random, claims)
        answer = self._send(random, token, readable=kind < 2)
        if kind < 2 and answer.status_code not in (302, 303):
            self._stage.watch.note(f"a good token was answered {answer.status_code}", f"{claims}")
        return 1

    def _send(self, random: Random, token: bytes, *, readable: bool) -> Any:
        body = b"token=" + quote(token).encode()
        if not readable and random.random() < 0.1:
            return self._client.generic("POST", "/launch", body, **headers_of(random, {}))
        if random.random() < 0.5:
            return self._client.generic("GET", f"/launch?{body.decode()}")
        return self._client.generic("POST", "/launch", body, _FORM)

    def _broken(self, random: Random, claims: dict[str, Any]) -> bytes:
        known = self._stage.known
        header: Any = {"alg": "HS256", "typ": "JWT"}
        if random.random() < 0.3:
            header = random.choice(
                (random.choice(_HEADERS), documents.mutate(random, header, known))
            )
        else:
            claims = documents.mutate(random, claims, known)
        token = _token(documents.encode(random, header), documents.encode(random, claims))
        return documents.spoil(random, token) if random.random() < 0.1 else token


def _claims(random: Random, organization: str) -> dict[str, Any]:
    at = int(time.time())
    return {
        "iss": settings.OVICE_ISSUER,
        "aud": settings.BASE_URL,
        "iat": at,
        "nbf": at,
        "exp": at + 100,
        "jti": f"{random.getrandbits(80):x}",
        "sub": random.choice((MEMBER, OTHER_MEMBER, "new")),
        "org": organization,
        "role": random.choice(("owner", "admin", "member")),
        "purpose": random.choice(("setup", "link", "manage")),
        "org_name": "Acme",
        "perms": random.choice(([], ["integrations"])),
        "email": "hanako@example.com",
        "email_verified": True,
        "name": "Hanako",
        "locale": "ja",
        "return_to": "https://app.ovice.com/ws/tokyo-hq",
    }


def _good(_random: Random, claims: dict[str, Any]) -> bytes:
    return _token(b'{"alg":"HS256"}', documents.write(claims).encode())


def _decorated(random: Random, claims: dict[str, Any]) -> bytes:
    """Return a token in which nothing that decides is changed, and the rest is nonsense."""
    claims |= {"org_name": _line(random, 255), "name": _line(random, 255), "x": [{}]}
    claims |= {"locale": random.choice((None, "en-US-u-fw-mon-mu-celsius", _line(random, 60)))}
    claims |= {"return_to": random.choice((None, *words.ADDRESSES))}
    return _good(random, claims)


def _line(random: Random, limit: int) -> str:
    return words.text(random, limit).encode("utf-8", "ignore").decode()


def _token(header: bytes, claims: bytes) -> bytes:
    signed = b".".join((_base64(header), _base64(claims)))
    secret = settings.OVICE_LAUNCH_SECRET.encode()
    return signed + b"." + _base64(hmac.new(secret, signed, hashlib.sha256).digest())


def _base64(value: bytes) -> bytes:
    return urlsafe_b64encode(value).rstrip(b"=")
