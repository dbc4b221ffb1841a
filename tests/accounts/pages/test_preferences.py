"""The forms on the page by which a member rests and chooses what copies show."""

from datetime import time, timedelta

import pytest
from django.utils.timezone import now

from accounts.models import Choices
from tests.accounts.pages.conftest import press_link, text_of

pytestmark = pytest.mark.django_db
COPIES = {"quiet_from": "22:00", "quiet_until": "07:00", "time_zone": "Asia/Tokyo"}


@pytest.fixture
def browser(visitor, hanako):
    """The browser of a linked member."""
    client = visitor(hanako)
    press_link(client)
    return client


def test_a_pause_is_shown_and_can_be_ended(browser):
    browser.post("/link/pause/", {"length": "hour"})
    paused_until = Choices.objects.get().paused_until
    assert paused_until
    assert timedelta(minutes=59) < paused_until - now() <= timedelta(hours=1)
    assert "Linked, resting" in text_of(browser.get("/link/"))
    browser.post("/link/resume/")
    assert Choices.objects.get().paused_until is None


def test_another_time_is_one_of_the_members_own_clock(browser):
    browser.post("/link/copies/", COPIES)
    day = (now() + timedelta(days=2)).date()
    browser.post("/link/pause/", {"length": "until", "moment": f"{day}T09:00"})
    paused_until = Choices.objects.get().paused_until
    assert paused_until
    assert paused_until.hour == 0


@pytest.mark.parametrize("moment", ["", "yesterday", "2020-01-01T00:00", "9999-01-01T00:00"])
def test_a_pause_without_a_sensible_end_is_refused(browser, moment):
    answer = browser.post("/link/pause/", {"length": "until", "moment": moment})
    assert (answer.status_code, Choices.objects.count()) == (422, 0)


def test_quiet_hours_and_the_text_are_kept(browser):
    browser.post("/link/copies/", COPIES)
    kept = Choices.objects.get()
    assert (kept.quiet_from, kept.quiet_until) == (time(22), time(7))
    assert (kept.time_zone, kept.text_shown) == ("Asia/Tokyo", False)


@pytest.mark.parametrize(
    "wrong",
    [{"quiet_until": ""}, {"quiet_until": "22:00"}, {"time_zone": "Mars"}, {"quiet_from": "25:00"}],
)
def test_quiet_hours_that_make_no_sense_are_refused(browser, wrong):
    answer = browser.post("/link/copies/", COPIES | wrong)
    assert (answer.status_code, Choices.objects.count()) == (422, 0)
