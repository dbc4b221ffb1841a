"""Support at its desk: one search, and what it answers."""

import html
from collections.abc import Callable

import pytest

from accounts.models import User
from tests.plugins.portal import sign_in


def ask(browser, text: str) -> str:
    """Paste ``text`` into the search and return what is read on the page that comes."""
    page = browser.post("/admin/search/", {"wanted": text}, follow=True)
    assert page.status_code == 200
    return html.unescape(page.content.decode())


@pytest.fixture
def support(db) -> Callable[[str], str]:
    """Return a function that asks as support."""
    browser = sign_in(User.objects.create_user("sue@operator.example", is_staff=True))
    return lambda text: ask(browser, text)
