import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.ovice.signing import SignatureError, decode_secret, headers, sign, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_cmVsYXktZXhhbXBsZS1zZWNyZXQtMzItYnl0ZXMhISE="
NOW = 1_741_051_425
PING = (
    '{"type":"connector.ping","timestamp":"2025-03-04T01:23:45Z",'
    '"data":{"organization":{"id":"4821"},"note":"接続テスト"}}'
).encode()


@pytest.mark.parametrize(
    ("secret", "webhook_id", "timestamp", "body", "signature"),
    [
        (
            SECRET,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            b'{"test": 2432232314}',
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (OTHER, "msg_2tQ7ExampleA", NOW, PING, "v1,G7mEEb4lUQMPANtdkVOQfwleZNyb+iYqKq3h4RBgSl8="),
    ],
)
def test_the_published_vectors_come_out(secret, webhook_id, timestamp, body, signature):
    assert sign(secret, webhook_id, timestamp, body) == signature


def test_while_secrets_rotate_each_of_them_verifies():
    signed = headers([SECRET, OTHER], "msg_1", NOW, PING)
    assert signed["webhook-signature"].count("v1,") == 2
    assert verify(SECRET, signed, PING, NOW) == verify(OTHER, signed, PING, NOW) == "msg_1"


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_stamp_more_than_five_minutes_away_is_refused(seconds):
    signed = headers([SECRET], "msg_1", NOW, PING)
    with pytest.raises(SignatureError, match="five minutes"):
        verify(SECRET, signed, PING, NOW + seconds)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", ["", "x", "١٢٣"])
def test_a_missing_or_malformed_header_is_refused(name, value):
    signed = headers([SECRET], "msg_1", NOW, PING) | {name: value}
    with pytest.raises(SignatureError):
        verify(SECRET, signed, PING, NOW)


@given(st.binary(), st.binary())
def test_a_signature_serves_only_its_own_body(signed_body, other_body):
    signed = headers([SECRET], "msg_1", NOW, signed_body)
    if signed_body == other_body:
        assert verify(SECRET, signed, other_body, NOW) == "msg_1"
    else:
        with pytest.raises(SignatureError, match="No signature"):
            verify(SECRET, signed, other_body, NOW)


@pytest.mark.parametrize("secret", ["MfKQ9r8GKYqr", "whsec_not base64", "whpk_MfKQ9r8GKYqr"])
def test_a_malformed_secret_is_refused(secret):
    with pytest.raises(ValueError, match="whsec_"):
        decode_secret(secret)


def test_the_key_is_what_the_base64_says():
    assert decode_secret(OTHER) == base64.b64decode(OTHER.removeprefix("whsec_"))


@pytest.mark.parametrize("header", ["webhook-signature", "webhook-timestamp", "webhook-id"])
@pytest.mark.parametrize("value", ["\udcff", "9" * 5000, "９"])
def test_a_wild_header_is_refused(header: str, value: str) -> None:
    received = headers([SECRET], "msg_1", NOW, PING) | {header: value}
    with pytest.raises(SignatureError):
        verify(SECRET, received, PING, NOW)
