import pytest
from django.test import Client


def test_the_process_says_that_it_is_alive():
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "carries the direct messages"), ("ja", "ダイレクトメッセージを"), ("fr", "carries")],
)
def test_the_front_page_speaks_the_visitors_language(language, text):
    page = Client().get("/", headers={"accept-language": language})
    assert text in page.content.decode()
    assert f'<html lang="{language if language == "ja" else "en"}">' in page.content.decode()


def test_every_page_has_a_strict_policy():
    headers = Client().get("/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"


def test_an_unknown_host_is_not_served(settings):
    settings.ALLOWED_HOSTS = ["kotozute.example.com"]
    assert Client().get("/", headers={"host": "evil.example"}).status_code == 400


def test_browsers_that_look_for_an_icon_find_one():
    assert Client().get("/favicon.ico")["Location"].endswith("kotozute.svg")
