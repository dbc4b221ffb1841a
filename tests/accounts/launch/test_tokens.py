"""Every kind of token that is not ovice's, not for us, or not now; signed by the sandbox."""

import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st
from jwt.utils import base64url_encode

from accounts.launch import keys
from accounts.launch.keys import PAUSE_SECONDS
from accounts.launch.tokens import BadLaunchToken, read_token

WEEK = 604_800

FORGERIES: list[dict[str, Any]] = [
    {"key": "stranger"},
    {"key": "stranger", "alg": "EdDSA"},
    {"alg": "none"},
    {"alg": "HS256"},
    {"alg": "HS256", "key": "public"},
    {"header": {"alg": "none"}},
    {"header": {"alg": "RS512"}},
    {"header": {"alg": None}},
    {"alg": "EdDSA", "header": {"alg": "RS256"}},
    {"kid": "unknown"},
    {"header": {"kid": 7}},
    {"header": {"kid": None}},
    {"header": {"crit": ["x"], "x": 1}},
    {"header": {"crit": []}},
    {"header": {"b64": True}},
    {"claims": {"iss": "https://evil.example"}},
    {"claims": {"aud": "https://kotozute.example.org"}},
    {"claims": {"aud": ["http://127.0.0.1:8000"]}},
    {"claims": {"aud": "http://127.0.0.1:8000/"}},
    {"claims": {"purpose": "admin"}},
    {"claims": {"sub": ""}},
    {"claims": {"sub": 12}},
    {"claims": {"sub": "a" * 65}},
    {"claims": {"org": "a\x00b"}},
    {"claims": {"org": "\ud800"}},
    {"claims": {"email": "a\x00@example.com"}},
    {"claims": {"email_verified": "true"}},
    {"claims": {"jti": ""}},
    {"claims": {"exp": "soon"}},
    {"claims": {"exp": 1.5}},
    {"claims": {"exp": True}},
    {"claims": {"name": "x" * 9000}},
    *({"without": [name]} for name in ("iss", "aud", "sub", "org", "role", "purpose")),
    *({"without": [name]} for name in ("iat", "nbf", "exp", "jti")),
]
# Seconds from now, and whether a token of these times is good.
MOMENTS = [
    ({}, True),
    ({"issued": -149, "ends": -29}, True),
    ({"issued": -151, "ends": -31}, False),
    ({"issued": 25, "begins": 25, "ends": 145}, True),
    ({"issued": 40, "begins": 40, "ends": 160}, False),
    ({"issued": 0, "begins": 40}, False),
    ({"ends": 121}, False),
    ({"issued": 10, "ends": 10}, False),
    ({"issued": 20, "ends": 10}, False),
    ({"issued": -WEEK, "ends": 120}, False),
]


def times(*, issued: int = 0, begins: int = 0, ends: int = 120) -> dict[str, int]:
    at = int(time.time())
    return {"iat": at + issued, "nbf": at + begins, "exp": at + ends}


def is_taken(token: str) -> bool:
    try:
        read_token(token)
    except BadLaunchToken:
        return False
    return True


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
def test_a_token_of_ovice_is_read(launching, algorithm):
    claims = read_token(launching.token(alg=algorithm))
    assert (claims.sub, claims.org) == (launching.hanako, launching.organization)
    assert (claims.role, claims.purpose, claims.email) == ("member", "link", "hanako@example.com")


def test_a_token_not_of_ovice_or_not_for_us_is_refused(launching):
    assert [forgery for forgery in FORGERIES if is_taken(launching.token(**forgery))] == []


@pytest.mark.parametrize(
    ("claims", "stands"),
    [
        ({"locale": "en-US-u-fw-mon-mu-celsius"}, {"locale": "en-US-u-fw-mon-m"}),
        ({"locale": 5}, {"locale": None}),
        ({"org_name": None}, {"org_name": ""}),
        ({"org_name": "x" * 2000}, {"org_name": "x" * 1024}),
        ({"name": ["Hanako"]}, {"name": None}),
        ({"return_to": {"a": 1}}, {"return_to": None}),
        ({"perms": "integrations"}, {"perms": ()}),
        ({"perms": [5]}, {"perms": ()}),
        ({"role": "boss"}, {"role": "guest"}),
        ({"role": ["owner"]}, {"role": "guest"}),
        ({"role": "visitor"}, {"role": "visitor"}),
    ],
)
def test_a_claim_that_decorates_keeps_nobody_out_and_a_right_is_never_made_up(
    launching, claims, stands
):
    found = read_token(launching.token(claims=claims))
    assert {name: getattr(found, name) for name in stands} == stands


@pytest.fixture
def signed(launching, settings):
    """Return a function that signs any bytes as header and payload of a token."""
    settings.OVICE_LAUNCH_JWKS_URL, settings.OVICE_LAUNCH_SECRET = "", "s" * 32
    good = {"sub": "1", "org": "2", "role": "member", "purpose": "link", "jti": "3", **times()}
    good |= {"iss": settings.OVICE_ISSUER, "aud": settings.BASE_URL}

    def sign(header: bytes = b'{"alg":"HS256"}', payload: Callable[[str], bytes] = str.encode):
        parts = (header, payload(json.dumps(good)))
        text = ".".join(base64url_encode(part).decode() for part in parts)
        digest = hmac.digest(b"s" * 32, text.encode(), "sha256")
        return f"{text}.{base64url_encode(digest).decode()}"

    return sign


def test_a_token_that_two_readers_could_read_differently_is_refused(signed):
    assert is_taken(signed())
    twice = [
        signed(payload=lambda text: text.replace("{", '{"sub":"9",').encode()),
        signed(payload=lambda text: text.replace("}", ',"role":"owner"}').encode()),
        signed(header=b'{"alg":"HS256","alg":"HS256"}'),
        signed(header=b'{"alg":"HS256","kid":"a","kid":"b"}'),
        signed(header=b'{"alg":"HS256"}'.decode().encode("utf-16")),
        signed(header=b'["alg"]'),
        *(
            signed(payload=lambda text, form=form: text.encode(form))
            for form in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig")
        ),
        signed(payload=lambda text: text.replace("{", '{"a":NaN,').encode()),
        signed(payload=lambda text: f"[{text}]".encode()),
    ]
    assert [token for token in twice if is_taken(token)] == []


@pytest.mark.parametrize(
    ("published", "good"),
    [
        ({"use": "sig"}, True),
        ({"key_ops": ["verify"]}, True),
        ({"use": "enc"}, False),
        ({"use": None}, False),
        ({"use": ["sig"]}, False),
        ({"key_ops": []}, False),
        ({"key_ops": ["encrypt", "wrapKey"]}, False),
        ({"key_ops": "verify"}, False),
        ({"alg": "RS512"}, False),
    ],
)
def test_a_key_proves_only_what_it_is_published_for(launching, monkeypatch, published, good):
    found = requests.get(settings.OVICE_LAUNCH_JWKS_URL, timeout=5).json()
    keys = [{**without(key, "use", "key_ops"), **published} for key in found["keys"]]
    body = json.dumps({"keys": keys}).encode()
    monkeypatch.setattr("accounts.launch.keys._download", lambda _url: body)
    assert is_taken(launching.token(alg="RS256")) is good


def without(key: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in key.items() if name not in names}


@pytest.mark.parametrize("role", [None, 7, "", "Owner", "visitor", ["owner"]])
def test_no_permission_makes_a_guest_an_owner(launching, role):
    claims = read_token(launching.token(claims={"role": role, "perms": ["integrations"]}))
    assert not claims.may_set_up


@pytest.mark.parametrize(
    "bad", [b'{"kid":"a","kid":"b"}', b"9" * 5_000, b"[" * 9_000 + b"]" * 9_000, b"NaN", b"null"]
)
def test_a_key_that_cannot_be_read_spoils_no_other(launching, monkeypatch, bad):
    found = requests.get(settings.OVICE_LAUNCH_JWKS_URL, timeout=5).content
    body = found.replace(b"[", b"[" + bad + b",", 1)
    monkeypatch.setattr("accounts.launch.keys._download", lambda _url: body)
    assert is_taken(launching.token())


def test_two_keys_of_one_name_prove_nothing(launching, monkeypatch):
    found = requests.get(settings.OVICE_LAUNCH_JWKS_URL, timeout=5).json()
    body = json.dumps({"keys": found["keys"] * 2}).encode()
    monkeypatch.setattr("accounts.launch.keys._download", lambda _url: body)
    assert not is_taken(launching.token())


def test_a_token_counts_for_two_minutes_with_half_a_minute_of_skew(launching):
    judged = [is_taken(launching.token(claims=times(**moment))) for moment, _ in MOMENTS]
    assert judged == [good for _, good in MOMENTS]


def test_a_new_key_of_ovice_is_fetched_once_asked_for(launching, monkeypatch):
    read_token(launching.token())
    launching.ovice.control("POST", "launch-keys")
    with pytest.raises(BadLaunchToken):
        read_token(launching.token())
    monkeypatch.setattr("accounts.launch.keys.PAUSE_SECONDS", 0.0)
    assert PAUSE_SECONDS > 0
    assert read_token(launching.token()).sub == launching.hanako


def test_known_keys_stay_good_while_ovice_is_away(launching, settings, monkeypatch):
    token = launching.token()
    read_token(token)
    monkeypatch.setattr("accounts.launch.keys.PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("accounts.launch.keys.FRESH_SECONDS", 0.0)
    monkeypatch.setattr("accounts.launch.keys._download", lambda _url: b"")
    assert read_token(token).sub == launching.hanako


def test_a_broken_key_set_lets_nobody_in(launching, monkeypatch):
    token = launching.token()
    for body in (b"", b"{", b"[]", b"\xff", b'{"keys": 1}', b'{"keys": [1, {"kty": "x"}]}'):
        keys._sets.clear()
        monkeypatch.setattr("accounts.launch.keys._download", lambda _url, found=body: found)
        assert not is_taken(token)


def test_a_key_set_elsewhere_or_of_any_size_is_not_taken(launching, settings):
    token = launching.token()
    for path in ("/ovice/", "/", "/nothing"):
        settings.OVICE_LAUNCH_JWKS_URL = launching.ovice.web_url + path
        assert not is_taken(token)
    settings.OVICE_LAUNCH_JWKS_URL = "http://127.0.0.1:9/jwks"
    assert not is_taken(token)


def test_a_shared_secret_counts_only_where_no_keys_are_configured(launching, settings):
    secret = launching.ovice.settings(launch_secret="s" * 32)["launch_secret"]
    settings.OVICE_LAUNCH_SECRET = secret
    with pytest.raises(BadLaunchToken):
        read_token(launching.token(alg="HS256"))
    settings.OVICE_LAUNCH_JWKS_URL = ""
    assert read_token(launching.token(alg="HS256")).sub == launching.hanako
    with pytest.raises(BadLaunchToken):
        read_token(launching.token())


def test_without_any_key_every_token_is_refused(launching, settings):
    settings.OVICE_LAUNCH_JWKS_URL = settings.OVICE_LAUNCH_SECRET = ""
    with pytest.raises(BadLaunchToken):
        read_token(launching.token(alg="HS256"))


@given(st.one_of(st.text(), st.from_regex(r"[\w-]{1,40}\.[\w-]{1,40}\.[\w-]{1,40}")))
def test_garbage_is_refused_like_everything_else(garbage):
    keys._sets.clear()
    with pytest.raises(BadLaunchToken):
        read_token(garbage)


def test_a_token_with_one_character_changed_is_refused(launching):
    token = launching.token(alg="EdDSA")

    # Of the last character, base64 ignores some bits.
    @given(st.integers(0, len(token) - 2), st.characters(codec="ascii", categories=["L", "N"]))
    def changed(index, char):
        if char != token[index]:
            with pytest.raises(BadLaunchToken):
                read_token(token[:index] + char + token[index + 1 :])

    changed()
