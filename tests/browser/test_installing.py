"""Both starts of the app's install in a real browser, through the sandbox's own pages."""

import pytest
from django.conf import settings as django_settings

from accounts.models import User
from integrations.models import Installation, InstallationKind
from tests.browser.accessibility import violations
from tests.factories import make_organization
from tests.plugins import portal
from tests.plugins.portal import make_owner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def app(sandbox, live_server, settings):
    """The operator's app, registered with the address of the live server."""
    made = sandbox.app("Kotozute", redirect_uris=[f"{live_server.url}/workplace/callback"])
    settings.BASE_URL = live_server.url
    settings.WORKPLACE_GRAPH_URL, settings.WORKPLACE_WEB_URL = sandbox.graph_url, sandbox.web_url
    settings.WORKPLACE_APP_ID, settings.WORKPLACE_APP_SECRET = made["app_id"], made["app_secret"]
    return made


@pytest.fixture
def owner(db) -> User:
    return make_owner(make_organization(name="Acme Works"), "ada@example.com")


@pytest.fixture
def acme(app, sandbox) -> str:
    return sandbox.community("Acme")


PRESS = {"en": "Connect this organization", "ja": "この組織と連携する"}


def sign_in(window, user: User, url: str) -> None:
    """Give the browser the cookie of a session that has just been signed in to."""
    client = portal.sign_in(user)
    name = django_settings.SESSION_COOKIE_NAME
    window.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])


def test_an_owner_installs_from_here(owner, acme, new_window, live_server):
    window = new_window()
    sign_in(window, owner, live_server.url)
    page = window.new_page()
    page.goto("/workplace/install")
    page.locator("button[value=install]").first.click()
    page.get_by_role("heading", name="You are connected").wait_for()
    assert violations(page) == []
    assert "code=" not in page.url
    installed = Installation.objects.get()
    assert (installed.kind, installed.community_id) == (InstallationKind.THIRD_PARTY, acme)


@pytest.mark.parametrize("language", PRESS)
def test_an_owner_installs_from_workplace(owner, acme, new_window, language):
    window = new_window(language=language, dark=language == "ja")
    page = window.new_page()
    web, app_id = django_settings.WORKPLACE_WEB_URL, django_settings.WORKPLACE_APP_ID
    dialog = f"{web}/dialog/work/app_install/?app_id={app_id}&started_here=1&community={acme}"
    page.goto(dialog)
    page.locator("button[value=install]").first.click()
    page.wait_for_url("**/account/sign-in/**")
    sign_in(window, owner, django_settings.BASE_URL)
    page.goto("/workplace/install/confirm")
    assert violations(page) == []
    page.get_by_role("button", name=PRESS[language]).click()
    page.wait_for_url(f"{web}/work/admin/{acme}/")
    assert Installation.objects.get().community_id == acme
