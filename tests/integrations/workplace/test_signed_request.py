"""The uninstall notice: both encodings of the signature, and what is refused."""

import base64
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.workplace import signed_request
from integrations.workplace.signed_request import BadSignedRequest, SignedRequest
from tests.integrations.workplace.signed import SECRET, sign, sign_raw

AT = datetime(2026, 4, 1, tzinfo=UTC)
ISSUED_AT = datetime.fromtimestamp(1_700_000_000, UTC)
read_signed_request = partial(signed_request.read_signed_request, at=AT)
PAYLOAD = (
    "eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTcwMDAwMDAwMCwiY29tbXVuaXR5X2lkIjoi"
    "MTAwMDAwMDAwMSIsInVzZXJfaWQiOiIyMDAwMDAwMDAyIn0"
)
WORKPLACE = "YWE4MjEwM2JjMmZkNDAzZTYyMzU0ZTdiMzgwOThmMzg3N2U3MWIzZDE3NTcxODQ3YWEyMWM4ODZhMGQ4MGU2ZA"
CONSUMER = "qoIQO8L9QD5iNU57OAmPOHfnGz0XVxhHqiHIhqDYDm0"


@pytest.mark.parametrize("signature", [WORKPLACE, CONSUMER])
def test_both_encodings_of_the_signature_prove_the_secret(signature):
    found = read_signed_request(f"{signature}.{PAYLOAD}", SECRET)

    assert found == SignedRequest("1000000001", "2000000002", ISSUED_AT)


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
        "a.\ud800",
        "\udfff.a",
        sign({"community_id": "1", "algorithm": "HMAC-SHA1"}),
        sign({"algorithm": "HMAC-SHA256"}),
        sign({"community_id": 1.5}),
        sign(["1"]),
        sign("1"),
        sign(None),
        sign({"community_id": ""}),
        sign({"community_id": True}),
        sign({"community_id": "１"}),
        sign({"community_id": "1", "user_id": ["2"]}),
        sign({"community_id": "1", "issued_at": "yesterday"}),
        sign({"community_id": "1", "issued_at": -1}),
        sign({"community_id": "1", "issued_at": 1_000_000_000}),
        sign({"community_id": "1", "issued_at": int(AT.timestamp()) + 301}),
        sign_raw(b'{"community_id": "1", "community_id": "2"}'),
        sign_raw(b'{"community_id": "1"'),
        sign_raw(b'{"community_id": "1"}\xff'),
        sign_raw(b"[" * 5000),
        sign({"community_id": "1" * 9000}),
    ],
)
def test_everything_else_is_refused(value):
    with pytest.raises(BadSignedRequest):
        read_signed_request(value, SECRET)


def test_a_time_a_little_ahead_of_ours_is_the_platforms_clock():
    ahead = AT + timedelta(minutes=5)

    found = read_signed_request(sign({"user_id": 7, "issued_at": int(ahead.timestamp())}), SECRET)

    assert found == SignedRequest(user_id="7", issued_at=ahead)


@pytest.mark.parametrize("signature", [CONSUMER, f"{CONSUMER}=", WORKPLACE, f"{WORKPLACE}=="])
def test_padding_of_the_signature_is_neither_needed_nor_refused(signature):
    assert read_signed_request(f"{signature}.{PAYLOAD}", SECRET).user_id == "2000000002"


# Made with `openssl dgst -sha256 -hmac example-app-secret` over the padded payload.
PADDED = base64.urlsafe_b64encode(b'{"community_id":"1000000001","user_id":"2"}').decode()
PADDED_PROOF = (
    "ODNhNjUwZDhiNjM5MDVjYmQzNGM0NWZlNWZlZTE5MWExZTZhOWRmYTAwZmI5YjU0MGE2YTdmNTkxMWZiNDk3Yg=="
)


def test_padding_of_what_was_signed_is_signed_with_it():
    assert PADDED.endswith("=")
    for signature in (PADDED_PROOF, PADDED_PROOF.rstrip("=")):
        found = read_signed_request(f"{signature}.{PADDED}", SECRET)
        assert found == SignedRequest("1000000001", "2")
    with pytest.raises(BadSignedRequest):
        read_signed_request(f"{PADDED_PROOF}.{PADDED.rstrip('=')}", SECRET)


def test_another_secret_proves_nothing_and_an_empty_one_neither():
    for signer, reader in (("other-secret", SECRET), (SECRET, ""), ("", "")):
        with pytest.raises(BadSignedRequest):
            read_signed_request(sign({"community_id": "1"}, signer), reader)


@given(st.text(st.characters()))
def test_no_guess_is_accepted(value):
    with pytest.raises(BadSignedRequest):
        read_signed_request(value, SECRET)


@pytest.mark.parametrize("encoding", ["workplace", "consumer"])
def test_a_request_signed_by_the_sandbox_is_read(sandbox, encoding):
    app = sandbox.workplace("POST", "apps", {"name": "ovice DM", "encoding": encoding})
    payload = {"algorithm": "HMAC-SHA256", "issued_at": 1_700_000_000, "community_id": 1000000001}
    asked = f"apps/{app['app_id']}/deauthorize"

    signed = sandbox.workplace("POST", asked, {"payload": payload})["signed_request"]

    assert read_signed_request(signed, app["app_secret"]) == (
        SignedRequest("1000000001", issued_at=ISSUED_AT)
    )
