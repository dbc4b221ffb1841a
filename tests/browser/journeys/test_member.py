"""What members do: link, read, rest, and stop; in ovice, on the linking page and in Work Chat."""

import pytest

from tests.browser.journeys.walker import Look, Walker

pytestmark = pytest.mark.services

LOOKS = {
    "desk": Look(),
    "Japanese, phone, dark, keys only": Look("ja", phone=True, dark=True, keyboard=True),
    "without scripts": Look(scripts=False),
}


@pytest.fixture(params=[*LOOKS.values()], ids=[*LOOKS])
def look(request) -> Look:
    return request.param


@pytest.fixture(scope="module")
def acme(town):
    """A connected company whose bot hears; everybody new is a member of it."""
    company = town.company("Acme")
    order = company.token()
    made = town.system.manage("connecting", "demo_connect", stdin=_order(company, order))
    company.listens(order, made)
    return company


def _order(company, secrets: dict[str, str]) -> dict[str, object]:
    return {
        "organization": company.organization,
        "access_token": secrets["access_token"],
        "app_secret": secrets["app_secret"],
    }


@pytest.fixture
def somebody(acme, request, look) -> str:
    """A new member, whose account speaks the language of the look."""
    name = f"Hanako{abs(hash(request.node.name)) % 10_000}"
    acme.hires(name, locale=look.locale)
    return name


def to_link_page(walker: Walker, company, name: str, button: str = "link") -> None:
    walker.open(company.page("integrations", name, walker.look.language))
    walker.launches(button)


def link(walker: Walker, company, name: str) -> None:
    """Link somebody by one press."""
    to_link_page(walker, company, name)
    walker.press(walker.words("Link"))
    walker.sees(walker.words("You are linked."))


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
    unknown, locked, unproved = (
        f"{name}{abs(hash(look)) % 10_000}" for name in ("Ken", "Rika", "Mio")
    )
    acme.hires(unknown, account=False)
    acme.hires(unproved, email_verified=False)
    acme.hires(locked)
    town.control("PATCH", f"workplace/members/{acme.accounts[locked]}", {"active": False})
    for name in (unknown, locked, unproved):
        member = walker(look)
        to_link_page(member, acme, name)
        alert = member.page.get_by_role("alert").first
        alert.wait_for()
        assert alert.inner_text().strip()
        assert member.page.get_by_role("button", name=member.words("Link"), exact=True).count() == 0
        member.finds_nothing_wrong()


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
    for _try in range(40):
        if reply.is_visible():
            return
        walker.page.wait_for_timeout(500)
        if not walker.look.scripts:
            walker.page.goto(walker.page.url)
    raise AssertionError(
        f"the bot never offered {title!r}: {walker.page.inner_text('main')[-400:]}"
    )
