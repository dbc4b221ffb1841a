"""Input that no page could look up is refused before any of them does."""

import pytest
from django.test import Client, client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.http.charset import Utf8Request
from config.wsgi import application

pytestmark = pytest.mark.django_db
NULLS = st.tuples(st.text(max_size=9), st.text(max_size=9)).map("\0".join)


@pytest.fixture(autouse=True)
def _as_the_server_makes_them(monkeypatch):
    monkeypatch.setattr(client, "WSGIRequest", Utf8Request)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(text=NULLS)
def test_a_null_byte_is_an_unknown_character_to_every_page(text):
    browser = Client()
    shown = browser.get("/account/sign-in/", {"next": text}).context
    assert shown["next"] == text.replace("\0", "\ufffd")
    assert browser.get("/", {text: "x"}).status_code == 200
    form = browser.post("/account/sign-in/", {"email": text, text: "x"}).context["form"]
    assert form.data["email"] == text.replace("\0", "\ufffd")
    assert "\0" not in str(form.data)


@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_an_address_with_a_null_byte_leads_to_no_row(portal, page):
    for key in ("%00", "a%00b"):
        answer = portal.browser("support").get(f"/admin/messaging/receivedevent/{key}/{page}/")
        assert answer.status_code in (302, 403)


def test_a_program_is_refused_in_its_own_form():
    answer = Client().get("/v1/organizations/%00/connection")
    assert (answer.status_code, answer.json()) == (400, {"error": "bad request"})


@pytest.mark.parametrize("name", ["session", "csrf", "django_language", "install"])
def test_a_cookie_with_a_null_byte_is_as_good_as_none(name):
    cookie = f'{name}="\\000\\000\\000\\000\\000\\000\\000\\000\\000"'
    assert Client().get("/account/sign-in/", headers={"cookie": cookie}).status_code == 200


@pytest.mark.parametrize("charset", ["hex", "rot13", "utf-7", "utf-16", "idna", "x", "undefined"])
def test_a_charset_that_is_named_is_not_used(charset):
    body = b'--b\r\nContent-Disposition: form-data; name="email"\r\n\r\nx+2AA-\r\n--b--\r\n'
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    answer = Client().generic("POST", "/account/sign-in/", body, content_type=kind)
    assert answer.context["form"].data["email"] == "x+2AA-"
    assert answer.status_code == 200


def test_a_request_refused_before_its_session_is_known_gets_its_page(rf):
    environ = rf.get("/", QUERY_STRING="&" * 2000, CONTENT_TYPE="text/plain; charset=utf-8").environ
    said: list[str] = []
    application(environ, lambda status, _headers: said.append(status))
    assert said == ["400 Bad Request"]
