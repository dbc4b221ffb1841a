"""The table of errors: every documented code, subcode and status, and what is not documented."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.targets.errors import (
    CodeRejected,
    PermissionMissing,
    RateLimited,
    RecipientGone,
    TargetError,
    TokenRejected,
    Unavailable,
    Unconfirmed,
)
from integrations.workplace.errors import NotFound
from integrations.workplace.request import Expected
from integrations.workplace.response import read_answer
from integrations.workplace.usage import Usage
from tests.integrations.workplace.refusals import ROWS

SEND = Expected(fields=("message_id",), once=True)


def refusal(
    error: object, *, status: int = 400, wait: timedelta | None = None, expected: Expected = SEND
) -> TargetError:
    """Return the error that an answer with this error object means."""
    with pytest.raises(TargetError) as caught:
        read_answer(status, json.dumps({"error": error}), Usage(wait=wait), expected)
    return caught.value


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


def test_too_many_requests_are_a_rate_limit_even_under_a_code_for_outages():
    assert type(refusal({"code": 2, "is_transient": True}, status=429)) is RateLimited


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
