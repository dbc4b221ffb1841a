"""Proving it anew before what cannot be undone."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.internal.flows.login import record_authentication
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, RequestFactory
from django.utils.timezone import now

from accounts.models import Ownership, SignInCode, User
from accounts.signin.codes import code_of
from accounts.signin.reauthentication import is_proved, needs_proof
from tests.factories import make_organization

pytestmark = pytest.mark.django_db
PROVE = "/account/prove/"


@pytest.fixture
def owner():
    user = User.objects.create_user("owner@example.com")
    Ownership.objects.create(user=user, organization=make_organization())
    return user


def request_of(user, method: str = "get", path: str = "/admin/x/?a=1"):
    request = getattr(RequestFactory(), method)(path)
    request.user, request.session = user, SessionStore()
    request._messages = FallbackStorage(request)
    return request


@pytest.mark.parametrize("method", ["code", "launch", "mfa"])
def test_a_proof_counts_for_ten_minutes(owner, method):
    request = request_of(owner)
    assert not is_proved(request)
    record_authentication(request, owner, method=method)
    assert is_proved(request)
    with time_machine.travel(now() + timedelta(minutes=10, seconds=1)):
        assert not is_proved(request)


def test_of_staff_only_a_second_factor_counts():
    support = User.objects.create_user("support@example.com", is_staff=True)
    request = request_of(support)
    record_authentication(request, support, method="code")
    assert not is_proved(request)
    record_authentication(request, support, method="mfa")
    assert is_proved(request)


def test_another_persons_proof_does_not_count(owner):
    other = User.objects.create_user("other@example.com")
    request = request_of(owner)
    record_authentication(request, other, method="code")
    assert not is_proved(request)


def test_a_guarded_page_asks_for_a_proof_and_comes_back(owner):
    opened, posted = request_of(owner), request_of(owner, "post")
    for request, wanted in ((opened, "/admin/x/%3Fa%3D1"), (posted, "/admin/x/")):
        asked = needs_proof(request)
        assert asked
        assert asked.headers["Location"] == f"{PROVE}?next={wanted}"
    assert "press the button again" in str(next(iter(posted._messages)))
    record_authentication(posted, owner, method="launch")
    assert needs_proof(posted) is None


def test_an_owner_proves_it_by_a_mailed_code(owner):
    client = Client()
    client.force_login(owner)
    client.post(PROVE, {"next": "/admin/"})
    wrong = client.post(PROVE, {"next": "/admin/", "code": "WRNG-WRNG"})
    assert 'role="alert"' in wrong.content.decode()
    code = code_of(SignInCode.objects.get())
    assert client.post(PROVE, {"next": "/admin/", "code": code})["Location"] == "/admin/"
    request = request_of(owner)
    request.session = client.session
    assert is_proved(request)


def test_an_owner_who_opens_the_page_again_still_types_the_mailed_code(owner):
    client = Client()
    client.force_login(owner)
    answer = client.post(PROVE, {"next": "/admin/setup/"})
    assert (answer.status_code, answer["Location"]) == (302, PROVE)
    page = client.get(PROVE)
    assert (page.context["next"], 'name="code"' in page.content.decode()) == ("/admin/setup/", True)
    assert SignInCode.objects.count() == 1


def test_a_code_for_another_address_proves_nothing(owner):
    client = Client()
    client.force_login(owner)
    client.post("/account/sign-in/", {"email": "evil@example.com"})
    client.post(PROVE, {"code": code_of(SignInCode.objects.get())})
    request = request_of(owner)
    request.session = client.session
    assert not is_proved(request)


def test_the_page_leads_to_no_other_site(owner):
    client = Client()
    client.force_login(owner)
    page = client.get(PROVE, {"next": "https://evil.example/"}).content.decode()
    assert "evil.example" not in page.split("<main")[1].split("</main")[0]


def test_only_who_is_signed_in_can_prove_anything():
    assert Client().get(PROVE)["Location"].startswith("/account/sign-in/")
