"""The bot's profile: set and read."""

from integrations.workplace.client import GraphClient
from integrations.workplace.profile import get_profile, set_profile
from tests.integrations.workplace.conftest import credentials

GREETING = [{"locale": "default", "text": "Hello"}, {"locale": "ja_JP", "text": "こんにちは"}]
START = {"payload": "GET_STARTED"}


def test_an_unset_profile_is_empty(client):
    assert get_profile(client, ["get_started", "greeting"]) == {}


def test_a_profile_that_was_set_is_read_back(client):
    set_profile(client, {"get_started": START, "greeting": GREETING})

    assert get_profile(client, ["get_started"]) == {"get_started": START}
    assert get_profile(client, ["get_started", "greeting"]) == {
        "get_started": START,
        "greeting": GREETING,
    }


def test_a_profile_belongs_to_one_page(sandbox, integration, client):
    set_profile(client, {"get_started": START})
    other = sandbox.custom_integration(integration.community_id)

    assert get_profile(GraphClient(credentials(other)), ["get_started"]) == {}
