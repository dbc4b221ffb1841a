"""Error pages: each tells the cause, and the way on."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.test import Client

pytestmark = pytest.mark.django_db
TITLES = {
    "en": {
        400: "This cannot be understood",
        403: "This is not yours to do",
        404: "There is no such page",
        500: "Something went wrong here",
    },
    "ja": {
        400: "リクエストを読み取れません",
        403: "この操作はできません",
        404: "ページが見つかりません",
        500: "エラーが発生しました",
    },
    "ko": {
        400: "요청을 읽을 수 없습니다",
        403: "할 수 없는 작업입니다",
        404: "페이지를 찾을 수 없습니다",
        500: "오류가 발생했습니다",
    },
}
ERRORS = {400: SuspiciousOperation, 403: PermissionDenied, 404: Http404, 500: RuntimeError}


@pytest.mark.parametrize("language", TITLES)
@pytest.mark.parametrize("status", ERRORS)
def test_every_error_has_a_page_in_every_language(monkeypatch, language, status):
    def breaks(*_args, **_options):
        raise ERRORS[status]("nobody's business")

    monkeypatch.setattr("config.public_pages.front.render", breaks)
    client = Client(raise_request_exception=False)
    answer = client.get("/", headers={"accept-language": language})
    page = answer.content.decode()
    assert (answer.status_code, TITLES[language][status] in page) == (status, True)
    assert "nobody" not in page
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "This page is out of date"),
        ("ja", "このページは古くなっています"),
        ("ko", "오래된 페이지입니다"),
    ],
)
def test_a_form_of_an_old_page_is_refused_in_every_language(language, title):
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/account/sign-in/", headers={"accept-language": language})
    assert answer.status_code == 403
    assert title in answer.content.decode()
    assert "/account/sign-in/" in answer.content.decode()


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "This page cannot do that"),
        ("ja", "このページではその操作を行えません"),
        ("ko", "이 페이지에서는 할 수 없는 작업입니다"),
    ],
)
@pytest.mark.parametrize("address", ["/", "/link/pause/", "/account/sign-in/", "/removal/abc"])
def test_an_error_page_speaks_every_language(language, title, address):
    answer = Client().put(address, headers={"accept-language": language, "accept": "text/html"})
    assert answer.status_code == 405
    assert title in answer.content.decode()
    assert "GET" in answer["Allow"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("door", ["/v1/ovice/events", "/workplace/deauthorize"])
def test_a_program_gets_no_page_for_a_method_that_its_door_does_not_take(door):
    answer = Client().get(door, headers={"accept": "text/html"})
    assert (answer.status_code, answer["Allow"], answer.content) == (405, "POST", b"")
