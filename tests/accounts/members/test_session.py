from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import login
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory
from django.utils.timezone import now

from accounts.members.session import (
    LAUNCH_LASTS,
    Purpose,
    begin_visit,
    end_visit,
    visit,
)
from accounts.models import User
from tests.factories import make_member, make_organization
from tests.plugins.portal import make_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def hanako():
    return make_member(make_organization(), email="hanako@example.com")


@pytest.fixture
def browser():
    """Return a function that makes the browser's next request."""
    session = SessionStore()

    def request(path: str = "/link/"):
        made = RequestFactory().get(path)
        made.session, made.user = session, AnonymousUser()
        return made

    return request


def begin(request, member):
    return begin_visit(request, member, purpose=Purpose.LINK, lasts=LAUNCH_LASTS)


def sign_in(request, user):
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")


def test_a_visit_tells_who_is_acting_for_which_organization(browser, hanako):
    made = begin(browser(), hanako)
    assert visit(browser()) == made
    assert (made.member, made.organization) == (hanako, hanako.organization)
    assert made.purpose is Purpose.LINK


def test_nobody_is_acting_in_a_fresh_session(browser):
    assert visit(browser()) is None


def test_a_visit_ends_at_its_time(browser, hanako):
    begin(browser(), hanako)
    with time_machine.travel(now() + LAUNCH_LASTS + timedelta(seconds=1)):
        assert visit(browser()) is None


def test_a_visit_can_be_ended(browser, hanako):
    begin(browser(), hanako)
    end_visit(browser())
    assert visit(browser()) is None


@pytest.mark.parametrize(
    "change", [{"removed_at": now()}, {"email": "new@example.com"}, {"email": None}]
)
def test_a_visit_ends_with_the_membership_or_the_address(browser, hanako, change):
    begin(browser(), hanako)
    for name, value in change.items():
        setattr(hanako, name, value)
    hanako.save()
    assert visit(browser()) is None


def test_a_visit_ends_with_the_organization(browser, hanako):
    begin(browser(), hanako)
    hanako.organization.removed_at = now()
    hanako.organization.save()
    assert visit(browser()) is None


def test_a_visit_replaces_whoever_was_here(browser, hanako):
    request = browser()
    user = User.objects.create_user("owner@example.com")
    sign_in(request, user)
    before = request.session.session_key
    begin(request, hanako)
    assert (request.user.is_authenticated, request.session.get("_auth_user_id")) == (False, None)
    assert request.session.session_key != before


def test_a_visit_ends_when_somebody_else_signs_in(browser, hanako):
    begin(browser(), hanako)
    sign_in(browser(), make_owner(hanako.organization, "boss@example.com"))
    assert visit(browser()) is None


def test_a_visit_stays_with_the_owner_whose_it_is(browser, hanako):
    begin(browser(), hanako)
    owner = make_owner(hanako.organization, hanako.email)
    owner.ownerships.update(ovice_id=hanako.ovice_id)
    sign_in(browser(), owner)
    found = visit(browser())
    assert found is not None
    assert found.member == hanako


def test_the_session_holds_neither_address_nor_name(browser, hanako):
    request = browser()
    begin(request, hanako)
    kept = str(dict(request.session))
    assert "hanako@example.com" not in kept
    assert "Hanako" not in kept
