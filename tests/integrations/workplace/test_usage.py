"""Rate headers: the highest share, the time to stay away, and rubbish."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from integrations.workplace.usage import LONGEST_WAIT, Usage, read_usage


def usage(**headers: object) -> Usage:
    values = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_usage(
        CaseInsensitiveDict(
            {n: v if isinstance(v, str) else json.dumps(v) for n, v in values.items()}
        )
    )


def test_an_answer_without_rate_headers_tells_nothing():
    assert usage() == Usage(None, None)


@pytest.mark.parametrize("name", ["x_app_usage", "X_Page_Usage"])
def test_the_highest_of_the_three_shares_counts(name):
    record = {"call_count": 28, "total_cputime": 91.5, "total_time": 25, "other": 99}

    assert usage(**{name: record}) == Usage(highest=91.5)


def test_the_business_header_tells_how_long_to_wait():
    entry = {"type": "messenger", "call_count": 100, "estimated_time_to_regain_access": 19}
    other = {"type": "pages", "call_count": 3, "estimated_time_to_regain_access": 0}

    found = usage(X_Business_Use_Case_Usage={"1": [other], "2": [entry]})

    assert found == Usage(highest=100, wait=timedelta(minutes=19))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("30", 30), ("Sun, 22 Nov 2026 10:01:00 GMT", 60), ("0", None), ("soon", None), ("-5", None)],
)
def test_retry_after_is_read_in_seconds_or_as_a_date(value, seconds):
    with time_machine.travel(datetime(2026, 11, 22, 10, 0, tzinfo=UTC), tick=False):
        found = usage(Retry_After=value)

    assert found.wait == (seconds and timedelta(seconds=seconds))


def test_retry_after_goes_before_the_estimate_and_a_day_is_the_most():
    entry = {"estimated_time_to_regain_access": 10**8}

    assert usage(X_Business_Use_Case_Usage={"1": [entry]}).wait == LONGEST_WAIT
    assert usage(X_Business_Use_Case_Usage={"1": [entry]}, Retry_After="7").wait == (
        timedelta(seconds=7)
    )


@pytest.mark.parametrize(
    "value",
    [
        "",
        "nonsense",
        "[]",
        "7",
        '{"call_count":"99"}',
        '{"1":{"call_count":9}}',
        '{"1":[7]}',
        '{"call_count":NaN}',
        '{"call_count":1e999}',
        '{"call_count":true}',
        "[" * 100_000,
    ],
)
def test_a_malformed_header_counts_as_absent(value):
    assert usage(X_App_Usage=value, X_Business_Use_Case_Usage=value) == Usage()


@given(value=st.text(), name=st.sampled_from(["X-App-Usage", "Retry-After"]))
def test_no_header_breaks_the_reading(value, name):
    found = read_usage({name: value})

    assert found.wait is None or timedelta(0) < found.wait <= LONGEST_WAIT
