"""Subscribing the app's webhooks against the sandbox, which calls the webhook back."""

import pytest
from django.core.management import CommandError, call_command

from integrations.workplace.subscriptions import list_subscriptions
from integrations.workplace.webhook_setup import FIELDS

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(sandbox, receiver, settings):
    made = sandbox.app("Kotozute")
    settings.BASE_URL = receiver.url
    settings.WORKPLACE_GRAPH_URL = sandbox.graph_url
    settings.WORKPLACE_APP_ID, settings.WORKPLACE_APP_SECRET = made["app_id"], made["app_secret"]
    settings.WORKPLACE_WEBHOOK_VERIFY_TOKEN = receiver.verify_token
    return made


def printed(capsys) -> str:
    call_command("subscribe_webhooks")
    return str(capsys.readouterr().out)


def test_the_webhooks_are_subscribed_and_printed(app, receiver, capsys):
    out = printed(capsys)
    assert f"page (active) -> {receiver.url}/workplace/webhook" in out
    assert out.startswith("Subscribed now.")
    (found,) = list_subscriptions()
    assert set(found.fields) == set(FIELDS)


def test_doing_so_twice_changes_nothing(app, sandbox, capsys):
    printed(capsys)
    before = len(sandbox.calls())
    assert printed(capsys).startswith("Everything stood already.")
    assert {call["method"] for call in sandbox.calls()[before:]} == {"GET"}


def test_a_moved_service_is_subscribed_anew(app, receiver, settings, capsys):
    printed(capsys)
    settings.BASE_URL = receiver.url.replace("127.0.0.1", "localhost")
    assert printed(capsys).startswith("Subscribed now.")


def test_a_webhook_that_does_not_answer_is_refused_in_words(app, receiver, capsys):
    receiver.echo = False
    with pytest.raises(CommandError, match="is the service running"):
        printed(capsys)


def test_without_an_app_the_command_says_what_to_set(settings):
    settings.WORKPLACE_APP_ID = ""
    with pytest.raises(CommandError, match="WORKPLACE_APP_ID"):
        call_command("subscribe_webhooks")


def test_neither_secret_nor_verify_token_is_printed(app, receiver, capsys):
    assert [s for s in (app["app_secret"], receiver.verify_token) if s in printed(capsys)] == []
