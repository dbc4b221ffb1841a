"""Journeys of members: link, read, rest, stop; in ovice, on the linking page, in Work Chat."""

import pytest
from playwright.sync_api import expect

from tests.browser.journeys.steps import link, to_link_page
from tests.browser.journeys.walker import LOOKS, Walker

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def acme(town):
    """A connected company whose bot hears; everybody new is a member of it."""
    company = town.company("Acme")
    company.hires("Kenji")
    company.connects(["Kenji"])
    return company


@pytest.fixture
def somebody(acme, request, look) -> str:
    """A new member, whose account speaks the language of the look."""
    name = f"Hanako{abs(hash(request.node.name)) % 10_000}"
    acme.hires(name, locale=look.locale)
    return name


def test_a_member_links_sees_it_and_cancels(acme, walker, look, somebody):
    member = walker(look)
    to_link_page(member, acme, somebody)
    member.finds_nothing_wrong()
    member.press(member.words("Link"))
    member.sees(member.words("You are linked."))
    member.finds_nothing_wrong()
    member.open(acme.page("integrations", somebody, look.language))
    member.sees(member.ovice("unlink_hint"))
    member.launches("linked")
    member.press(member.words("Linked"))
    member.press(member.words("End the link"))
    member.offered(member.words("Link"))
    member.open(acme.page("integrations", somebody, look.language))
    assert member.page.locator("[data-status=unlinked]").count() == 1


def test_a_member_is_refused_for_each_reason_and_told_what_to_do(town, acme, walker, look):
    unknown, locked, unproved, twin, visitor = (
        f"{name}{[*LOOKS.values()].index(look)}" for name in ("Ken", "Rika", "Mio", "Ray", "Vic")
    )
    acme.hires(unknown, account=False, locale=look.locale)
    acme.hires(unproved, email_verified=False, locale=look.locale)
    acme.hires(twin, account=False, email=acme.email("Kenji"), locale=look.locale)
    acme.hires(locked, locale=look.locale)
    town.control("PATCH", f"workplace/members/{acme.accounts[locked]}", {"active": False})
    member = walker(look)
    for name, reason in (
        (unknown, "No %(target)s account uses the same email address (%(email)s)."),
        (unproved, "Verify your ovice account's email address first."),
        (locked, "The %(target)s account with this address is not active."),
    ):
        to_link_page(member, acme, name)
        told = member.words(reason) % {"target": "Workplace", "email": acme.email(name)}
        expect(member.page.get_by_role("alert").first).to_contain_text(told)
        assert member.page.get_by_role("button", name=member.words("Link"), exact=True).count() == 0
        member.finds_nothing_wrong()
    to_link_page(member, acme, twin)
    member.press(member.words("Link"))
    taken = member.words("This %(target)s account is already linked to another user.")
    expect(member.page.get_by_role("alert").first).to_contain_text(taken % {"target": "Workplace"})
    acme.hires(visitor, "visitor")
    member.open(acme.page("integrations", visitor, look.language))
    member.sees(member.ovice("hidden"))


def test_dms_arrive_in_order_and_mentions_of_many_do_not(acme, walker, look, somebody):
    member, taro = walker(look), walker(look)
    link(member, acme, somebody)
    writer = f"Taro{somebody}"
    acme.hires(writer, account=False)
    taro.open(acme.room(writer, look.language))
    texts = [f"@{somebody} number {n}" for n in range(10)]
    for text in ("@all lunch?", f"@{somebody} @Olga both of you", *texts):
        say(taro, text)
    acme.wait_for_texts(somebody, texts)
    assert acme.texts(somebody) == texts
    # The author of them sees it as well, and of the two others nothing.
    taro.looks_again()
    expect(taro.page.locator(".arrived")).to_have_count(len(texts))
    member.open(acme.chat(somebody))
    member.sees(texts[-1])


def say(walker: Walker, text: str) -> None:
    """Type into ovice's chat and send."""
    walker.page.locator("#text").fill(text)
    walker.press(walker.ovice("send"))
    walker.sees(text)


def test_a_member_pauses_resumes_and_stops_in_work_chat(acme, walker, look, somebody):
    member = walker(look)
    link(member, acme, somebody)
    member.open(acme.chat(somebody))
    chat = member.page.locator("[data-part=messages]")
    steps = ["Pause", "1 hour", "Resume", "Stop", "Yes, stop", "Undo"]
    write_to_bot(member, "?")
    for step in steps:
        title = member.words(step)
        appear(member, title)
        member.press(title, within=chat.locator(".replies").last)
    member.sees_soon(member.words("You are linked again. Direct messages arrive here."))


def write_to_bot(walker: Walker, text: str) -> None:
    walker.page.locator("textarea").fill(text)
    walker.press("Send")


def appear(walker: Walker, title: str) -> None:
    """Wait until a quick reply is offered; without scripts somebody reloads."""
    reply = walker.page.locator(".replies").last.get_by_role("button", name=title, exact=True)
    for _try in range(80):
        if reply.is_visible():
            return
        walker.page.wait_for_timeout(250)
        walker.looks_again()
    raise AssertionError(
        f"the bot never offered {title!r}: {walker.page.inner_text('main')[-400:]}"
    )
