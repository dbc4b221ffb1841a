"""Journeys of support: answer a ticket from one search, mend it, and be seen to have looked."""

import re
from contextlib import suppress
from dataclasses import dataclass

import pytest
from playwright.sync_api import Error

from tests.browser.journeys.steps import show_second_factor, sign_in, to_portal
from tests.browser.journeys.town import PATIENCE_SECONDS, Company, Town
from tests.browser.journeys.walker import LOOKS, Look, Walker
from tests.plugins.receiver import wait_until

pytestmark = pytest.mark.services

# Made in the running system: staff comes neither from ovice nor by signing up.
HIRING = """
from accounts.models import User
from tests.factories import give_second_factor
for email in {emails}:
    print(give_second_factor(User.objects.create_user(email, is_staff=True)))
"""
# Workplace's answer for who takes no messages of the bot.
UNAVAILABLE = {"kind": "error", "code": 551, "calls": 1, "endpoint": "me/messages"}
STORY_MS = 4000


@dataclass(frozen=True)
class Desk:
    """One look's support person, the secret of their app, and the member who asks them."""

    email: str
    secret: str
    member: str


@pytest.fixture(scope="module")
def desks(town: Town) -> dict[Look, Desk]:
    """Hire support for each look, in one go."""
    emails = [f"support{number}@operator.example" for number in range(len(LOOKS))]
    secrets = town.run(HIRING.format(emails=emails)).split()
    members = [f"Hanako{number}" for number in range(len(LOOKS))]
    return dict(zip(LOOKS.values(), map(Desk, emails, secrets, members), strict=True))


@pytest.fixture(scope="module")
def acme(town: Town, desks: dict[Look, Desk]) -> Company:
    """A connected company with one linked member for each look."""
    company = town.company("Ticketed")
    company.hires("Taro", account=False)
    for desk in desks.values():
        company.hires(desk.member)
    company.connects(desk.member for desk in desks.values())
    return company


@pytest.fixture
def desk(desks: dict[Look, Desk], look: Look) -> Desk:
    return desks[look]


def test_support_answers_a_ticket_from_one_search(town, acme, walker, look, desk):
    texts = "the plan that came", "the plan that did not"
    arrived = acme.writes("Taro", desk.member, texts[0])
    acme.wait_for_texts(desk.member, [texts[0]])
    fault = {**UNAVAILABLE, "recipient": acme.accounts[desk.member]}
    town.control("POST", "workplace/faults", fault)
    lost = acme.writes("Taro", desk.member, texts[1])
    # Each look is noted, so nobody looks until there is something to see.
    wait_until(lambda: met(town, fault), "the refusal", seconds=PATIENCE_SECONDS)
    support = walker(look)
    support.open(f"{town.system.base_url}/admin/")
    sign_in(support, town, desk.email)
    show_second_factor(support, desk.secret)
    support.sees(support.words("Organizations and their deliveries"))

    reads(support, lost["event_id"], "%(target)s takes nothing for this person", without=texts)
    send_once_more(support)
    acme.wait_for_texts(desk.member, [*texts])
    reads(support, lost["event_id"], "Delivered.", without=texts)
    support.sees(
        support.words("%(who)s had it sent once more.") % {"who": support.words("Support")}
    )

    reads(support, acme.email(desk.member), "Linked since %(at)s.", without=texts)
    assert acme.email(desk.member) not in support.page.content()
    support.press_on(support.page.locator("ol a[href*='/search/message/']").first)
    support.sees(arrived["message_id"])
    support.sees(support.words("Delivered."))
    support.shows_none_of(texts)
    olga_sees_who_looked(walker(look), acme, desk)


def met(town: Town, fault: dict[str, object]) -> bool:
    """Tell whether the fault has done its harm."""
    known = town.control("GET", "workplace/faults")["data"]
    return any(one["recipient"] == fault["recipient"] and one["met"] for one in known)


def reads(support: Walker, pasted: str, text: str, *, without: tuple[str, ...]) -> None:
    """Paste something into the one search, until its story says so."""
    # The text before or after the values, whichever is longer.
    known = max(re.split(r"%\(\w+\)s", support.words(text)), key=len)
    for _try in range(5):
        support.open(f"{support.page.url.partition('/admin/')[0]}/admin/search/")
        support.page.get_by_role("textbox").first.fill(pasted)
        support.press(support.words("Find"))
        with suppress(Error):
            support.page.get_by_text(known).first.wait_for(timeout=STORY_MS)
            break
    support.sees(known)
    support.finds_nothing_wrong()
    support.shows_none_of(without)


def send_once_more(support: Walker) -> None:
    """Go on from the story that is open to its delivery, and do what mends it."""
    support.press_on(
        support.page.get_by_role("link", name=support.words("Send once more, or cancel"))
    )
    support.tick(support.page.locator("input.action-select"))
    support.page.locator("select[name=action]").select_option("send_again")
    support.press(support.words("Go"))
    support.press(support.words("Send once more"))
    support.sees(support.words("Due again: %(count)d.") % {"count": 1})
    support.finds_nothing_wrong()


def olga_sees_who_looked(olga: Walker, company: Company, desk: Desk) -> None:
    """The owner finds in her history what support saw and did, and not who it was."""
    company.speaks("Olga", olga.look.locale)
    to_portal(olga, company)
    olga.open(f"{olga.page.url.partition('/admin/')[0]}/admin/")
    olga.press_on(olga.page.locator("a[href$='/auditlog/logentry/']"))
    for text in ("Looked at what happened to it", "Had it sent once more"):
        seen = olga.page.get_by_role("row").filter(has_text=olga.words(text)).first
        assert olga.words("Support") in seen.inner_text()
    assert desk.email.partition("@")[0] not in olga.page.content()
    olga.finds_nothing_wrong()
