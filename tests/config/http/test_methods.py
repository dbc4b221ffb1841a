"""No page ends at a browser's own 405: whatever a button posts to can be opened as well."""

import pytest
from django.urls import get_resolver

from accounts.models import Member
from config.rate_limits.doors import DOORS, is_for_people, start_of
from tests.config.portal_pages import keys_of
from tests.fuzz.pages import address_of, routes
from tests.plugins.portal import VISITORS

# Files at people's addresses beside pages.
FILES = {"favicon.ico", "metrics", "v1/openapi.json"}


def pages() -> list[str]:
    """Return the routes of all pages."""
    found = [
        route for route in routes(get_resolver()) if is_for_people(DOORS[start_of(route) or ""])
    ]
    return [route for route in found if route not in FILES]


@pytest.mark.parametrize("who", [*VISITORS, "visitor"])
def test_every_page_can_be_opened_after_what_was_posted_to_it(portal, visitor, who):
    keys = keys_of(portal)
    if who == "visitor":
        browser = visitor(Member.objects.get(pk=keys["admin/accounts/member/"]))
    else:
        browser = portal.browser(who)
    addresses = {address_of(route, keys) for route in pages()}
    assert [place for place in sorted(addresses) if browser.get(place).status_code == 405] == []


@pytest.mark.parametrize(
    ("button", "page"),
    [
        ("/link/pause/", "/link/"),
        ("/link/resume/", "/link/"),
        ("/link/copies/", "/link/"),
        ("/link/again/", "/link/"),
        ("/link/export/", "/link/"),
        ("/account/sign-out/", "/"),
        ("/admin/logout/", "/"),
    ],
)
def test_the_address_of_a_button_leads_to_its_page(portal, button, page):
    answer = portal.browser("owner A").get(button)
    assert (answer.status_code, answer["Location"]) == (302, page)


@pytest.mark.parametrize("button", ["check", "test", "subscribe"])
@pytest.mark.parametrize("who", ["owner A", "support"])
def test_a_button_of_a_connection_leads_to_the_connection(portal, who, button):
    connection = f"/admin/integrations/organization/{portal.a.pk}/setup/workplace/"
    answer = portal.browser(who).get(f"{connection}{button}/")
    assert (answer.status_code, answer["Location"]) == (302, connection)


@pytest.mark.parametrize("button", ["pause", "resume"])
def test_a_button_of_an_organization_leads_to_its_setup(portal, button):
    organization = f"/admin/integrations/organization/{portal.a.pk}/"
    answer = portal.browser("owner A").get(f"{organization}{button}/")
    assert (answer.status_code, answer["Location"]) == (302, f"{organization}setup/")


def test_another_language_chosen_after_a_refused_form_leads_to_the_page(portal, visitor):
    keys = keys_of(portal)
    browser = visitor(Member.objects.get(pk=keys["admin/accounts/member/"]))
    assert browser.post("/link/pause/", {"length": "until"}).status_code == 422
    chosen = {"language": "ja", "next": "/link/pause/"}
    answer = browser.post("/language", chosen, follow=True)
    assert [place for place, _status in answer.redirect_chain] == ["/link/pause/", "/link/"]
    assert answer.status_code == 200
