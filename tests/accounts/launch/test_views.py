"""`/launch` as a browser meets it."""

import logging

import pytest
from django.test import Client

from accounts.models import Ownership, User

pytestmark = pytest.mark.django_db
EXPIRED_EN = "This link has expired. Open Integrations in ovice and try again."
EXPIRED_JA = "リンクの有効期限が切れました。oviceの外部サービス連携から再度お試しください。"


def post(client: Client, token: str, **headers: str):
    return client.post("/launch", {"token": token}, headers=headers)


@pytest.mark.parametrize("purpose", ["link", "manage"])
def test_a_member_comes_to_their_own_page(launching, purpose):
    answer = post(Client(enforce_csrf_checks=True), launching.token(purpose=purpose))
    assert (answer.status_code, answer["Location"]) == (303, "/link/")
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"


def test_a_get_is_tolerated_and_leads_to_an_address_without_the_token(launching):
    answer = Client().get("/launch", {"token": launching.token()})
    assert (answer.status_code, answer["Location"]) == (303, "/link/")


def test_an_owner_comes_to_the_portal(launching):
    client = Client()
    answer = post(client, launching.setup_token())
    assert (answer.status_code, answer["Location"]) == (303, "/admin/setup/")
    page = client.get("/admin/")
    assert page.status_code == 200


def test_a_member_who_is_no_owner_is_told_so_and_may_still_manage_their_link(launching):
    client = Client()
    answer = post(client, launching.token(purpose="setup"))
    page = client.get(answer["Location"])
    assert page.status_code == 403
    assert "Only an organization owner can set up the connection." in page.content.decode()
    assert 'href="/link/"' in page.content.decode()
    assert Ownership.objects.count() == 0


def test_no_other_refusal_can_be_read_from_an_address():
    assert Client().get("/account/launch-refused/anything/").status_code == 404


def test_the_page_speaks_the_language_of_the_account(launching):
    client = Client()
    post(client, launching.token(launching.taro))
    assert client.get("/").headers["Content-Language"] == "ja"


def refusals(launching) -> dict[str, str]:
    used = launching.token()
    post(Client(), used)
    return {
        "used": used,
        "forged": launching.token(key="stranger"),
        "unsigned": launching.token(alg="none"),
        "confused": launching.token(alg="HS256", key="public"),
        "for another": launching.token(claims={"aud": "https://other.example"}),
        "stale": launching.token(claims={"iat": 1, "nbf": 1, "exp": 100}),
        "huge": "e" * 60_000,
        "too huge": "e" * 70_000,
        "empty": "",
        "garbage": "\x00../../<script>",
    }


def test_every_refusal_is_the_same_clear_page_in_both_languages(launching, caplog):
    caplog.set_level(logging.DEBUG)
    tokens = refusals(launching)
    answers = [post(Client(), token) for token in tokens.values()]
    pages = {answer.content.split(b"<main")[1].split(b"</main")[0] for answer in answers}
    assert [answer.status_code for answer in answers] == [400] * len(tokens)
    assert len(pages) == 1
    page = pages.pop().decode()
    assert EXPIRED_EN in page
    assert EXPIRED_JA in page
    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}
    assert all(token not in caplog.text for token in tokens.values() if token)


def test_a_refused_get_leaves_the_address_with_the_token(launching):
    client = Client()
    answer = client.get("/launch", {"token": launching.token(key="stranger")})
    assert (answer.status_code, answer["Location"]) == (303, "/launch")
    assert client.get("/launch").status_code == 400


def test_a_body_that_is_no_form_is_refused_like_the_rest(launching):
    kinds = ["application/json", "multipart/form-data", "multipart/form-data; boundary=x", "x"]
    for kind in kinds:
        answer = Client().post("/launch", b"\xff\x00{", content_type=kind)
        assert answer.status_code == 400
        assert EXPIRED_EN in answer.content.decode()


def test_looking_ahead_at_a_link_does_not_use_it_up(launching):
    token = launching.token()
    assert Client().head("/launch", {"token": token}).status_code == 405
    assert post(Client(), token).status_code == 303


def test_another_person_replaces_whoever_was_signed_in(launching):
    client = Client()
    post(client, launching.setup_token())
    before = client.session.session_key
    post(client, launching.token())
    assert client.session.session_key != before
    assert client.get("/admin/").status_code == 302
    page = client.get("/account/signed-out/").content.decode()
    assert "Hanako" in page
    assert "Taro" not in page


def test_a_staff_address_is_sent_to_sign_in_with_a_code(launching):
    User.objects.create_superuser("taro@example.com")
    client = Client()
    page = client.get(post(client, launching.setup_token())["Location"])
    assert page.status_code == 403
    assert client.get("/admin/").status_code == 302
