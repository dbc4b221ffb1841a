"""Journeys of owners, from ovice's settings to a connection and to its end."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.journeys.steps import link, sign_in, to_portal
from tests.browser.journeys.walker import Look, Walker

pytestmark = pytest.mark.services

CONNECTED = "Connected. Members can link their accounts now."
TROUBLE = "%(organization)s: direct messages do not reach %(target)s"
OVER = "%(organization)s: direct messages reach %(target)s again"
WORD = re.compile(r"[^\W_][\w-]*")
RECEIPT = re.compile(r"https?://\S+/removal/\S+")


@pytest.fixture
def acme(town, request):
    """A company of its own for each test, so that none sees another's."""
    look = request.node.callspec.params["look"] if hasattr(request.node, "callspec") else Look()
    return town.company(f"Acme{abs(hash(request.node.name)) % 10_000}", look.locale)


def to_setup(walker: Walker, company) -> None:
    """Go from ovice's organization settings to the page of a connection that is not there yet."""
    to_portal(walker, company)
    walker.sees(walker.words("1. In %(target)s") % {"target": "Workplace"})


def paste(walker: Walker, token: str, secret: str = "") -> None:
    """Paste a token, and perhaps the app secret, and save."""
    walker.fill(walker.words("Access token"), token)
    if secret:
        walker.page.locator("summary").first.click()
        walker.fill(walker.words("App secret"), secret)
    walker.press(walker.words("Save"))


def connect(walker: Walker, company) -> dict[str, str]:
    """Go to the setup page and connect; return the integration's secrets."""
    made = company.token()
    to_setup(walker, company)
    paste(walker, made["access_token"], made["app_secret"])
    walker.sees(walker.words(CONNECTED))
    return made


def test_an_owner_connects_after_every_wrong_token(town, acme, walker, look):
    olga = walker(look)
    deaf = acme.token(permissions=["read_user_email"])
    blind = acme.token(permissions=["message"])
    reset = acme.token()
    town.control("POST", f"workplace/installs/{reset['page_id']}/reset-token")
    right = acme.token()
    to_setup(olga, acme)
    olga.finds_nothing_wrong()
    replace = olga.words("Create a new access token in %(target)s and paste it here.")
    missing = olga.words("The permission “%(label)s” is missing.")
    for token, secret, complaint in (
        ("鍵☃鍵", "", ""),
        ("DQVJ0000000000", "", replace % {"target": "Workplace"}),
        (reset["access_token"], "", ""),
        (deaf["access_token"], "", missing % {"label": olga.words("Send messages to members")}),
        (blind["access_token"], "", missing % {"label": olga.words("Read user email address")}),
        (right["access_token"], "0" * 32, ""),
    ):
        paste(olga, token, secret)
        expect(olga.page.get_by_role("alert").first).to_be_visible()
        if complaint:
            olga.sees(olga.words(complaint))
        assert token not in olga.page.content()
    paste(olga, f"  {right['access_token']}\n", right["app_secret"])
    olga.sees(olga.words(CONNECTED))
    olga.finds_nothing_wrong()
    assert right["access_token"] not in olga.page.content()
    olga.open(acme.page("settings", "Olga", look.language))
    olga.sees(olga.ovice("state_active"))


def install(olga: Walker, company) -> None:
    """Press Install in Workplace's dashboard and in its dialog."""
    olga.open(company.dashboard())
    olga.press("Install")
    olga.page.get_by_label("Community").select_option(company.community)
    olga.press("Install")


def test_an_owner_installs_from_workplace_while_signed_out(town, acme, walker, look):
    olga = walker(look)
    install(olga, acme)
    sign_in(olga, town, acme.email("Olga"))
    olga.sees(acme.name)
    olga.finds_nothing_wrong()
    olga.press(olga.words("Connect this organization"))
    olga.page.wait_for_url(f"{acme.dashboard()}**")
    olga.open(acme.page("settings", "Olga", look.language))
    olga.sees(olga.ovice("state_active"))


def install_from_here(olga: Walker, company) -> None:
    """Start on the page of the connection, and say yes in Workplace's dialog."""
    to_setup(olga, company)
    olga.press(olga.words("Install the app"), role="link")
    olga.page.get_by_label("Community").select_option(company.community)
    olga.press("Install")
    olga.sees(olga.words("You are connected"))


def test_an_owner_installs_from_our_side(acme, walker, look):
    olga = walker(look)
    install_from_here(olga, acme)
    assert "code=" not in olga.page.url
    olga.finds_nothing_wrong()


def test_a_dead_token_is_told_replaced_and_nothing_is_lost(town, acme, walker, look):
    olga, hanako = walker(look), walker(look)
    made = connect(olga, acme)
    acme.hires("Hanako", locale=look.locale)
    acme.hires("Taro")
    link(hanako, acme, "Hanako")
    fresh = town.control("POST", f"workplace/installs/{made['page_id']}/reset-token")
    texts = [f"number {n}" for n in range(3)]
    for text in texts:
        acme.writes("Taro", "Hanako", text)
    mail = town.mailbox.take(about(olga, acme, TROUBLE), to=acme.email("Olga"))
    assert "number" not in mail
    to_portal(olga, acme)
    olga.sees(olga.words("Needs you"))
    olga.finds_nothing_wrong()
    paste(olga, fresh["access_token"], made["app_secret"])
    acme.wait_for_texts("Hanako", texts)
    town.mailbox.take(about(olga, acme, OVER), to=acme.email("Olga"))


def about(olga: Walker, company, subject: str) -> str:
    """Return a subject as it stands in the mail to the owner."""
    return olga.words(subject) % {"organization": company.name, "target": "Workplace"}


def test_an_uninstall_in_workplace_ends_everything_with_a_receipt(town, acme, walker, look):
    olga, hanako = walker(look), walker(look)
    install_from_here(olga, acme)
    acme.hires("Hanako", locale=look.locale)
    link(hanako, acme, "Hanako")
    uninstall(olga, acme)
    mail = town.mailbox.take("/removal/", to=acme.email("Olga"))
    found = RECEIPT.search(mail)
    assert found is not None
    hanako.sees_soon(
        hanako.ovice("unavailable"), again=acme.page("integrations", "Hanako", look.language)
    )
    olga.open(acme.page("settings", "Olga", look.language))
    olga.sees(olga.ovice("state_not_connected"))
    olga.open(found[0])
    olga.sees(olga.words("The data is out of use and waits to be deleted."))
    olga.finds_nothing_wrong()
    town.let_days_pass(30)
    olga.sees_soon(olga.words("Done: the data is gone."))
    olga.finds_nothing_wrong()
    names = {"Hanako", "Olga", acme.name, acme.community, acme.organization}
    receipt = town.system.http.get(f"{found[0]}?format=json", timeout=5).text
    for what in (olga.page.content(), receipt, town.everything_stored()):
        assert not {*names, *acme.people.values(), *acme.accounts.values()} & {*WORD.findall(what)}


def uninstall(olga: Walker, company) -> None:
    """End the app in Workplace's dashboard, as its administrator."""
    olga.open(company.dashboard())
    olga.press_on(olga.page.get_by_role("link", name="Kotozute").first)
    olga.press("Uninstall")


def test_two_owners_never_see_each_other(town, acme, walker, look):
    olga, rival = walker(look), walker(look)
    connect(olga, acme)
    page_of_acme, organization = olga.page.url, olga.page.url.split("connection")[0]
    assert acme.name in olga.page.inner_text("body")
    other = town.company(f"Rival{acme.organization}", look.locale)
    to_setup(rival, other)
    pages = [page_of_acme, *(f"{organization}{page}/" for page in ("change", "history", "stored"))]
    for address in (*pages, f"{town.system.base_url}/admin/integrations/organization/"):
        rival.open(address)
        assert acme.name not in rival.page.inner_text("body")
    assert other.name in rival.page.inner_text("body")
