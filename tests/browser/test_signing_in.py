"""The pages of sign-in, as people see them."""

import re

from playwright.sync_api import Page

from accounts.models import Ownership, SignInCode, User
from accounts.signin.codes import code_of, mail_code
from tests.browser.accessibility import violations
from tests.factories import give_second_factor, make_member, make_organization

FACTOR = "/account/second-factor/"


def make_owner() -> User:
    user = User.objects.create_user("owner@example.com")
    Ownership.objects.create(user=user, organization=make_organization())
    return user


def ask_for_code(page: Page, email: str) -> None:
    page.goto("/account/sign-in/")
    page.get_by_label("address").fill(email)
    page.get_by_role("button", name="Mail me a code").click()
    page.wait_for_url("**/account/code/")


def type_code(page: Page) -> None:
    row = SignInCode.objects.latest("created_at")
    mail_code(row.pk)
    page.get_by_label("Code").fill(code_of(row).lower())
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def test_a_visitor_changes_the_language_and_stays_on_the_page(open_page):
    page = open_page("/account/signed-out/")
    page.get_by_role("button", name="日本語").click()
    assert page.get_by_role("heading", level=1).inner_text() == "サインアウトしました"
    assert page.url.endswith("/account/signed-out/")


def test_a_member_of_two_organizations_signs_in_by_code_and_chooses(new_window):
    for name in ("Acme", "Beta"):
        make_member(make_organization(name=name), email="hanako@example.com")
    page = new_window().new_page()
    ask_for_code(page, "hanako@example.com")
    assert violations(page) == []
    page.get_by_label("Code").fill("WRNGWRNG")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    assert page.get_by_role("alert").is_visible()
    type_code(page)
    page.wait_for_url("**/account/choose/")
    assert violations(page) == []
    page.get_by_role("button", name="Beta").click()
    page.wait_for_url("**/link/")
    page.goto("/account/signed-out/")
    assert "Beta" in page.get_by_role("banner").inner_text()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/account/signed-out/")
    assert "Beta" not in page.get_by_role("banner").inner_text()


def test_staff_are_asked_for_their_second_factor(new_window):
    give_second_factor(User.objects.create_user("support@example.com", is_staff=True))
    page = new_window(wide=True).new_page()
    ask_for_code(page, "support@example.com")
    type_code(page)
    page.wait_for_url(f"**{FACTOR}authenticate/")
    assert violations(page) == []


def test_an_owner_adds_a_passkey_and_signs_in_with_it_alone(signed_in_window):
    page = signed_in_window(make_owner()).new_page()
    with_fingerprint = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": with_fingerprint})
    page.goto(f"{FACTOR}webauthn/add/")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Add").click()
    # It brings recovery codes along, which are shown to who has just proved who they are.
    page.wait_for_url("**/account/prove/**recovery-codes**")
    page.get_by_role("link", name="Use a passkey").click()
    page.get_by_role("button", name="Use a passkey").click()
    # Not the page that asks for a proof, whose address ends with this one.
    page.wait_for_url(re.compile(rf"^[^?]+{FACTOR}recovery-codes/$"), wait_until="load")
    assert violations(page) == []
    page.get_by_role("button", name="Sign out").click()
    page.goto("/account/sign-in/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/admin/")
