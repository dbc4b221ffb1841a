import pytest

from sandbox.ovice.schedule import (
    HOUR,
    WAITS,
    Verdict,
    judge,
    parse_retry_after,
    wait_seconds,
)


def wait(attempts_made, status=500, retry_after=None, scale=1.0, luck=0.0):
    return wait_seconds(attempts_made, status, retry_after, scale=scale, luck=luck)


def test_ten_attempts_span_about_75_hours():
    assert len(WAITS) == 10
    assert 75 * HOUR < sum(WAITS) < 76 * HOUR


def test_the_second_attempt_comes_after_5_seconds_and_the_third_after_5_minutes():
    assert (wait(1), wait(2)) == (5, 300)


def test_after_the_tenth_attempt_there_is_no_other():
    assert wait(9) == 24 * HOUR
    assert wait(10) is None


def test_jitter_adds_up_to_a_tenth():
    assert wait(2, luck=1.0) == pytest.approx(330)


def test_a_scale_shortens_the_schedule_but_not_what_the_relay_asked_for():
    assert wait(2, scale=0.01) == 3
    assert wait(2, scale=0.01, retry_after=60) == 60


@pytest.mark.parametrize("status", [429, 502, 504])
def test_an_overloaded_relay_is_given_twice_the_time(status):
    assert wait(2, status) == 600
    assert wait(2, status, retry_after=7) == 300


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_2xx_is_success(status):
    assert judge(status) is Verdict.ACCEPTED


@pytest.mark.parametrize("status", [None, 301, 307, 400, 401, 413, 429, 500, 503])
def test_everything_else_but_410_is_tried_again(status):
    assert judge(status) is Verdict.FAILED
    assert judge(410) is Verdict.GONE


def test_retry_after_is_seconds_or_a_date():
    assert parse_retry_after("30", now=0) == 30
    assert parse_retry_after("Thu, 01 Jan 1970 00:01:00 GMT", now=20) == 40
    assert parse_retry_after("Thu, 01 Jan 1970 00:01:00 GMT", now=90) == 0


@pytest.mark.parametrize("value", [None, "", "soon", "-5", "²"])
def test_a_retry_after_that_says_nothing_is_ignored(value):
    assert parse_retry_after(value, now=0) is None
