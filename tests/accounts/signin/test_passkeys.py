"""Answers of passkeys of any shape: a form says "wrong", and no page fails."""

import json
from base64 import urlsafe_b64encode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import make_organization
from tests.plugins.portal import make_owner, sign_in

FACTOR = "/account/second-factor/webauthn/"
PAGES = ("add", "login", "reauthenticate")
# The beginning of an attestation in CBOR.
_CBOR = bytes.fromhex("a363666d74646e6f6e656761747453746d74a0686175746844617461")
_MEMBERS = ("id", "rawId", "type", "response", "clientExtensionResults", "authenticatorAttachment")
_PARTS = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")
_CLIENT_DATA = {"type": "webauthn.create", "challenge": "AA", "origin": "http://testserver"}


def _coded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


_PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
_ANY = st.recursive(_PLAIN, lambda inner: st.lists(inner, max_size=3), max_leaves=4)
_RAW = st.binary(max_size=60) | st.binary(max_size=60).map(lambda raw: _CBOR + raw)
_DATA = st.just(json.dumps(_CLIENT_DATA).encode()) | _PLAIN.map(
    lambda one: json.dumps(one).encode()
)
_PART = st.dictionaries(st.sampled_from(_PARTS), _ANY | (_RAW | _DATA).map(_coded))
# Those that get far: all members there, in the right shape.
_NEAR = st.fixed_dictionaries(
    {
        "id": st.just("AAAA"),
        "rawId": st.just("AAAA"),
        "type": st.just("public-key") | _PLAIN,
        "clientExtensionResults": st.just({}) | _ANY,
        "response": st.fixed_dictionaries({name: (_RAW | _DATA).map(_coded) for name in _PARTS}),
    }
)
ANSWERS = (_ANY | st.dictionaries(st.sampled_from(_MEMBERS), _ANY | _PART) | _NEAR).map(json.dumps)
BEYOND = ("[" * 20_000, '{"a":' * 9_000, "9" * 5_000, "NaN", "", "\\ud800", '"\\ud800"', "null")


@pytest.fixture
def browser(db) -> Client:
    client = sign_in(make_owner(make_organization(), "alice@example.com"))
    for page in PAGES:
        # The question is asked first; an answer without one is refused unread.
        client.get(f"{FACTOR}{page}/", headers={"x-requested-with": "XMLHttpRequest"})
    return client


def statuses(browser: Client, answer: str) -> set[int]:
    stranger = Client()
    stranger.get(f"{FACTOR}login/", headers={"x-requested-with": "XMLHttpRequest"})
    data = {"credential": answer, "name": "x"}
    pages = [browser.post(f"{FACTOR}{page}/", data) for page in PAGES]
    return {page.status_code for page in [*pages, stranger.post(f"{FACTOR}login/", data)]}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(answer=ANSWERS)
def test_no_answer_of_a_passkey_breaks_a_page(browser, answer):
    assert statuses(browser, answer) <= {200, 302, 429}


@pytest.mark.parametrize("answer", BEYOND)
def test_no_json_beyond_its_parser_breaks_a_page(browser, answer):
    assert statuses(browser, answer) <= {200, 302, 429}
