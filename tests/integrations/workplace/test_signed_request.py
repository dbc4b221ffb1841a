"""The uninstall notice: both encodings of the signature, and what is refused."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.workplace.signed_request import (
    BadSignedRequest,
    SignedRequest,
    read_signed_request,
)

SECRET = "example-app-secret"
PAYLOAD = (
    "eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTcwMDAwMDAwMCwiY29tbXVuaXR5X2lkIjoi"
    "MTAwMDAwMDAwMSIsInVzZXJfaWQiOiIyMDAwMDAwMDAyIn0"
)
WORKPLACE = "YWE4MjEwM2JjMmZkNDAzZTYyMzU0ZTdiMzgwOThmMzg3N2U3MWIzZDE3NTcxODQ3YWEyMWM4ODZhMGQ4MGU2ZA"
CONSUMER = "qoIQO8L9QD5iNU57OAmPOHfnGz0XVxhHqiHIhqDYDm0"


def encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def sign(parts: object, secret: str = SECRET) -> str:
    payload = encode(json.dumps(parts).encode())
    digest = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    return f"{encode(digest.encode())}.{payload}"


@pytest.mark.parametrize("signature", [WORKPLACE, CONSUMER])
def test_both_encodings_of_the_signature_prove_the_secret(signature):
    found = read_signed_request(f"{signature}.{PAYLOAD}", SECRET)

    assert found == SignedRequest("1000000001", "2000000002", 1_700_000_000)


def test_a_number_and_missing_parts_are_understood():
    assert read_signed_request(sign({"community_id": 12345678901234567890}), SECRET) == (
        SignedRequest("12345678901234567890")
    )


@pytest.mark.parametrize(
    "value",
    [
        "",
        ".",
        PAYLOAD,
        f".{PAYLOAD}",
        f"{WORKPLACE}.{PAYLOAD}A",
        f"{WORKPLACE}.{PAYLOAD}.",
        f"{CONSUMER[:-2]}.{PAYLOAD}",
        f"{WORKPLACE}!.{PAYLOAD}",
        f"!!!!{WORKPLACE}.{PAYLOAD}",
        "é.é",
        sign({"community_id": "1", "algorithm": "HMAC-SHA1"}),
        sign({"algorithm": "HMAC-SHA256"}),
        sign({"community_id": 1.5}),
        sign(["1"]),
        sign({"community_id": "1" * 9000}),
    ],
)
def test_everything_else_is_refused(value):
    with pytest.raises(BadSignedRequest):
        read_signed_request(value, SECRET)


def test_another_secret_proves_nothing_and_an_empty_one_neither():
    for signer, reader in (("other-secret", SECRET), (SECRET, ""), ("", "")):
        with pytest.raises(BadSignedRequest):
            read_signed_request(sign({"community_id": "1"}, signer), reader)


@given(st.text())
def test_no_guess_is_accepted(value):
    with pytest.raises(BadSignedRequest):
        read_signed_request(value, SECRET)


@pytest.mark.parametrize("encoding", ["workplace", "consumer"])
def test_what_the_sandbox_signs_is_read(sandbox, encoding):
    app = sandbox.workplace("POST", "apps", {"name": "ovice DM", "encoding": encoding})
    payload = {"algorithm": "HMAC-SHA256", "issued_at": 1_700_000_000, "community_id": 1000000001}
    asked = f"apps/{app['app_id']}/deauthorize"

    signed = sandbox.workplace("POST", asked, {"payload": payload})["signed_request"]

    assert read_signed_request(signed, app["app_secret"]) == (
        SignedRequest("1000000001", issued_at=1_700_000_000)
    )
