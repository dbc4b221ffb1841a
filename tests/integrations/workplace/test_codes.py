"""The table of errors: every documented code, subcode and status, and what is not documented."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import (
    Blocked,
    CodeRejected,
    ContentRefused,
    PermissionMissing,
    ProofRejected,
    RateLimited,
    RecipientGone,
    TargetError,
    TokenRejected,
    Unavailable,
    Unconfirmed,
)
from integrations.workplace.answer import read_answer
from integrations.workplace.calls import Expected
from integrations.workplace.codes import NotFound
from integrations.workplace.usage import Usage

SEND = Expected(fields=("message_id",), once=True)


def refusal(
    error: object, *, status: int = 400, wait: timedelta | None = None, expected: Expected = SEND
) -> TargetError:
    """Return the error that an answer with this error object means."""
    with pytest.raises(TargetError) as caught:
        read_answer(status, json.dumps({"error": error}), Usage(wait=wait), expected)
    return caught.value


ROWS = [
    (1, None, "An unknown error occurred", Unavailable),
    (1, None, "Please reduce the amount of data you're asking for", ContentRefused),
    (1, None, "Error validating client secret.", ProofRejected),
    (2, None, "Service temporarily unavailable", Unavailable),
    (3, None, "Application does not have the capability", PermissionMissing),
    (4, None, "(#4) Application request limit reached", RateLimited),
    (4, 2018022, "Too many sends", RateLimited),
    (10, None, "Application does not have permission", PermissionMissing),
    (10, 2018065, "Outside of the allowed window", RecipientGone),
    (10, 2018108, "Outside of the allowed window", RecipientGone),
    (10, 2018278, "Outside of the allowed window", RecipientGone),
    (17, None, "User request limit reached", RateLimited),
    (32, None, "Page request limit reached", RateLimited),
    (33, None, "Object does not exist", NotFound),
    (100, 33, "Unsupported get request. Object does not exist", NotFound),
    (100, None, "(#100) Invalid parameter", ContentRefused),
    (100, None, "(#100) Parameter error: You cannot send messages to this id", RecipientGone),
    (100, None, "(#100) No matching user found", RecipientGone),
    (100, 2018001, "(#100) Unknown", RecipientGone),
    (100, None, "API calls from the server require an appsecret_proof argument", ProofRejected),
    (100, None, "Invalid appsecret_proof provided in the API argument", ProofRejected),
    (100, 2018047, "Upload attachment failure", ContentRefused),
    (100, 2018109, "Attachment too large", ContentRefused),
    (100, 36007, "This authorization code has expired.", CodeRejected),
    (100, 36008, "Please make sure your redirect_uri is identical", CodeRejected),
    (100, 36009, "This authorization code has been used.", CodeRejected),
    (100, None, "Invalid verification code format.", CodeRejected),
    (101, None, "Error validating application", TokenRejected),
    (102, None, "Session has expired", TokenRejected),
    (104, None, "Incorrect signature", TokenRejected),
    *[(190, sub, "Token", TokenRejected) for sub in (None, 458, 459, 460, 463, 464, 467, 492)],
    (200, None, "(#200) Permissions error", PermissionMissing),
    (200, 1545041, "This person isn't available", RecipientGone),
    *[(200, sub, "App is not live", PermissionMissing) for sub in (2018021, 2018027, 2018028)],
    (230, None, "Message not permitted", RecipientGone),
    (299, None, "Permissions error", PermissionMissing),
    (341, None, "Application limit reached", RateLimited),
    (368, None, "Temporarily blocked", Blocked),
    (506, None, "Duplicate post", ContentRefused),
    (551, None, "This person isn't available right now.", RecipientGone),
    (551, 1545041, "This person isn't available right now.", RecipientGone),
    (613, None, "Calls to this api have exceeded the rate limit", RateLimited),
    (803, None, "(#803) Some of the aliases you requested do not exist", NotFound),
    (1200, None, "Temporary send failure", Unavailable),
    (1357046, None, "Too many messages in a batch", ContentRefused),
    (2022, None, "Messaging disabled", ContentRefused),
    (2200, None, "Callback verification failed", ContentRefused),
    (2500, None, "Unknown path components", ContentRefused),
    (2500, None, "An active access token must be used", TokenRejected),
    (2500, None, "An access token is required to request this resource.", TokenRejected),
    (10303, None, "Account linking", TargetError),
    *[(code, None, "Reply not possible", ContentRefused) for code in (10900, 10903, 10904)],
    *[(code, None, "Too many calls", RateLimited) for code in (80000, 80001, 80006, 80014)],
    (80015, None, "Not in the documents", TargetError),
]


@pytest.mark.parametrize(("code", "subcode", "message", "error"), ROWS)
def test_each_documented_code_has_its_error(code, subcode, message, error):
    found = refusal({"code": code, "error_subcode": subcode, "message": message, "type": "X"})

    assert type(found) is error
    assert found.code == (f"{code}/{subcode}" if subcode else str(code))


@pytest.mark.parametrize("code", [100, 190, 551, 999, None])
def test_a_passing_fault_is_no_verdict_whatever_its_code(code):
    assert type(refusal({"code": code, "is_transient": True})) is Unavailable


def test_a_rate_limit_stays_one_though_it_passes():
    found = refusal({"code": 4, "is_transient": True}, wait=timedelta(minutes=19))

    assert type(found) is RateLimited
    assert found.wait == timedelta(minutes=19)


def test_the_code_goes_before_the_status():
    assert type(refusal({"code": 1}, status=400)) is Unavailable
    assert type(refusal({"code": 190}, status=500)) is TokenRejected
    assert type(refusal({"code": 551}, status=403)) is RecipientGone


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, TargetError),
        (401, TokenRejected),
        (403, PermissionMissing),
        (404, NotFound),
        (429, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
        (504, Unconfirmed),
    ],
)
def test_the_status_decides_about_an_unknown_code(status, error):
    found = refusal({"code": 4242, "message": "News"}, status=status)

    assert type(found) is error
    assert found.code == "4242"


def test_a_vanished_node_is_known_by_its_message():
    found = refusal({"code": 4242, "message": "Object with ID '1' does not exist"})

    assert type(found) is NotFound


def test_the_shortest_envelope_of_a_real_outage_is_understood():
    found = refusal({"code": 1, "message": "An unknown error occurred"}, status=500)

    assert (type(found), found.code, found.trace) == (Unavailable, "1", "")


def test_numbers_in_strings_are_numbers():
    assert type(refusal({"code": "100", "error_subcode": "36009"})) is CodeRejected


def test_an_error_that_is_not_an_object_is_judged_by_its_status():
    found = refusal("invalid_request", status=401)

    assert (type(found), found.code) == (TokenRejected, "http/401")


def test_an_error_under_status_200_is_an_error():
    assert type(refusal({"code": 190}, status=200)) is TokenRejected


@pytest.mark.parametrize(
    ("trace", "kept"), [("AbCdEf_G1h2", "AbCdEf_G1h2"), ("a\nb", ""), ("x" * 33, ""), (7, "7")]
)
def test_only_a_harmless_trace_is_kept(trace, kept):
    assert refusal({"code": 1, "fbtrace_id": trace}).trace == kept


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
envelopes = json_values | st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("code", "error_subcode", "message", "is_transient", "fbtrace_id"), json_values
    ),
)


@given(error=envelopes.filter(bool), status=st.integers(200, 599))
def test_every_envelope_means_one_of_our_errors(error, status):
    assert isinstance(refusal(error, status=status), TargetError)
