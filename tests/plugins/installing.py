"""The stage of installing the app: the operator's app, a community, an owner, and their presses."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from django.test import Client

from integrations.models import Organization
from tests.factories import make_organization
from tests.plugins.portal import make_owner, sign_in

SITE = "http://testserver"
START, CALLBACK, CONFIRM = "/workplace/install", "/workplace/callback", "/workplace/install/confirm"


@pytest.fixture
def app(sandbox, settings):
    """The operator's third-party app, registered in the sandbox."""
    made = sandbox.app("Kotozute", redirect_uris=[f"{SITE}{CALLBACK}"])
    settings.BASE_URL = SITE
    settings.WORKPLACE_GRAPH_URL, settings.WORKPLACE_WEB_URL = sandbox.graph_url, sandbox.web_url
    settings.WORKPLACE_APP_ID = made["app_id"]
    settings.WORKPLACE_APP_SECRET = made["app_secret"]
    return made


@pytest.fixture
def acme(sandbox) -> str:
    return sandbox.community("Acme")


@pytest.fixture
def organization(db):
    return make_organization(name="Acme Works")


@pytest.fixture
def owner(organization) -> Client:
    return sign_in(make_owner(organization, "ada@example.com"))


def start(browser: Client) -> str:
    """Press our own button and return the dialog's address."""
    answer = browser.get(START)
    assert answer.status_code == 302
    return answer["Location"]


def decide(dialog: str, community: str, decision: str = "install") -> str:
    """Answer the dialog and return the path, with its query, to which the browser is sent."""
    asked = parse_qsl(urlsplit(dialog).query)
    form = [*asked, ("community", community), ("decision", decision)]
    answer = requests.post(
        dialog.split("?", maxsplit=1)[0], data=form, allow_redirects=False, timeout=10
    )
    return answer.headers["Location"].removeprefix(SITE)


def install_from_workplace(sandbox, app, community: str) -> str:
    """Press Install in the dashboard and return the path to which the browser is sent."""
    dialog = f"{sandbox.web_url}/dialog/work/app_install/?app_id={app['app_id']}&started_here=1"
    return decide(dialog, community)


def agree(browser: Client, organization: Organization, **more: str):
    """Look at the page that names the community, press its button and return the answer."""
    form = hidden(browser.get(CONFIRM))
    return browser.post(CONFIRM, form | {"organization": organization.pk, **more}, follow=True)


def hidden(page) -> dict[str, str]:
    """Return what the page's form sends besides the choice of an organization."""
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
    return dict(found)


def calls_to(sandbox, endpoint: str) -> int:
    return sum(endpoint in call["path"] for call in sandbox.calls())
