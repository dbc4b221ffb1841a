"""How sessions end, and what staff must have before the portal opens."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils.timezone import now

from accounts.models import Ownership, User
from tests.factories import give_second_factor, make_organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    user = User.objects.create_user("owner@example.com")
    Ownership.objects.create(user=user, organization=make_organization())
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def statuses(client: Client, *after: timedelta) -> list[int]:
    start = now()
    found = []
    for moment in after:
        with time_machine.travel(start + moment):
            found.append(client.get("/admin/").status_code)
    return found


def test_a_session_that_rests_ends(owner):
    minutes = [timedelta(minutes=number) for number in (0, 59, 121)]
    assert statuses(signed_in(owner), *minutes) == [200, 200, 302]


def test_a_session_in_use_ends_as_well(owner):
    halves = [timedelta(minutes=30 * number) for number in range(26)]
    assert statuses(signed_in(owner), *halves) == [200] * 25 + [302]


def test_a_visitor_without_a_session_gets_none():
    client = Client()
    client.get("/")
    assert "session" not in client.cookies


@pytest.mark.parametrize("fields", [{}, {"is_superuser": True}])
def test_the_portal_is_closed_to_staff_without_a_second_factor(fields):
    user = User.objects.create_user("support@example.com", is_staff=True, **fields)
    client = signed_in(user)
    for path in ("/admin/", "/admin/accounts/", "/admin/nothing/"):
        assert client.get(path)["Location"] == "/account/second-factor/"
    assert "Staff need a second factor." in client.get("/account/second-factor/").content.decode()
    give_second_factor(user)
    assert client.get("/admin/").status_code == 200


def test_owners_may_do_without_one(owner):
    assert signed_in(owner).get("/admin/").status_code == 200


def test_an_administrator_has_no_password():
    user = User.objects.create_superuser("admin@example.com", "a long enough password")
    assert not user.has_usable_password()
    assert not Client().login(email="admin@example.com", password="a long enough password")
