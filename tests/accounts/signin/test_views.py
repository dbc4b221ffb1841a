"""Signing in by a mailed code, as a browser does it."""

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Ownership, Role, SignInCode, User
from accounts.signin.codes import code_of, mail_code
from tests.factories import make_member, make_organization

pytestmark = pytest.mark.django_db
SIGN_IN, CODE, CHOOSE = "/account/sign-in/", "/account/code/", "/account/choose/"


def ask(client: Client, email: str, **more: str):
    return client.post(SIGN_IN, {"email": email, **more})


def type_code(client: Client):
    """Let the worker mail the newest code, and type it."""
    row = SignInCode.objects.latest("created_at")
    mail_code(row.pk)
    return client.post(CODE, {"code": code_of(row)})


@pytest.fixture
def hanako():
    return make_member(make_organization(name="Acme"), email="hanako@example.com")


@pytest.fixture
def owner():
    user = User.objects.create_user("owner@example.com")
    Ownership.objects.create(user=user, organization=make_organization())
    return user


def test_a_member_signs_in_and_comes_to_their_own_page(hanako):
    client = Client()
    assert ask(client, "hanako@example.com")["Location"] == CODE
    before = client.session.session_key
    assert type_code(client)["Location"] == "/link/"
    assert client.session.session_key != before
    assert "Acme" in client.get("/account/signed-out/").content.decode()


def test_an_owner_comes_to_the_portal(owner):
    client = Client()
    ask(client, "owner@example.com")
    assert type_code(client)["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_an_owner_whom_only_ovices_directory_knows_comes_to_the_portal():
    acme = make_organization(name="Acme")
    make_member(acme, email="olga@example.com", role=Role.OWNER)
    client = Client()
    ask(client, "olga@example.com", next="/admin/")
    assert type_code(client)["Location"] == "/admin/"
    assert Ownership.objects.get().organization == acme


@pytest.mark.parametrize("told", [{"role": "admin"}, {"email_verified": False}])
def test_a_code_makes_nobody_an_owner_whom_ovice_does_not_call_one(told):
    make_member(make_organization(), email="olga@example.com", **{"role": Role.OWNER, **told})
    make_member(make_organization(), email="olga@example.com")
    client = Client()
    ask(client, "olga@example.com", next="/admin/")
    type_code(client)
    assert not Ownership.objects.exists()


def test_somebody_comes_back_to_the_page_they_wanted(hanako):
    client = Client()
    page = client.get("/account/sign-in/?next=/link/%3Fa%3D1").content.decode()
    assert '<input type="hidden" name="next" value="/link/?a=1">' in page
    ask(client, "hanako@example.com", next="/link/?a=1")
    assert type_code(client)["Location"] == "/link/?a=1"


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x"],
)
def test_nobody_is_led_to_another_site(hanako, wanted):
    client = Client()
    ask(client, "hanako@example.com", next=wanted)
    assert type_code(client)["Location"] == "/link/"


def test_known_and_unknown_addresses_are_answered_alike(hanako, owner):
    clients = {email: Client() for email in ("hanako@example.com", "owner@example.com", "x@y.zz")}
    asked = [ask(client, email) for email, client in clients.items()]
    assert {(answer.status_code, answer["Location"]) for answer in asked} == {(302, CODE)}
    pages = [
        client.get(CODE).content.decode().split("<main")[1].replace(email, "…")
        for email, client in clients.items()
    ]
    wrong = [client.post(CODE, {"code": "WRNG-WRNG"}) for client in clients.values()]
    assert len({without_token(page) for page in pages}) == 1
    assert {answer.status_code for answer in wrong} == {200}
    assert SignInCode.objects.count() == 3
    assert mail.outbox == []


def without_token(page: str) -> str:
    return "\n".join(line for line in page.splitlines() if "csrfmiddlewaretoken" not in line)


def test_a_stranger_is_never_let_in_not_even_by_the_right_guess():
    client = Client()
    ask(client, "stranger@example.com")
    assert type_code(client).status_code == 403
    assert mail.outbox == []


def test_five_wrong_codes_end_the_try(hanako):
    client = Client()
    ask(client, "hanako@example.com")
    answers = [client.post(CODE, {"code": "WRNG-WRNG"}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [403]
    assert client.get(CODE)["Location"] == SIGN_IN


def test_a_code_works_only_in_the_browser_that_asked(hanako):
    ask(Client(), "hanako@example.com")
    assert type_code(Client())["Location"] == SIGN_IN


def test_a_person_known_in_several_places_chooses(hanako, owner):
    other = make_member(make_organization(name="Beta"), email="hanako@example.com")
    client = Client()
    ask(client, "hanako@example.com")
    assert type_code(client)["Location"] == CHOOSE
    page = client.get(CHOOSE).content.decode()
    assert ("Acme" in page, "Beta" in page) == (True, True)
    assert client.post(CHOOSE, {"entrance": f"user-{owner.pk}"}).status_code == 200
    assert client.post(CHOOSE, {"entrance": f"member-{other.pk}"})["Location"] == "/link/"
    assert "Beta" in client.get("/account/signed-out/").content.decode()
    assert client.get(CHOOSE)["Location"] == SIGN_IN


def test_an_owner_who_is_a_member_too_comes_where_they_wanted(owner):
    make_member(make_organization(), email="owner@example.com")
    for wanted in ("/admin/", "/link/"):
        client = Client()
        ask(client, "owner@example.com", next=wanted)
        assert type_code(client)["Location"] == wanted


def test_an_address_is_limited_and_the_page_says_so(hanako):
    answers = [ask(Client(), "hanako@example.com") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert answers[-1]["Retry-After"] == "900"
    assert "Wait 15 minutes" in answers[-1].content.decode()
    assert ask(Client(), "x@example.com").status_code == 302


def test_a_network_is_limited(settings):
    settings.TRUSTED_PROXIES = 1
    there = {"x-forwarded-for": "192.0.2.7"}
    for number in range(30):
        Client(headers=there).post(SIGN_IN, {"email": f"p{number}@example.com"})
    limited = Client(headers=there).post(SIGN_IN, {"email": "new@example.com"})
    elsewhere = Client(headers={"x-forwarded-for": "192.0.2.8"})
    assert limited.status_code == 429
    assert elsewhere.post(SIGN_IN, {"email": "new@example.com"}).status_code == 302


def test_a_limited_network_uses_up_nobodys_tries(settings, monkeypatch):
    monkeypatch.setattr("accounts.signin.views.CODES_PER_NETWORK", 2)
    settings.TRUSTED_PROXIES = 1
    flood = Client(headers={"x-forwarded-for": "192.0.2.7"})
    asked = [ask(flood, "hanako@example.com").status_code for _ in range(9)]
    assert asked == [302] * 2 + [429] * 7
    elsewhere = Client(headers={"x-forwarded-for": "192.0.2.8"})
    assert ask(elsewhere, "hanako@example.com").status_code == 302


def test_trying_codes_is_limited_across_sessions(hanako, monkeypatch):
    monkeypatch.setattr("accounts.signin.views.TRIES_PER_NETWORK", 3)
    statuses = []
    for _ in range(4):
        client = Client()
        ask(client, "hanako@example.com")
        statuses.append(client.post(CODE, {"code": "WRNG-WRNG"}).status_code)
    assert statuses == [200, 200, 200, 429]


def test_without_counters_nobody_gets_a_code_and_the_page_is_honest(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/0",
        }
    }
    answer = ask(Client(), "hanako@example.com")
    assert answer.status_code == 503
    assert SignInCode.objects.count() == 0


@pytest.mark.parametrize("email", ["", "hanako", "a@b", "x" * 400 + "@example.com", "a\x00@b.cc"])
def test_a_malformed_address_is_said_to_be_none(email):
    answer = ask(Client(), email)
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


def test_signing_out_ends_the_session(hanako):
    client = Client()
    ask(client, "hanako@example.com")
    type_code(client)
    assert client.get("/account/sign-out/")["Location"] == "/"
    assert "Acme" in client.get("/link/").content.decode()
    assert client.post("/account/sign-out/")["Location"] == "/account/signed-out/"
    assert "Acme" not in client.get("/account/signed-out/").content.decode()


def test_pages_on_the_way_in_are_not_stored(hanako):
    client = Client()
    ask(client, "hanako@example.com")
    assert {client.get(path)["Cache-Control"] for path in (SIGN_IN, CODE)} == {"no-store"}
