"""Proof before an install: the installer has just signed in, or proven who they are."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.test import Client
from django.utils.timezone import now

from accounts.models import SignInCode
from accounts.signin.codes import code_of, mail_code
from integrations.models import Installation
from tests.plugins.installing import (
    CONFIRM,
    START,
    agree,
    calls_to,
    decide,
    install_from_workplace,
    start,
)
from tests.plugins.portal import make_owner, sign_in

pytestmark = pytest.mark.django_db


def sign_in_by_code(browser: Client, email: str, wanted: str):
    """Sign in as a person does who was led to the sign-in page, and return the last answer."""
    asked = browser.get(f"/account/sign-in/?next={wanted}").content.decode()
    assert f'name="next" value="{wanted}"' in asked
    browser.post("/account/sign-in/", {"email": email, "next": wanted})
    code = SignInCode.objects.latest("created_at")
    mail_code(code.pk)
    return browser.post("/account/code/", {"code": code_of(code)})


def test_a_stranger_signs_in_by_code_chooses_and_confirms(sandbox, app, acme, organization):
    browser = Client()
    make_owner(organization, "alice@example.com")
    back = install_from_workplace(sandbox, app, acme)
    assert browser.get(back)["Location"] == CONFIRM
    assert browser.get(CONFIRM)["Location"] == f"/account/sign-in/?next={CONFIRM}"
    assert calls_to(sandbox, "oauth/access_token") == 0
    assert sign_in_by_code(browser, "alice@example.com", CONFIRM)["Location"] == CONFIRM
    assert "Community: Acme" in browser.get(CONFIRM).content.decode()
    agree(browser, organization)
    assert Installation.objects.get().organization == organization


def test_a_visitor_who_has_to_sign_in_first_sees_how_long_the_install_waits(sandbox, app, acme):
    browser = Client()
    browser.get(install_from_workplace(sandbox, app, acme))
    page = browser.get(CONFIRM, follow=True)
    assert page.request["PATH_INFO"] == "/account/sign-in/"
    found = re.search(r"You have (\d+) seconds left", page.content.decode())
    assert found
    assert 280 < int(found[1]) < 300


def test_a_visitor_who_comes_too_late_reads_so_before_they_sign_in_for_nothing(sandbox, app, acme):
    browser = Client()
    browser.get(install_from_workplace(sandbox, app, acme))
    with time_machine.travel(now() + timedelta(seconds=296)):
        page = browser.get(CONFIRM)
    assert (page.status_code, page.context["explanation"].title) == (
        400,
        "The installation took too long",
    )


def test_the_page_counts_down_what_is_left_to_confirm(sandbox, app, acme, organization):
    browser = sign_in(make_owner(organization, "alice@example.com"))
    browser.get(install_from_workplace(sandbox, app, acme))
    for passed, least in ((0, 590), (500, 90)):
        with time_machine.travel(now() + timedelta(seconds=passed)):
            page = browser.get(CONFIRM)
            assert least < page.context["seconds"] <= least + 10
            assert f"You have {page.context['seconds']} seconds left" in page.content.decode()


def test_an_older_session_is_asked_for_a_proof_before_anything_is_installed(
    sandbox, app, acme, organization
):
    browser = sign_in(make_owner(organization, "alice@example.com"), proved=False)
    prove = "/account/prove/?next="
    assert browser.get(START)["Location"] == f"{prove}{START}"
    browser.get(install_from_workplace(sandbox, app, acme))
    assert browser.get(CONFIRM)["Location"] == f"{prove}{CONFIRM}"
    answer = browser.post(CONFIRM, {"organization": organization.pk})
    assert answer["Location"] == f"{prove}{CONFIRM}"
    assert Installation.objects.count() == 0


def test_an_owner_who_has_proved_it_goes_on_where_they_were(sandbox, app, acme, organization):
    browser = sign_in(make_owner(organization, "alice@example.com"), proved=False)
    browser.get(install_from_workplace(sandbox, app, acme))
    browser.post("/account/prove/", {"next": CONFIRM})
    code = code_of(SignInCode.objects.get())
    done = browser.post("/account/prove/", {"next": CONFIRM, "code": code})
    assert done["Location"] == CONFIRM
    agree(browser, organization)
    assert Installation.objects.get().organization == organization


def test_a_proof_that_grew_old_in_the_dialog_is_asked_for_again(sandbox, app, acme, organization):
    browser = sign_in(make_owner(organization, "alice@example.com"))
    back = decide(start(browser), acme)
    session = browser.session
    session.pop(AUTHENTICATION_METHODS_SESSION_KEY)
    session.save()
    assert browser.get(back)["Location"] == CONFIRM
    assert browser.get(CONFIRM)["Location"] == f"/account/prove/?next={CONFIRM}"
    assert Installation.objects.count() == 0
