"""Answers without an error object: what can be used, and the kinds that cannot."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.targets.errors import RateLimited, TargetError, Unavailable, Unconfirmed
from integrations.workplace.request import Expected
from integrations.workplace.response import read_answer, text_of
from integrations.workplace.usage import Usage

LOOK_UP = Expected(fields=("id",))
SEND = Expected(fields=("message_id",), once=True)
PAGE = "<html><body><h1>Sorry, something went wrong.</h1></body></html>"


def failure(status: int, content: str, expected: Expected) -> tuple[type[TargetError], str]:
    with pytest.raises(TargetError) as caught:
        read_answer(status, content, Usage(), expected)
    return type(caught.value), caught.value.code


def test_a_usable_answer_is_returned():
    body = read_answer(200, b'{"message_id":"m_1"}', Usage(), SEND)

    assert body == {"message_id": "m_1"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "empty/200"),
        (" \n", "empty/200"),
        (PAGE, "broken/200"),
        ('{"id":"1","mess', "broken/200"),
        ("true", "broken/200"),
        ("[" * 100_000, "broken/200"),
        ("9" * 5_000, "broken/200"),
        ("{}", "partial/200"),
        ('{"id":"","message_id":""}', "partial/200"),
        ('[{"id":"1","message_id":"1"}]', "partial/200"),
    ],
)
def test_useless_successes_are_told_apart(content, code):
    assert failure(200, content, LOOK_UP) == (Unavailable, code)
    assert failure(200, content, SEND) == (Unconfirmed, code)


@pytest.mark.parametrize(
    ("status", "look_up", "send"),
    [
        (302, TargetError, TargetError),
        (400, TargetError, TargetError),
        (404, TargetError, TargetError),
        (429, RateLimited, RateLimited),
        (500, Unavailable, Unavailable),
        (502, Unavailable, Unavailable),
        (503, Unavailable, Unavailable),
        (504, Unavailable, Unconfirmed),
        (524, Unavailable, Unconfirmed),
    ],
)
@pytest.mark.parametrize("content", [PAGE, "", "{}"])
def test_a_gateways_page_is_judged_by_its_status(status, look_up, send, content):
    assert failure(status, content, LOOK_UP) == (look_up, f"http/{status}")
    assert failure(status, content, SEND) == (send, f"http/{status}")


@pytest.mark.parametrize(
    ("value", "text"),
    [("1", "1"), (10**20, str(10**20)), (1.5, ""), (True, ""), (None, ""), ([], "")],
)
def test_ids_become_strings_without_passing_through_floats(value, text):
    assert text_of(value) == text


@given(content=st.binary(), status=st.integers(100, 599))
def test_no_answer_breaks_the_reading(content, status):
    with suppress(TargetError):
        assert isinstance(read_answer(status, content, Usage(), Expected()), dict | list)
