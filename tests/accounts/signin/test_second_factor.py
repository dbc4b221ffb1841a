"""Signing in with a second factor, and setting one up, over our pages."""

import time

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client, RequestFactory

from accounts.models import Ownership, User
from tests.accounts.signin.test_views import ask, type_code
from tests.factories import give_second_factor, make_organization
from tests.plugins.portal import make_owner, sign_in

pytestmark = pytest.mark.django_db
FACTOR = "/account/second-factor/"


def shown_by_app(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


@pytest.fixture
def support():
    return User.objects.create_user("support@example.com", is_staff=True)


def by_mail(email: str) -> Client:
    client = Client()
    ask(client, email)
    type_code(client)
    return client


def test_staff_set_an_app_up_before_the_portal_opens(support):
    client = by_mail("support@example.com")
    assert client.get("/admin/")["Location"] == FACTOR
    page = client.get(f"{FACTOR}totp/activate/")
    secret = page.context["form"].secret
    answer = client.post(f"{FACTOR}totp/activate/", {"code": shown_by_app(secret)})
    assert answer["Location"] == f"{FACTOR}recovery-codes/"
    assert client.get(answer["Location"]).status_code == 200
    assert client.get("/admin/").status_code == 200


def test_a_wrong_digit_sets_nothing_up(support):
    client = by_mail("support@example.com")
    client.get(f"{FACTOR}totp/activate/")
    page = client.post(f"{FACTOR}totp/activate/", {"code": "000000"})
    assert (page.status_code, Authenticator.objects.count()) == (200, 0)


def test_the_mailed_code_alone_no_longer_suffices(support):
    secret = give_second_factor(support)
    client = by_mail("support@example.com")
    assert client.get("/admin/").status_code == 302
    assert client.post(f"{FACTOR}authenticate/", {"code": "000000"}).status_code == 200
    answer = client.post(f"{FACTOR}authenticate/", {"code": shown_by_app(secret)})
    assert answer["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_an_owners_second_factor_is_asked_for_after_a_launch_too(launching):
    client = Client()
    client.post("/launch", {"token": launching.setup_token()})
    give_second_factor(User.objects.get())
    other = Client()
    answer = other.post("/launch", {"token": launching.setup_token()})
    assert (answer.status_code, answer["Location"]) == (303, f"{FACTOR}authenticate/")
    assert other.get("/admin/").status_code == 302


def test_nobody_signs_up_or_uses_a_password():
    for path in ("signup/", "password/reset/", "email/", "login/"):
        assert Client().get(f"/account/{path}").status_code == 404


def test_every_page_of_the_second_factor_opens(support):
    Ownership.objects.create(user=support, organization=make_organization())
    client = by_mail("support@example.com")
    for page in ("", "totp/activate/", "webauthn/", "webauthn/add/"):
        assert client.get(FACTOR + page).status_code == 200


ENROLLING = ("totp/activate/", "webauthn/add/", "recovery-codes/generate/")


@pytest.mark.parametrize("page", ENROLLING)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_owners_old_session_adds_no_factor(page, method):
    old = sign_in(make_owner(make_organization(), "owner@example.com"), proved=False)
    answer = getattr(old, method)(FACTOR + page)
    assert answer["Location"] == f"/account/prove/?next={FACTOR}{page}"


@pytest.mark.parametrize("page", ENROLLING)
def test_staffs_old_session_without_a_factor_leads_to_signing_in_again(support, page):
    client = Client()
    client.force_login(support)
    answer = client.post(FACTOR + page)
    assert answer["Location"] == f"/account/sign-in/?next={FACTOR}{page}"


def test_a_mailed_code_adds_no_factor_to_one_that_staff_have(support):
    old = sign_in(support, proved=False)
    session = RequestFactory().get("/")
    session.session = old.session
    record_authentication(session, support, method="code")
    session.session.save()
    assert old.get(f"{FACTOR}webauthn/add/")["Location"].startswith("/account/prove/")


def test_an_owner_who_has_just_proved_it_adds_a_factor():
    client = sign_in(make_owner(make_organization(), "owner@example.com"))
    secret = client.get(f"{FACTOR}totp/activate/").context["form"].secret
    client.post(f"{FACTOR}totp/activate/", {"code": shown_by_app(secret)})
    assert Authenticator.objects.filter(type="totp").count() == 1
