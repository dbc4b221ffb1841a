"""How sessions end, and what staff must have before the portal opens."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
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
    halves = [timedelta(minutes=30 * number) for number in range(24)]
    end = timedelta(hours=12, minutes=1)
    assert statuses(signed_in(owner), *halves, end) == [200] * 24 + [302]


def test_a_session_is_kept_for_twelve_hours_however_often_it_is_written(owner):
    client = signed_in(owner)
    begun = now()
    statuses(client, *[timedelta(minutes=30 * number) for number in range(24)])

    kept = Session.objects.get().expire_date - begun

    assert timedelta(hours=11, minutes=59) < kept < timedelta(hours=12, minutes=1)
    assert int(client.cookies["session"]["max-age"]) <= 31 * 60


def test_a_session_rests_from_the_request_that_began_it():
    client = Client()
    client.post("/account/sign-in/", {"email": "hanako@example.com"})
    assert Session.objects.get().expire_date <= now() + timedelta(hours=12)

    with time_machine.travel(now() + timedelta(minutes=61)):
        client.get("/account/sign-in/")

    assert not Session.objects.exists()


def test_an_old_cookie_brings_no_session_back():
    client = Client()
    client.cookies["session"] = "0123456789abcdefghijklmnopqrstuv"
    client.get("/")
    assert not Session.objects.exists()


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
