"""A planted token, secret, text, address and name: searched for in everything the portal says."""

import logging
import re
import sys

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.signals import got_request_exception
from django.db import connection
from django.test import RequestFactory
from django.urls import get_resolver, reverse
from django.views.debug import ExceptionReporter

from accounts.install.connect import connect_custom
from tests.config.portal_pages import address, portal_routes, routes, rows_of_a
from tests.factories import make_delivery, make_link, make_member
from tests.plugins.portal import VISITORS

TOKEN = "DQVcanaryTokenThatNobodyMaySee"
SECRET = "canarysecret0123456789abcdef"
TEXT = "canary text of a direct message"
EMAIL = "canary.address@example.com"
NAME = "Canary Yamada"
HIDDEN = (TOKEN, SECRET, TEXT, EMAIL)


@pytest.fixture
def planted(portal):
    """Organization A with everything that must not be seen; return the rows its pages show."""
    installation = portal.installation_a
    installation.access_token, installation.app_secret = TOKEN, SECRET
    installation.save()
    link = make_link(installation, make_member(portal.a, "canary", email=EMAIL, name=NAME))
    link.account_name = NAME
    link.save()
    delivery = make_delivery(link, TEXT)
    rows = rows_of_a(portal)
    return rows | {
        "accounts/link": link,
        "accounts/member": link.member,
        "messaging/delivery": delivery,
        "messaging/message": delivery.message,
    }


def all_stored() -> str:
    """Return every value of every table as the database holds it."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            found += [repr(value) for row in cursor.fetchall() for value in row]
    return "\n".join(found)


def seen_in(text: str, hidden: tuple[str, ...] = HIDDEN) -> list[str]:
    return [secret for secret in hidden if secret in text]


@pytest.mark.parametrize("who", VISITORS)
def test_no_page_log_or_row_shows_what_is_hidden(portal, planted, who, caplog, log_lines):
    caplog.set_level(logging.DEBUG)
    browser = portal.browser(who)
    hidden = HIDDEN if who == "owner A" else (*HIDDEN, NAME)
    shown = {}
    for route in portal_routes():
        page = address(route, portal, planted)
        answers = [browser.get(page), browser.post(page), browser.get(f"{page}?q=canary")]
        told = [f"{answer.content.decode()} {dict(answer.items())}" for answer in answers]
        shown[route] = seen_in(" ".join(told), hidden)
    assert {route: found for route, found in shown.items() if found} == {}
    assert seen_in(caplog.text + "".join(log_lines), (*HIDDEN, NAME)) == []
    assert seen_in(all_stored(), (*HIDDEN, NAME)) == []
    assert seen_in(repr([dict(s.get_decoded()) for s in Session.objects.all()]), HIDDEN) == []


# One hands a member their own texts, the others end the visit.
NOT_WALKED = {"link/export/", "link/erase/", "account/sign-out/"}


def public_pages() -> list[str]:
    """Return every address outside the portal; where one names a row, a made-up id is there."""
    found = routes(get_resolver())
    made_up = "00000000-0000-7000-8000-000000000000"
    pages = {re.sub(r"<\w*:?\w+>", made_up, one) for one in found if not one.startswith("admin/")}
    return sorted(pages - NOT_WALKED)


@pytest.mark.parametrize("who", ["their own member", "another member", "owner B", "stranger"])
def test_no_other_page_shows_what_is_hidden(portal, planted, who, visitor, caplog):
    caplog.set_level(logging.DEBUG)
    own = planted["accounts/member"]
    members = {"their own member": own, "another member": make_member(portal.b)}
    browser = visitor(members[who]) if who in members else portal.browser(who)
    # Members read their own name and address, and nothing else that is hidden.
    hidden = (TOKEN, SECRET, TEXT) if who == "their own member" else (*HIDDEN, NAME)
    shown = {}
    pages = public_pages()
    for page in pages:
        answers = [browser.get(f"/{page}"), browser.post(f"/{page}", {"token": "canary"})]
        told = [f"{answer.getvalue().decode()} {dict(answer.items())}" for answer in answers]
        shown[page] = seen_in(" ".join(told), hidden)
    assert len(pages) > 40
    assert {page: found for page, found in shown.items() if found} == {}
    assert seen_in(caplog.text, (*HIDDEN, NAME)) == []


def test_an_owner_finds_the_name_of_their_own_member(portal, planted):
    page = reverse("admin:accounts_member_change", args=[planted["accounts/member"].pk])
    assert NAME in portal.browser("owner A").get(page).content.decode()
    assert NAME not in portal.browser("support").get(page).content.decode()


@pytest.mark.parametrize("action", ["export"])
def test_no_export_shows_what_is_hidden(portal, planted, action):
    for table, row in planted.items():
        for who in ("owner A", "support", "administrator"):
            page = f"/admin/{table}/"
            data = {"action": action, "_selected_action": [row.pk], "index": 0}
            told = portal.browser(who).post(page, data).content.decode()
            assert seen_in(told, (*HIDDEN, NAME)) == [], (table, who)


def test_a_pasted_token_is_in_no_answer_log_session_or_row(portal, caplog, settings, log_lines):
    caplog.set_level(logging.DEBUG)
    settings.WORKPLACE_GRAPH_URL = "http://127.0.0.1:9"
    page = reverse("admin:integrations_organization_connection", args=[portal.a.pk, "workplace"])
    told = ""
    for generation in ("0", "1", "nonsense"):
        data = {"access_token": TOKEN, "app_secret": SECRET, "seen_generation": generation}
        told += portal.browser("owner A").post(page, data).content.decode()
    assert seen_in(told + caplog.text + "".join(log_lines) + all_stored()) == []


def test_an_error_report_of_the_setup_page_holds_no_token(portal, monkeypatch, rf: RequestFactory):
    def breaks(*_args, **_options):
        raise RuntimeError("something nobody thought of")

    monkeypatch.setattr("accounts.install.connect.connect", breaks)
    monkeypatch.setattr("accounts.admin.setup.connect_custom", connect_custom)
    browser = portal.browser("owner A")
    page = reverse("admin:integrations_organization_connection", args=[portal.a.pk, "workplace"])
    data = {"access_token": TOKEN, "app_secret": SECRET, "seen_generation": 1}
    reports = []

    def report(sender, request, **_):
        reporter = ExceptionReporter(request, *sys.exc_info())
        reports.append(reporter.get_traceback_text() + reporter.get_traceback_html())

    got_request_exception.connect(report)
    try:
        with pytest.raises(RuntimeError):
            browser.post(page, data)
    finally:
        got_request_exception.disconnect(report)
    assert "something nobody thought of" in reports[0]
    assert seen_in(reports[0]) == []
