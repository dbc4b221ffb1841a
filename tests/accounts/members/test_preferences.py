"""Pauses and quiet hours: when a member rests, and until when."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.members import preferences
from accounts.members.preferences import UNTIL_RESUMED, choices_of, resting_until, shows_text
from accounts.models import Choices, Member
from accounts.signals import choices_changed
from tests.factories import make_member, make_organization

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
NIGHT = {"quiet_from": time(22), "quiet_until": time(7, 30), "time_zone": "Asia/Tokyo"}
ZONES = ["UTC", "Asia/Tokyo", "America/New_York", "Europe/London", "Australia/Lord_Howe"]


@pytest.fixture
def member(db) -> Member:
    """A member who has decided nothing yet."""
    return make_member(make_organization())


def choose(member: Member, **values) -> None:
    nights = {"quiet": (time(22), time(7)), "time_zone": "Asia/Seoul", "text_shown": True}
    preferences.choose_copies(member, **{**nights, **values})


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}+09:00")


def test_without_choices_nobody_rests_and_the_text_is_shown():
    assert (resting_until(None, NOON), shows_text(None)) == (None, True)
    assert (resting_until(Choices(), NOON), shows_text(Choices())) == (None, True)


def test_a_pause_lasts_until_its_end_and_no_longer():
    paused = Choices(paused_until=NOON)
    assert resting_until(paused, NOON - timedelta(seconds=1)) == NOON
    assert resting_until(paused, NOON) is None


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("04T21:59:59", None),
        ("04T22:00", "05T07:30"),
        ("05T00:00", "05T07:30"),
        ("05T07:29:59", "05T07:30"),
        ("05T07:30", None),
    ],
)
def test_quiet_hours_may_span_midnight(moment, end):
    assert resting_until(Choices(**NIGHT), at(moment)) == (end and at(end))


@pytest.mark.parametrize(("moment", "end"), [("04T11:59", None), ("04T12:00", "04T13:00")])
def test_quiet_hours_may_lie_within_a_day(moment, end):
    lunch = Choices(quiet_from=time(12), quiet_until=time(13), time_zone="Asia/Tokyo")
    assert resting_until(lunch, at(moment)) == (end and at(end))


def test_a_pause_that_ends_in_quiet_hours_goes_on_to_their_end():
    rest = Choices(paused_until=at("04T23:00"), **NIGHT)
    assert resting_until(rest, at("04T12:00")) == at("05T07:30")


def test_a_pause_goes_on_after_quiet_hours_have_ended():
    rest = Choices(paused_until=at("05T09:00"), **NIGHT)
    assert resting_until(rest, at("04T23:00")) == at("05T09:00")


def test_a_pause_without_an_end_has_none():
    assert resting_until(Choices(paused_until=UNTIL_RESUMED, **NIGHT), NOON) == UNTIL_RESUMED


def test_an_hour_that_comes_twice_is_quiet_twice():
    night = Choices(quiet_from=time(0), quiet_until=time(1, 30), time_zone="America/New_York")
    second_pass = datetime(2026, 11, 1, 6, 10, tzinfo=UTC)
    assert resting_until(night, second_pass) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


@given(
    minutes=st.integers(0, 2 * 366 * 24 * 60),
    start=st.times(),
    end=st.times(),
    zone=st.sampled_from(ZONES),
    pause=st.none() | st.timedeltas(timedelta(), timedelta(days=3)),
)
def test_a_rest_ends_later_than_now_within_days_and_is_then_over(minutes, start, end, zone, pause):
    moment = NOON + timedelta(minutes=minutes)
    paused_until = moment + pause if pause is not None else None
    rest = Choices(quiet_from=start, quiet_until=end, time_zone=zone, paused_until=paused_until)
    ends = resting_until(rest, moment)
    if ends is not None:
        assert moment < ends <= moment + timedelta(days=5)
        assert resting_until(rest, ends) is None


def test_the_choices_of_a_member_are_kept_together(member):
    preferences.pause(member, NOON)
    choose(member, text_shown=False)
    stored = Choices.objects.get()
    assert (stored.paused_until, stored.quiet_from, stored.time_zone, shows_text(stored)) == (
        NOON,
        time(22),
        "Asia/Seoul",
        False,
    )


def test_a_choice_can_be_taken_back(member):
    preferences.pause(member, UNTIL_RESUMED)
    choose(member)
    preferences.resume(member)
    choose(member, quiet=None)
    assert resting_until(choices_of(Member.objects.get()), NOON) is None


def test_nobody_has_decided_anything_at_first(member):
    assert choices_of(member) is None


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "A" * 300])
def test_an_unknown_time_zone_is_refused(member, zone):
    with pytest.raises(ValueError, match="no quiet hours"):
        choose(member, time_zone=zone)
    assert not Choices.objects.exists()


def test_quiet_hours_that_never_end_are_refused(member):
    with pytest.raises(ValueError, match="no quiet hours"):
        choose(member, quiet=(time(22), time(22)))


def test_a_zone_the_machine_forgot_does_not_stop_anything():
    rest = Choices(quiet_from=time(11), quiet_until=time(13), time_zone="Gone/Zone")
    assert resting_until(rest, NOON) == NOON + timedelta(hours=1)


def test_each_decision_is_told(member):
    heard: list[Member] = []

    def hear(member, **_):
        heard.append(member)

    choices_changed.connect(hear)
    preferences.pause(member, NOON)
    choices_changed.disconnect(hear)
    assert heard == [member]


@pytest.mark.parametrize(
    ("locale", "zone"),
    [("ja_JP", "Asia/Tokyo"), ("ko", "Asia/Seoul"), ("en_GB", "UTC"), ("", "UTC")],
)
def test_a_time_zone_is_proposed_by_language(locale, zone):
    assert preferences.likely_time_zone(locale) == zone


def test_a_member_who_first_pauses_gets_the_time_zone_of_their_language(member):
    member.locale = "ja_JP"
    preferences.pause(member, NOON)
    assert preferences.time_zone_of(Member.objects.get()).key == "Asia/Tokyo"
