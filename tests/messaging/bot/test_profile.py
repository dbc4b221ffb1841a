"""The empty chat with the bot: start button, greeting and menu."""

from integrations.workplace.client import GraphClient
from integrations.workplace.profile import get_profile, set_profile
from messaging.bot.profile import due, introduce
from tests.factories import make_installation


def test_a_new_profile_is_set_and_then_left_alone(office):
    assert introduce(office.installation.pk)
    assert not introduce(office.installation.pk)


def test_a_profile_that_somebody_changed_is_set_right(office):
    introduce(office.installation.pk)
    client = GraphClient(office.installation.credentials())
    set_profile(client, {"greeting": [{"locale": "default", "text": "Hello"}]})
    assert introduce(office.installation.pk)
    locales = [entry["locale"] for entry in get_profile(client, ["greeting"])["greeting"]]
    assert locales == ["default", "ja_JP", "ko_KR"]


def test_a_target_that_refuses_costs_only_the_looks(office):
    office.sandbox.fault("error", code=10)
    assert not introduce(office.installation.pk)
    office.installation.refresh_from_db()
    assert office.installation.state == "active"


def test_a_removed_installation_is_left_alone(db):
    assert not introduce(make_installation(state="removed").pk)


def test_every_installation_has_its_hour_of_the_day(db):
    made = {make_installation().pk for _ in range(5)}
    make_installation(state="removed")
    assert {pk for hour in range(24) for pk in due(hour)} == made


def test_a_new_connection_is_introduced_at_once(
    new_office, wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        office = new_office()
    assert (str(office.installation.pk),) in wakes
