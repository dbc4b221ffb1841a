import pytest

from integrations.ovice.webhooks import BadSignatureError, parse_secret, signature, verify

# The first vector is published with the specification's reference libraries.
VECTORS = [
    (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        b'{"test": 2432232314}',
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    (
        "whsec_cmVsYXktZXhhbXBsZS1zZWNyZXQtMzItYnl0ZXMhISE=",
        "msg_2tQ7ExampleA",
        "1741051425",
        '{"type":"connector.ping","timestamp":"2025-03-04T01:23:45Z",'
        '"data":{"organization":{"id":"4821"},"note":"接続テスト"}}'.encode(),
        "v1,G7mEEb4lUQMPANtdkVOQfwleZNyb+iYqKq3h4RBgSl8=",
    ),
]
SECRET, ID, TIMESTAMP, BODY, SIGNATURE = VECTORS[0]
OTHER_SECRET = VECTORS[1][0]


def headers(**changes: str) -> dict[str, str]:
    found = {"webhook-id": ID, "webhook-timestamp": TIMESTAMP, "webhook-signature": SIGNATURE}
    return {name: value for name, value in (found | changes).items() if value}


@pytest.mark.parametrize(("secret", "message_id", "timestamp", "body", "expected"), VECTORS)
def test_published_vectors_are_reproduced(secret, message_id, timestamp, body, expected):
    assert signature(parse_secret(secret), message_id, timestamp, body) == expected


def test_a_signed_message_gives_its_id():
    assert verify(headers(), BODY, secrets=[SECRET], at=int(TIMESTAMP)) == ID


def test_the_old_secret_counts_while_it_is_rotated():
    assert verify(headers(), BODY, secrets=[OTHER_SECRET, SECRET], at=int(TIMESTAMP)) == ID


def test_one_good_signature_among_several_is_enough():
    several = headers(**{"webhook-signature": f"v1a,xyz v1,AAAA {SIGNATURE}"})
    assert verify(several, BODY, secrets=[SECRET], at=int(TIMESTAMP)) == ID


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_clock_five_minutes_off_is_tolerated(seconds):
    assert verify(headers(), BODY, secrets=[SECRET], at=int(TIMESTAMP) + seconds) == ID


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": ""},
        {"webhook-id": "msg_other"},
        {"webhook-id": "msg.with.dots"},
        {"webhook-id": "x" * 65},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "1614265331"},
        {"webhook-timestamp": "1614265330.0"},
        {"webhook-timestamp": "-1614265330"},
        {"webhook-timestamp": "١٦١٤٢٦٥٣٣٠"},
        {"webhook-signature": ""},
        {"webhook-signature": SIGNATURE.removeprefix("v1,")},
        {"webhook-signature": SIGNATURE.replace("v1,", "v2,")},
        {"webhook-signature": SIGNATURE[:-2]},
        {"webhook-signature": "v1,é"},
    ],
)
def test_anything_else_in_the_headers_is_refused(changes):
    with pytest.raises(BadSignatureError):
        verify(headers(**changes), BODY, secrets=[SECRET], at=int(TIMESTAMP))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_stale_or_early_message_is_refused(seconds):
    with pytest.raises(BadSignatureError):
        verify(headers(), BODY, secrets=[SECRET], at=int(TIMESTAMP) + seconds)


@pytest.mark.parametrize("secrets", [[], [OTHER_SECRET]])
def test_a_signature_by_no_known_secret_is_refused(secrets):
    with pytest.raises(BadSignatureError):
        verify(headers(), BODY, secrets=secrets, at=int(TIMESTAMP))


def test_a_changed_body_is_refused():
    with pytest.raises(BadSignatureError):
        verify(headers(), BODY + b" ", secrets=[SECRET], at=int(TIMESTAMP))


@pytest.mark.parametrize(
    ("secret", "complaint"),
    [
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "does not start with whsec_"),
        ("whsec_!!!", "is not base64 after its prefix"),
        ("whsec_c2hvcnQ=", "holds 5 bytes instead of 24 to 64"),
    ],
)
def test_a_malformed_secret_is_explained(secret, complaint):
    with pytest.raises(ValueError, match=complaint):
        parse_secret(secret)
