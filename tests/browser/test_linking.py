"""The linking page in a browser: every state of it as axe sees it, and the way through them.

The page holds no script at all, so it is the same with and without.
"""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils.timezone import now

from accounts.linking.link import link
from accounts.linking.verify import need_attention
from accounts.members import preferences
from accounts.models import Link
from integrations.connections.pause import pause
from integrations.models import Installation, InstallationState
from integrations.removal.uninstall import remove_installation
from tests.browser.accessibility import violations
from tests.factories import make_delivery, make_member
from tests.plugins.visitor import session_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hanako(office):
    """A member whom Workplace knows."""
    office.sandbox.member(office.community, "Hanako Sato", "hanako@example.com")
    return make_member(office.organization, email="hanako@example.com", name="佐藤 花子")


@pytest.fixture
def enter(new_window, live_server):
    """Return a function that opens the linking page as a member."""

    def open_as(member, **look):
        window = new_window(**look)
        name = settings.SESSION_COOKIE_NAME
        window.add_cookies([{"name": name, "value": session_of(member), "url": live_server.url}])
        page = window.new_page()
        page.goto("/link/")
        return page

    return open_as


def make_linked(office, member) -> Link:
    made = link(member, office.installation)
    make_delivery(made, state="delivered", settled_at=now())
    return made


def _linked(office, member) -> None:
    make_linked(office, member)


def _resting(office, member) -> None:
    make_linked(office, member)
    preferences.pause(member, now() + timedelta(hours=3))


def _paused(office, member) -> None:
    make_linked(office, member)
    pause(office.organization)


def _attention(office, member) -> None:
    need_attention(make_linked(office, member), reason="recipient_refused")


def _needs_owner(office, member) -> None:
    make_linked(office, member)
    Installation.objects.update(state=InstallationState.ATTENTION)


def _ended(office, member) -> None:
    make_linked(office, member)
    Link.objects.update(removed_at=now(), removed_reason="email_changed")


def _not_found(office, member) -> None:
    member.email = "nobody@example.com"
    member.save()


def _disconnected(office, member) -> None:
    remove_installation(office.installation)


STATES = {
    "unlinked": lambda _office, _member: None,
    "linked": _linked,
    "resting": _resting,
    "paused": _paused,
    "attention": _attention,
    "owner": _needs_owner,
    "ended": _ended,
    "refused": _not_found,
    "unavailable": _disconnected,
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_accessible(office, hanako, enter, state):
    STATES[state](office, hanako)
    page = enter(hanako, language="ja", dark=state == "linked", wide=state == "paused")
    assert violations(page) == []
    assert page.locator("script").count() == 0


def test_a_member_links_pauses_and_unlinks_without_scripts(office, hanako, enter):
    page = enter(hanako)
    page.get_by_role("button", name="Link", exact=True).click()
    assert page.get_by_role("status").inner_text() == "You are linked."
    page.get_by_role("button", name="Pause").click()
    assert page.get_by_role("button", name="Resume").is_visible()
    page.get_by_role("button", name="Linked", exact=True).click()
    page.get_by_role("button", name="End the link").click()
    assert page.get_by_role("button", name="Link", exact=True).is_visible()
    assert Link.objects.active().count() == 0
