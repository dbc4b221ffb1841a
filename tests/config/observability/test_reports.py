"""Reports to Sentry hold the log's line, and nothing of what went on around it."""

import io
import json
import logging
import sys
from typing import Any

import pytest
import sentry_sdk
import structlog
from django.core.signals import got_request_exception
from django.test import Client
from structlog.contextvars import bound_contextvars

from config.observability.logging import Refusals

ID = "01a21e03-546a-7261-a8b5-b081e23be3a7"
TEXT, NAME, EMAIL = "canary text of a DM", "Canary Yamada", "canary@example.com"
TOKEN = "DQVcanaryTokenThatNobodyMaySee"
CANARIES = (TEXT, NAME, EMAIL, TOKEN)

logger = structlog.stdlib.get_logger("ours")


def fail(text: str) -> None:
    secret = {"token": TOKEN, "address": EMAIL}
    raise RuntimeError(f"{text} {secret}")


def event_of(envelope: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(envelope.splitlines()[2])
    return found


def test_a_report_tells_type_places_and_ids_and_shows_no_value(sent):
    with bound_contextvars(request=ID, person=NAME):
        try:
            fail(TEXT)
        except RuntimeError:
            logger.exception("purge failed", removal=ID, text=TEXT)
    event = event_of(sent[0])
    assert event["message"] == "purge failed"
    assert event["tags"] == {"removal": ID, "request": ID}
    (exception,) = event["exception"]["values"]
    assert (exception["type"], exception["module"]) == ("RuntimeError", "builtins")
    assert exception["stacktrace"]["frames"][-1]["function"] == "fail"
    assert [canary for canary in CANARIES if canary in sent[0].decode()] == []


@pytest.mark.parametrize(
    "query",
    [{"access_token_sealed__gt": "0"}, {"_to_field": "role"}, dict.fromkeys(range(2000), "")],
)
def test_a_refused_request_is_one_warning_and_no_report(sent, portal, query):
    found = logging.getLogger("django.security").handlers
    (handler,) = [handler for handler in found if isinstance(handler, Refusals)]
    written = io.StringIO()
    before = handler.setStream(written) or sys.stderr
    page = "/admin/accounts/member/" + ("x/delete/" if "_to_field" in query else "")
    answer = portal.browser("support").get(page, query)
    handler.setStream(before)
    assert (answer.status_code, sent) == (400, [])
    lines = [line for line in written.getvalue().splitlines() if line]
    assert [(json.loads(line)["level"], json.loads(line)["event"]) for line in lines] == [
        ("warning", "request refused")
    ]


@pytest.mark.django_db
def test_a_request_that_breaks_shows_no_body_header_cookie_or_query(sent, monkeypatch):
    def breaks(request):
        fail(TEXT)

    monkeypatch.setattr(
        "config.public_pages.front.render", lambda request, _template: breaks(request)
    )
    browser = Client(raise_request_exception=False, headers={"x-canary": TOKEN})
    browser.cookies["session"] = TOKEN
    logging.getLogger("django.request").setLevel(logging.ERROR)
    assert browser.get(f"/?email={EMAIL}&name={NAME}").status_code == 500
    assert event_of(sent[0])["message"] == "request failed"
    assert [canary for canary in CANARIES if canary in b"".join(sent).decode()] == []


def test_facts_that_the_sdk_knows_by_itself_do_not_leave(sent):
    sentry_sdk.add_breadcrumb(message=TEXT, data={"token": TOKEN})
    sentry_sdk.set_user({"email": EMAIL})
    sentry_sdk.set_context("more", {"name": NAME})
    logger.error("purge failed")
    event = event_of(sent[0])
    assert {"user", "contexts", "breadcrumbs", "server_name", "modules"} & event.keys() == set()
    assert [canary for canary in CANARIES if canary in sent[0].decode()] == []


def test_warnings_are_not_reported(sent):
    logger.warning("purge failed")
    assert sent == []


def test_nothing_listens_to_requests_behind_our_back(sent):
    assert not any("sentry" in repr(receiver) for receiver in got_request_exception.receivers)
