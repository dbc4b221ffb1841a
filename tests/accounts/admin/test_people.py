"""Accounts that may sign in: administrators decide it, and prove first that it is they."""

import pytest

from accounts.models import User
from tests.plugins.portal import sign_in

pytestmark = pytest.mark.django_db
ADD = "/admin/accounts/user/add/"


@pytest.fixture
def administrator():
    return User.objects.create_superuser("admin@example.com")


def add(browser, email: str):
    return browser.post(ADD, {"email": email, "locale": "en", "is_active": "on", "is_staff": "on"})


def test_an_administrators_old_session_makes_nobody_staff(administrator):
    browser = sign_in(administrator, proved=False)
    row = f"/admin/accounts/user/{administrator.pk}/change/"
    for page in (ADD, row):
        assert browser.get(page)["Location"] == f"/account/prove/?next={page}"
    assert add(browser, "new@example.com")["Location"] == f"/account/prove/?next={ADD}"
    assert User.objects.get() == administrator


def test_an_administrator_who_has_proved_it_makes_somebody_staff(administrator):
    add(sign_in(administrator), "new@example.com")
    made = User.objects.get(email="new@example.com")
    assert (made.is_staff, made.is_superuser, made.has_usable_password()) == (True, False, False)


def test_an_address_is_kept_in_the_one_form_and_once(administrator):
    browser = sign_in(administrator)
    add(browser, "ZOE@Example.com")
    assert User.objects.filter(email="zoe@example.com").count() == 1
    again = add(browser, "Zoe@EXAMPLE.com")
    assert (again.status_code, User.objects.count()) == (200, 2)
