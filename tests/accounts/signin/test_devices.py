"""Strangers who ask in somebody's name lock nobody out, and flood no mailbox either."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core import signing
from django.test import Client
from django.utils.timezone import now

from accounts.models import SignInCode, User
from accounts.signin.codes import code_of, mail_code
from accounts.signin.devices import KNOWN_FOR, MOST_ADDRESSES
from config.rate_limits.doors import DOORS, Pages
from tests.factories import make_member, make_organization
from tests.plugins.portal import make_owner, sign_in

pytestmark = pytest.mark.django_db
SIGN_IN, CODE, PROVE = "/account/sign-in/", "/account/code/", "/account/prove/"
STAFF, HANAKO = "sue@operator.example", "hanako@example.com"


@pytest.fixture(autouse=True)
def _behind_a_proxy(settings):
    settings.TRUSTED_PROXIES = 1


def at(network: int, client: Client | None = None) -> Client:
    """Return a browser, a new one unless told otherwise, in one of many networks."""
    client = client or Client()
    client.defaults["HTTP_X_FORWARDED_FOR"] = f"198.51.{network // 250}.{network % 250 + 1}"
    return client


def ask(client: Client, email: str) -> int:
    return client.post(SIGN_IN, {"email": email}).status_code


def come_in(client: Client, email: str) -> None:
    assert ask(client, email) == 302
    row = SignInCode.objects.latest("created_at")
    mail_code(row.pk)
    assert client.post(CODE, {"code": code_of(row)}).status_code == 302
    client.post("/account/sign-out/")


@pytest.fixture
def hanako() -> Client:
    """Return the browser in which Hanako signed in before, at network 900."""
    make_member(make_organization(), email=HANAKO)
    client = at(900)
    come_in(client, HANAKO)
    return client


@pytest.mark.parametrize("strangers", [5, 59])
def test_strangers_in_many_networks_lock_nobody_out(strangers):
    User.objects.create_user(STAFF, is_staff=True)
    for network in range(strangers):
        ask(at(network), STAFF)
    assert ask(at(901), STAFF) == 302


def test_one_network_has_five_for_an_address():
    assert [ask(at(1), STAFF) for _ in range(6)] == [302] * 5 + [429]
    assert ask(at(1), "other@operator.example") == 302
    assert ask(at(2), STAFF) == 302


def test_a_mailbox_is_not_flooded_from_many_networks(monkeypatch):
    monkeypatch.setattr("accounts.signin.views.CODES_PER_MAILBOX", 3)
    assert [ask(at(network), STAFF) for network in range(5)] == [302] * 3 + [429] * 2
    assert SignInCode.objects.count() == 3


def test_a_browser_that_signed_in_before_is_not_locked_out_by_any_number(hanako, monkeypatch):
    monkeypatch.setattr("accounts.signin.views.CODES_PER_MAILBOX", 3)
    monkeypatch.setattr("accounts.signin.views.CODES_PER_NETWORK", 3)
    for network in (*range(4), *[900] * 6):
        ask(at(network), HANAKO)
    assert ask(at(950), HANAKO) == ask(at(900), HANAKO) == 429
    for network in (900, 77):
        come_in(at(network, hanako), HANAKO)


def test_a_known_browser_tries_codes_where_strangers_used_up_the_networks_tries(
    hanako, monkeypatch
):
    monkeypatch.setattr("accounts.signin.views.TRIES_PER_NETWORK", 2)
    stranger = at(900)
    ask(stranger, HANAKO)
    assert [stranger.post(CODE, {"code": "WRNG"}).status_code for _ in range(3)][-1] == 429
    come_in(hanako, HANAKO)


def test_a_known_browser_has_its_own_limit(hanako):
    assert [ask(hanako, HANAKO) for _ in range(6)] == [302] * 5 + [429]
    assert ask(at(900), HANAKO) == 302


def test_a_browser_is_known_with_its_own_addresses_only(hanako, monkeypatch):
    monkeypatch.setattr("accounts.signin.views.CODES_PER_MAILBOX", 2)
    for network in range(2):
        ask(at(network), STAFF)
    assert ask(hanako, STAFF) == 429


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "x",
        signing.dumps(["name", "hash"], salt="another"),
        signing.dumps({"a": 1}, salt="accounts.devices"),
        signing.dumps([], salt="accounts.devices"),
        signing.dumps(7, salt="accounts.devices"),
    ],
    # Signed at the moment of the import, they are no name that two processes could share.
    ids=["nothing", "no signature", "another salt", "an object", "an empty list", "a number"],
)
def test_a_browser_with_a_forged_cookie_is_not_known(forged, monkeypatch):
    monkeypatch.setattr("accounts.signin.views.CODES_PER_MAILBOX", 0)
    client = at(1)
    client.cookies[django_settings.DEVICE_COOKIE_NAME] = forged
    assert ask(client, STAFF) == 429


def test_a_browser_is_forgotten_in_the_end(hanako, monkeypatch):
    monkeypatch.setattr("accounts.signin.views.CODES_PER_MAILBOX", 0)
    with time_machine.travel(now() + KNOWN_FOR - timedelta(hours=1)):
        assert ask(hanako, HANAKO) == 302
    with time_machine.travel(now() + KNOWN_FOR + timedelta(hours=1)):
        assert ask(hanako, HANAKO) == 429


def test_the_cookie_is_closed_to_scripts_and_holds_no_address(hanako):
    cookie = hanako.cookies[django_settings.DEVICE_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert "hanako" not in str(signing.loads(cookie.value, salt="accounts.devices"))


def test_a_browser_keeps_a_few_addresses(hanako):
    organization = make_organization()
    for number in range(MOST_ADDRESSES + 2):
        make_member(organization, email=f"p{number}@example.com")
        come_in(at(number, hanako), f"p{number}@example.com")
    cookie = hanako.cookies[django_settings.DEVICE_COOKIE_NAME].value
    assert len(signing.loads(cookie, salt="accounts.devices")) == 1 + MOST_ADDRESSES


def test_a_signed_in_user_is_not_kept_from_proving_it_anew():
    alice = sign_in(make_owner(make_organization(), "alice@example.com"), proved=False)
    at(900, alice)
    for _ in range(6):
        ask(at(900), "alice@example.com")
    assert alice.post(PROVE, {"next": "/admin/"}, follow=True).status_code == 200
    assert SignInCode.objects.count() == 6


def test_an_owner_whom_a_launch_let_in_is_known(launching, monkeypatch):
    client = at(1)
    client.post("/launch", {"token": launching.setup_token()})
    client.post("/account/sign-out/")
    monkeypatch.setattr("accounts.signin.views.CODES_PER_MAILBOX", 0)
    assert ask(client, "taro@example.com") == 302


def test_a_known_browser_opens_pages_where_its_network_has_had_too_many(hanako, monkeypatch):
    monkeypatch.setitem(DOORS, "account/", Pages(strangers=2))
    pages = [at(900).get(SIGN_IN).status_code for _ in range(3)]
    assert pages[-1] == 429
    assert hanako.get(SIGN_IN).status_code == 200
