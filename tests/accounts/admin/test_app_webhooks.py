"""Staff subscribe the webhooks of the app when they have stopped coming."""

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from integrations.workplace.subscriptions import list_subscriptions

BUTTON = "Subscribe the webhooks"
pytestmark = pytest.mark.django_db


@pytest.fixture
def app(sandbox, receiver, settings):
    made = sandbox.app("Kotozute")
    settings.BASE_URL = receiver.url
    settings.WORKPLACE_GRAPH_URL = sandbox.graph_url
    settings.WORKPLACE_APP_ID, settings.WORKPLACE_APP_SECRET = made["app_id"], made["app_secret"]
    settings.WORKPLACE_WEBHOOK_VERIFY_TOKEN = receiver.verify_token
    return made


def page_of(portal, who: str) -> str:
    url = reverse("admin:integrations_organization_connection", args=[portal.a.pk, "workplace"])
    return portal.browser(who).get(url).content.decode()


def press(portal, who: str, *, follow: bool = False):
    url = reverse("admin:integrations_organization_subscribe", args=[portal.a.pk, "workplace"])
    return portal.browser(who).post(url, follow=follow)


@pytest.mark.parametrize("who", ["support", "administrator"])
def test_staff_subscribe_and_read_what_stands(portal, app, receiver, who):
    assert BUTTON in page_of(portal, who)
    assert "Subscribed now" in press(portal, who, follow=True).content.decode()
    [found] = list_subscriptions()
    assert found.callback_url == f"{receiver.url}/workplace/webhook"
    assert "mention" in found.fields
    assert "Nothing had to be done" in press(portal, who, follow=True).content.decode()
    assert LogEntry.objects.filter(changes__done__1="webhooks_subscribed").count() == 2


def test_a_refusal_says_what_to_check_and_no_secret(portal, app, receiver):
    receiver.echo = False
    page = press(portal, "support", follow=True).content.decode()
    assert "did not subscribe the webhooks" in page
    assert not [word for word in (app["app_secret"], receiver.verify_token) if word in page]


@pytest.mark.parametrize("who", ["owner A", "owner B", "member", "stranger"])
def test_nobody_else_can(portal, app, who):
    assert press(portal, who).status_code in (302, 403, 404)
    assert list_subscriptions() == []


def test_an_owner_is_not_offered_it(portal, app):
    assert BUTTON not in page_of(portal, "owner A")


def test_without_an_app_there_is_nothing_to_subscribe(portal, settings):
    settings.WORKPLACE_APP_ID = ""
    assert BUTTON not in page_of(portal, "support")
    assert press(portal, "support").status_code == 404
