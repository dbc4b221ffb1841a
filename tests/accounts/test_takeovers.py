"""A person is known by organization and id; a user is a mailbox, and nobody else gets into it."""

import threading

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils.timezone import now

from accounts.directory.events import remove_member, update_member
from accounts.launch.admission import admit
from accounts.launch.tokens import BadLaunchToken
from accounts.models import Ground, Member, Ownership, Role, SignInCode, User
from accounts.owners.ownership import NotAnOwner, grant_ownership
from accounts.signin.codes import code_of, mail_code
from tests.factories import make_member, make_organization
from tests.plugins.portal import sign_in
from tests.plugins.receiver import wait_until

pytestmark = pytest.mark.django_db
PORTAL, SIGN_IN, CODE = "/admin/", "/account/sign-in/", "/account/code/"


def make_own(name: str, email: str, ovice_id: str = "user-1", **fields) -> Member:
    return make_member(
        make_organization(name=name), ovice_id, email=email, role=Role.OWNER, **fields
    )


@pytest.fixture
def alice() -> Member:
    """Return the owner of Acme, who has come from ovice."""
    member = make_own("Acme", "alice@example.com")
    grant_ownership(member, Ground.OWNER)
    return member


@pytest.fixture
def browser(alice) -> Client:
    """Return Alice's browser, in which she is signed in."""
    client = sign_in(User.objects.get(email="alice@example.com"))
    assert is_in(client)
    return client


def is_in(client: Client) -> bool:
    return client.get(PORTAL).status_code == 200


def own(email: str) -> set[str]:
    user = User.objects.get(email=email)
    return {row.organization.name for row in user.ownerships.select_related("organization")}


def test_an_id_of_another_organization_is_another_person(alice, browser):
    stranger = make_own("Clone", "carol@example.com", alice.ovice_id)
    user = grant_ownership(stranger, Ground.OWNER)
    assert (own("alice@example.com"), own("carol@example.com")) == ({"Acme"}, {"Clone"})
    assert user.email == "carol@example.com"
    assert is_in(browser)


@pytest.mark.parametrize(
    "change",
    [
        {"email": "mallory@example.com", "email_verified": True},
        {"email": "alice@example.com", "email_verified": False},
        {"role": "guest"},
    ],
)
def test_news_of_another_organizations_member_touch_nobody_here(alice, browser, change):
    stranger = make_own("Clone", "carol@example.com", alice.ovice_id)
    update_member(stranger.organization, alice.ovice_id, at=now(), **change)
    remove_member(stranger.organization, alice.ovice_id, at=now())
    assert own("alice@example.com") == {"Acme"}
    assert is_in(browser)


@pytest.mark.parametrize("ovice_id", ["user-1", "user-2"])
def test_another_organization_cannot_come_in_as_whoever_owns_something(alice, browser, ovice_id):
    stranger = make_own("Clone", "Alice@Example.com", ovice_id, locale="ko")
    with pytest.raises(NotAnOwner) as refused:
        grant_ownership(stranger, Ground.OWNER)
    assert refused.value.code == "address_in_use"
    assert own("alice@example.com") == {"Acme"}
    assert User.objects.get().locale == "en"
    assert is_in(browser)


def test_a_reader_of_the_address_owns_both(launching, alice):
    claims = {"email": "alice@example.com", "role": "member", "perms": ["integrations"]}
    token = launching.setup_token(launching.hanako, claims=claims)
    client = Client()
    assert client.post("/launch", {"token": token})["Location"].endswith("/address_in_use/")
    assert own("alice@example.com") == {"Acme"}
    client.post(SIGN_IN, {"email": "alice@example.com", "next": PORTAL})
    row = SignInCode.objects.get()
    mail_code(row.pk)
    client.post(CODE, {"code": code_of(row)})
    assert is_in(client)
    assert own("alice@example.com") == {"Acme", "Example Works"}


def test_a_launch_adds_nothing_to_a_code_for_another_address(launching, alice):
    make_own("Other", "olga@example.com")
    claims = {"email": "alice@example.com"}
    client = Client()
    client.post("/launch", {"token": launching.setup_token(claims=claims)})
    client.post(SIGN_IN, {"email": "olga@example.com", "next": PORTAL})
    row = SignInCode.objects.get()
    mail_code(row.pk)
    client.post(CODE, {"code": code_of(row)})
    assert (own("alice@example.com"), own("olga@example.com")) == ({"Acme"}, {"Other"})


def test_a_new_address_is_a_new_user_and_ends_the_sessions_of_the_old_one(alice, browser):
    before = User.objects.get()
    update_member(
        alice.organization, alice.ovice_id, at=now(), email="a@example.com", email_verified=True
    )
    before.refresh_from_db()
    assert before.email == "alice@example.com"
    assert (own("alice@example.com"), own("a@example.com")) == (set(), {"Acme"})
    assert "_auth_user_id" not in after_a_request(browser)


def after_a_request(client: Client):
    client.get(PORTAL)
    return client.session


@pytest.mark.parametrize(
    "end",
    [
        lambda member: update_member(member.organization, member.ovice_id, at=now(), role="admin"),
        lambda member: remove_member(member.organization, member.ovice_id, at=now()),
    ],
    ids=["another role", "removed"],
)
def test_a_session_does_not_outlive_what_it_was_for(alice, browser, end):
    end(alice)
    assert "_auth_user_id" not in after_a_request(browser)


def test_a_session_is_not_handed_on_with_the_address(alice, browser):
    """Alice leaves, and her successor gets her address: her browser is not theirs."""
    update_member(alice.organization, alice.ovice_id, at=now(), email="left@example.com")
    old = sign_in(User.objects.get(email="alice@example.com"))
    successor = make_member(alice.organization, "user-2", email="alice@example.com", role="owner")
    user = grant_ownership(successor, Ground.OWNER)
    assert own("alice@example.com") == {"Acme"}
    assert not is_in(old)
    assert not is_in(browser)
    assert is_in(sign_in(user))


def test_coming_again_ends_nobodys_session(alice, browser):
    grant_ownership(alice, Ground.OWNER)
    update_member(alice.organization, alice.ovice_id, at=now(), name="Alice B.", role="owner")
    assert is_in(browser)


def test_a_closed_user_is_not_let_in_by_another_address(alice):
    User.objects.update(is_active=False)
    update_member(
        alice.organization, alice.ovice_id, at=now(), email="a@example.com", email_verified=True
    )
    alice.refresh_from_db()
    with pytest.raises(NotAnOwner) as refused:
        grant_ownership(alice, Ground.OWNER)
    assert refused.value.code == "account_inactive"
    assert not User.objects.filter(email="a@example.com").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"email": "other@example.com"},
        {"is_staff": "on"},
        {"is_superuser": "on"},
    ],
)
def test_other_rights_begin_with_another_session(alice, browser, change):
    administrator = sign_in(User.objects.create_superuser("root@operator.example"))
    user = User.objects.get(email="alice@example.com")
    row = {"email": user.email, "locale": "en", "is_active": "on", **change}
    page = f"/admin/accounts/user/{user.pk}/change/"
    assert administrator.post(page, row).status_code == 302
    assert "_auth_user_id" not in after_a_request(browser)


def test_a_closed_and_reopened_account_has_no_old_session(alice, browser):
    administrator = sign_in(User.objects.create_superuser("root@operator.example"))
    user = User.objects.get(email="alice@example.com")
    page = f"/admin/accounts/user/{user.pk}/change/"
    for open_again in ({}, {"is_active": "on"}):
        row = {"email": user.email, "locale": "en", **open_again}
        assert administrator.post(page, row).status_code == 302
    assert "_auth_user_id" not in after_a_request(browser)


def test_an_offer_to_an_address_closes_when_it_becomes_another(alice):
    make_member(make_organization(name="Beta"), "user-9", email="alice@example.com")
    beta = Member.objects.get(ovice_id="user-9")
    client = Client()
    client.post(SIGN_IN, {"email": "alice@example.com"})
    row = SignInCode.objects.get()
    mail_code(row.pk)
    assert client.post(CODE, {"code": code_of(row)})["Location"] == "/account/choose/"
    update_member(beta.organization, "user-9", at=now(), email="b@example.com", email_verified=True)
    assert client.post("/account/choose/", {"entrance": f"member-{beta.pk}"}).status_code == 200
    assert client.get("/link/").status_code == 302
    assert Ownership.objects.count() == 1


def test_a_launch_uses_up_no_token_of_another_organization(launching):
    other = launching.ovice.organization(announce=False)
    jiro = launching.ovice.person(other, "Jiro", announce=False)
    admit(launching.token(claims={"jti": "launch-1"}))
    came = admit(launching.ovice.launch_token(other, jiro, claims={"jti": "launch-1"}))
    assert came.member.organization.ovice_id == other
    with pytest.raises(BadLaunchToken):
        admit(launching.token(claims={"jti": "launch-1"}))


def prove(client: Client, email: str) -> None:
    """Sign in by a code that is mailed to ``email``."""
    client.post(SIGN_IN, {"email": email, "next": PORTAL})
    row = SignInCode.objects.latest("created_at")
    mail_code(row.pk)
    client.post(CODE, {"code": code_of(row)})


@pytest.mark.parametrize("launched_first", [True, False])
def test_a_launch_never_opens_another_organizations_portal(launched_first):
    """One launch vouches for one organization, in either order of sign-ins."""
    acme, clone = (make_own(name, "alice@example.com") for name in ("Acme", "Clone"))
    if launched_first:
        grant_ownership(clone, Ground.OWNER)
    alice = Client()
    prove(alice, "alice@example.com")
    assert is_in(alice)
    assert own("alice@example.com") == {"Acme", "Clone"}
    for member in (acme, clone):
        with pytest.raises(NotAnOwner) as refused:
            grant_ownership(member, Ground.OWNER)
        assert refused.value.code == "address_in_use"
    assert is_in(alice)


def test_a_launch_alone_adds_no_way_into_what_the_address_will_own(launching):
    claims = {"email": "alice@example.com", "role": "owner"}
    client = Client()
    token = launching.setup_token(claims=claims)
    assert client.post("/launch", {"token": token})["Location"] == "/admin/setup/"
    for kind in ("totp/activate", "webauthn/add", "recovery-codes/generate"):
        page = f"/account/second-factor/{kind}/"
        assert client.get(page)["Location"].startswith("/account/prove/"), kind
        assert client.post(page, {})["Location"].startswith("/account/prove/"), kind
    client.post("/account/prove/", {"next": PORTAL})
    row = SignInCode.objects.get()
    client.post("/account/prove/", {"next": PORTAL, "code": code_of(row)})
    assert client.get("/account/second-factor/totp/activate/").status_code == 200


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_known", [True, False])
def test_of_two_who_come_at_once_under_one_address_one_gets_in(is_known):
    """Whether or not there is a user already, who owns nothing."""
    acme, clone = (make_own(name, "alice@example.com") for name in ("Acme", "Clone"))
    if is_known:
        User.objects.create_user("alice@example.com")
    came: list[object] = []

    def come() -> None:
        try:
            came.append(grant_ownership(clone, Ground.OWNER))
        except NotAnOwner as refused:
            came.append(refused.code)
        finally:
            connections.close_all()

    second = threading.Thread(target=come)
    with transaction.atomic():
        grant_ownership(acme, Ground.OWNER)
        second.start()
        wait_until(somebody_waits_for_a_lock, "the second one to wait")
    second.join()
    assert came == ["address_in_use"]
    assert own("alice@example.com") == {"Acme"}


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        # Within a transaction the view would stay what it was when first looked at.
        cursor.execute("select pg_stat_clear_snapshot()")
        cursor.execute("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
        return cursor.fetchone()[0] > 0
