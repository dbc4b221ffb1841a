"""Search finds a reader's own rows, and tells nobody what is not theirs."""

import re

import pytest
from auditlog.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models.removal import Removal
from integrations.removal.uninstall import remove_installation
from messaging.models import DeliveryState
from messaging.support.search import LONGEST
from tests.factories import make_delivery, make_link, make_member
from tests.messaging.support.conftest import ask

NOTHING = "Nothing was found under that."
UNKNOWN = {
    "message": "msg-unknown",
    "event": "evt-unknown",
    "delivery": "01900000-0000-7000-8000-000000000000",
    "chat": "mid.$unknown",
    "account": "1000000000000",
    "member": "user-unknown",
    "address": "nobody@example.com",
    "removal": "0123456789abcdef0123456789abcdef",
}


@pytest.fixture
def names(portal) -> dict[str, str]:
    """Return every kind of name of one message in organization B, its recipient and a removal."""
    member = make_member(portal.b, email="hanako@beta.example")
    link = make_link(portal.installation_b, member)
    delivery = make_delivery(link, target_message_id="mid.$b", state=DeliveryState.DELIVERED)
    removal = remove_installation(portal.installation_b)
    assert removal is not None
    return {
        "message": delivery.message.ovice_id,
        "event": delivery.message.event_id,
        "delivery": str(delivery.pk),
        "chat": "mid.$b",
        "account": link.account_id,
        "member": member.ovice_id,
        "address": " Hanako@BETA.example",
        "removal": removal.confirmation_code,
    }


def statements(browser, text: str) -> list[str]:
    """Return the statements of a search, without the values in them."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ask(browser, text)
    return [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries]


@pytest.mark.parametrize("kind", UNKNOWN)
def test_owners_and_support_find_their_own_by_every_name(portal, names, kind):
    for who in ("owner B", "support", "administrator"):
        assert NOTHING not in ask(portal.browser(who), names[kind]), who


@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_row_of_anothers_looks_and_costs_like_one_that_does_not_exist(portal, names, kind):
    browser = portal.browser("owner A")
    foreign, unknown = ask(browser, names[kind]), ask(browser, UNKNOWN[kind])
    assert NOTHING in foreign
    assert plain(foreign, names[kind]) == plain(unknown, UNKNOWN[kind])
    assert statements(browser, names[kind]) == statements(browser, UNKNOWN[kind])


def plain(page: str, asked: str) -> str:
    """Return a page without what differs each time it is made."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.replace(asked.strip(), ""))


def test_a_story_of_anothers_message_is_not_there(portal, names):
    message = make_delivery(make_link(portal.installation_a)).message
    page = f"/admin/search/message/{message.pk}/"
    assert portal.browser("owner A").get(page).status_code == 200
    assert portal.browser("owner B").get(page).status_code == 404


def test_an_address_is_neither_in_the_statements_nor_on_the_page(portal, names):
    browser = portal.browser("support")
    with CaptureQueriesContext(connection) as queries:
        page = ask(browser, "hanako@beta.example")
    assert "Member user-" in page
    told = " ".join(query["sql"] for query in queries) + page
    assert "hanako@" not in told.casefold()


BAD = [
    "%",
    "_%",
    "*",
    "msg-%",
    "' OR 1=1 --",
    '"; DROP TABLE messaging_message; --',
    "<script>alert(1)</script>",
    "\x00",
    "a\x00b",
    "\u202e",
    "@",
    "%@%",
    "🦊" * 50,
    "x" * LONGEST,
    "x" * (LONGEST + 1),
    "x" * 60_000,
    "",
    "   ",
    "http://",
    "https://example.com/removal/",
]


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_bad_input_finds_nothing_and_breaks_nothing(portal, names, text):
    for who in ("owner A", "support"):
        page = ask(portal.browser(who), text)
        assert NOTHING in page
        assert len(page) < 10_000
        assert (
            "<script>alert"
            not in portal.browser(who).post("/admin/search/", {"wanted": text}).content.decode()
        )


def test_more_than_a_form_may_hold_is_refused(portal):
    answer = portal.browser("support").post("/admin/search/", {"wanted": "x" * 200_000})
    assert answer.status_code == 400


def test_several_hits_are_listed(portal, support):
    for installation in (portal.installation_a, portal.installation_b):
        make_link(installation, make_member(installation.organization, "user-both"))
    assert support("user-both").count("Member user-both") == 2


def test_a_look_of_support_is_in_the_owners_history(portal, names):
    ask(portal.browser("support"), names["message"])
    ask(portal.browser("support"), names["address"])
    ask(portal.browser("support"), UNKNOWN["message"])
    looks = LogEntry.objects.filter(action=LogEntry.Action.ACCESS).order_by("timestamp")
    assert [look.content_type.model for look in looks] == ["message", "member"]
    assert {look.actor.email for look in looks} == {"support@example.com"}
    assert {look.additional_data["organization"] for look in looks} == {str(portal.b.pk)}
    assert {look.additional_data["role"] for look in looks} == {"support"}


def test_owners_look_at_their_own_unnoted(portal, names):
    ask(portal.browser("owner B"), names["message"])
    assert not LogEntry.objects.filter(action=LogEntry.Action.ACCESS).exists()


def test_a_removal_of_nobody_any_more_is_found_by_staff_alone(portal, names):
    Removal.objects.update(organization=None)
    assert NOTHING not in ask(portal.browser("support"), names["removal"])
    assert NOTHING in ask(portal.browser("owner B"), names["removal"])


def test_a_members_story_takes_few_statements_however_many_messages(
    portal, django_assert_max_num_queries
):
    link = make_link(portal.installation_a)
    for _ in range(12):
        make_delivery(link)
    browser, page = portal.browser("support"), f"/admin/search/member/{link.member_id}/"
    assert browser.get(page).status_code == 200
    # In production two more, which begin and end the transaction of the noted look.
    with django_assert_max_num_queries(16):
        browser.get(page)
