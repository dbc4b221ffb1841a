"""Webhook signatures: both headers, and nothing that only looks like one."""

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from integrations.workplace.signature import is_signed
from tests.integrations.workplace.callback import VERIFY_TOKEN, callback

SECRET = "example-app-secret"
BODY = b'{"object":"page","entry":[]}'
SHA1 = "sha1=7001c311d9bcd66bd5ce5900188f158c06f64702"
SHA256 = "sha256=ad8be1d70c23fcbf13161e2bdec3804c9dc74496ff7ef30b79d9ac1c3a791649"


def signed(body: bytes = BODY, secret: str = SECRET, **headers: str) -> bool:
    names = {"new": "X-Hub-Signature-256", "old": "X-Hub-Signature"}
    given = CaseInsensitiveDict({names[key]: value for key, value in headers.items()})
    return is_signed(body, given, secret)


def test_either_header_proves_the_secret():
    assert signed(new=SHA256)
    assert signed(old=SHA1)


def test_the_old_header_does_not_count_beside_the_new_one():
    assert not signed(new="sha256=" + "0" * 64, old=SHA1)
    assert not signed(new="", old=SHA1)


def test_one_changed_byte_breaks_the_signature():
    assert not signed(BODY + b"\n", new=SHA256)
    assert not signed(BODY.replace(b"page", b"Page"), old=SHA1)


@pytest.mark.parametrize(
    "value", ["", SHA256.removeprefix("sha256="), SHA1, SHA256 + " ", "sha256=é", SHA256.upper()]
)
def test_a_header_in_another_form_is_refused(value):
    assert not signed(new=value)


def test_nothing_is_signed_without_headers_or_without_a_secret():
    digest = hmac.new(b"", BODY, hashlib.sha256).hexdigest()

    assert not signed()
    assert not signed(secret="", new=f"sha256={digest}")


@given(body=st.binary(), value=st.text())
def test_no_guess_is_accepted(body, value):
    assert not signed(body, new=value)
    assert not signed(body, old=value)


def test_a_post_of_the_sandbox_is_signed_over_its_exact_bytes(sandbox, integration):
    member = sandbox.member(integration.community_id, "Ada Example")
    hook = f"installs/{integration.page_id}/webhooks"
    with callback() as app:
        wanted = {"callback_url": app.url, "verify_token": VERIFY_TOKEN, "fields": ["messages"]}
        sandbox.workplace("POST", hook, wanted)
        words = {"member": member, "page": integration.page_id, "text": "こんにちは"}
        sandbox.workplace("POST", "chat", words)
        headers, body = app.received.get(timeout=5)

    given = CaseInsensitiveDict(headers.items())
    reserialized = json.dumps(json.loads(body), ensure_ascii=False).encode()
    assert is_signed(body, given, integration.app_secret)
    assert not is_signed(reserialized, given, integration.app_secret)
    assert not is_signed(body, given, "other-secret")
