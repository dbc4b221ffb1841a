"""The pages of sign-in, as people see them."""

import pytest

from tests.browser.accessibility import violations


@pytest.mark.parametrize("path", ["/", "/account/sign-in/", "/account/signed-out/"])
@pytest.mark.parametrize("look", [{"dark": True}, {"wide": True, "language": "ja"}])
def test_pages_for_everybody_are_accessible(open_page, path, look):
    assert violations(open_page(path, **look)) == []


def test_a_visitor_changes_the_language_and_stays_on_the_page(open_page):
    page = open_page("/account/signed-out/")
    page.get_by_role("button", name="日本語").click()
    assert page.get_by_role("heading", level=1).inner_text() == "ログアウトしました"
    assert page.url.endswith("/account/signed-out/")
