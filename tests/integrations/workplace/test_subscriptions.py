"""The app's webhooks: set with a verified callback, listed."""

from collections.abc import Iterator

import pytest

from integrations.targets.errors import ContentRefused, TokenRejected
from integrations.workplace.subscriptions import (
    Subscription,
    list_subscriptions,
    subscribe,
    switch_page_events_on,
)
from tests.integrations.workplace.callback import VERIFY_TOKEN, callback


@pytest.fixture
def callback_url() -> Iterator[str]:
    with callback() as listening:
        yield listening.url


@pytest.fixture(autouse=True)
def app(integration, settings):
    settings.WORKPLACE_APP_ID = integration.app_id
    settings.WORKPLACE_APP_SECRET = integration.app_secret


def test_a_new_app_receives_nothing():
    assert list_subscriptions() == []


def test_a_verified_callback_is_subscribed(callback_url):
    wanted = Subscription("page", callback_url, ("messages", "message_echoes"))

    subscribe(wanted, verify_token=VERIFY_TOKEN)

    assert list_subscriptions() == [wanted]


def test_a_topic_is_replaced_not_extended(callback_url):
    wanted = Subscription("page", f"{callback_url}/2", ("messaging_postbacks",))

    subscribe(Subscription("page", callback_url, ("messages",)), verify_token=VERIFY_TOKEN)
    subscribe(wanted, verify_token=VERIFY_TOKEN)

    assert list_subscriptions() == [wanted]


def test_a_callback_that_does_not_echo_is_refused(callback_url):
    with pytest.raises(ContentRefused) as caught:
        subscribe(Subscription("page", callback_url, ("messages",)), verify_token="other")

    assert caught.value.code == "2200"
    assert list_subscriptions() == []


def test_a_wrong_app_secret_is_rejected(settings):
    settings.WORKPLACE_APP_SECRET = "wrong"

    with pytest.raises(TokenRejected):
        list_subscriptions()


def test_page_events_can_be_switched_on_twice(sandbox, client):
    for _time in range(2):
        switch_page_events_on(client)

    assert [call["status"] for call in sandbox.calls()] == [200, 200]
