"""Lists of long tables: what they ask costs the same beside one row and beside many."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from uuid_utils.compat import uuid7

from accounts.admin_base import large_tables
from accounts.admin_base.large_tables import COUNTED, ShortCount, made_between
from integrations.models import Organization
from messaging.models import Attempt, Delivery, DeliveryState, ReceivedEvent
from tests.factories import make_delivery, make_link

MOST_STATEMENTS = 12
# A person's story is no list: it also answers for their connection, mentions and the bot.
MOST_OF_A_STORY = 15
TABLES = ("messaging/delivery", "messaging/message", "messaging/attempt")
PEOPLE = ("accounts/member", "accounts/link", "integrations/organization")


def fill(portal, count: int) -> Delivery:
    """Make deliveries with a call each, of both organizations; return the last of A."""
    links = [make_link(portal.installation_b), make_link(portal.installation_a)]
    for _ in range(count):
        for link in links:
            delivery = make_delivery(link, state=DeliveryState.FAILED, reason="recipient_gone")
            Attempt.objects.create(
                organization=link.organization,
                delivery=delivery,
                outcome="not_sent",
                started_at=now(),
            )
            ReceivedEvent.objects.create(
                key=delivery.message.event_id,
                organization=link.organization,
                type="message.direct.created",
                body_digest=b"",
            )
    return delivery


def statements(browser, page: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(page).status_code == 200
    return len(queries)


def pages(delivery: Delivery) -> list[str]:
    searches = [f"{table}/?q={delivery.message.ovice_id}" for table in TABLES]
    lists = [f"{table}/" for table in (*TABLES, *PEOPLE)]
    filtered = [
        "messaging/delivery/?state__exact=failed&when=day",
        "messaging/delivery/?reason=recipient_gone",
        "messaging/message/?skipped_reason=not_linked",
        "messaging/attempt/?outcome__exact=not_sent&when=older",
        f"messaging/delivery/?q={delivery.pk}",
        f"messaging/delivery/?q={delivery.message.recipient_ovice_id}",
        f"search/message/{delivery.message_id}/",
        f"search/member/{delivery.link.member_id}/",
    ]
    return [f"/admin/{page}" for page in (*lists, *searches, *filtered)]


@pytest.mark.parametrize("who", ["owner A", "support"])
def test_no_list_takes_more_than_twelve_statements_or_more_with_more_rows(portal, who):
    browser = portal.browser(who)
    delivery = fill(portal, 2)
    extra = ["/admin/messaging/receivedevent/"] if who == "support" else []
    before: dict[str, int] = {}
    for _ in ("what is asked once in a process", "what is asked each time"):
        before = {page: statements(browser, page) for page in [*pages(delivery), *extra]}
    fill(portal, 6)
    after = {page: statements(browser, page) for page in before}
    assert after == before
    assert max(before.pop(page) for page in list(before) if "search/" in page) <= MOST_OF_A_STORY
    assert max(before.values()) <= MOST_STATEMENTS, before


@pytest.mark.parametrize("who", ["owner A", "support"])
def test_no_long_list_counts_sorts_or_lists_a_whole_table(portal, who):
    delivery = fill(portal, 1)
    for table in TABLES:
        with CaptureQueriesContext(connection) as queries:
            portal.browser(who).get(f"/admin/{table}/")
        told = [query["sql"] for query in queries if table.replace("/", "_") in query["sql"]]
        assert all("LIMIT" in sql for sql in told if "COUNT(" in sql), told
        assert not [sql for sql in told if "DISTINCT" in sql or "UPPER" in sql]
    assert delivery.pk


def test_every_name_finds_its_row_and_no_other(portal):
    delivery = fill(portal, 3)
    names = (delivery.pk, delivery.message.ovice_id)
    for name in names:
        page = portal.browser("owner A").get(f"/admin/messaging/delivery/?q={name}")
        assert [row.pk for row in page.context["cl"].result_list] == [delivery.pk]
    recipient = delivery.message.recipient_ovice_id
    page = portal.browser("owner A").get(f"/admin/messaging/delivery/?q={recipient}")
    assert len(page.context["cl"].result_list) == 3
    for name in (*names, recipient):
        page = portal.browser("owner B").get(f"/admin/messaging/delivery/?q={name}")
        assert list(page.context["cl"].result_list) == []


@pytest.mark.parametrize("wanted", ["%", "' OR 1=1", "_", "x" * 3000, "日本", '"'])
def test_bad_searches_in_a_list_find_nothing(portal, wanted):
    fill(portal, 1)
    for table in TABLES:
        page = portal.browser("support").get(f"/admin/{table}/", {"q": wanted})
        assert page.status_code == 200
        assert list(page.context["cl"].result_list) == []


def test_rows_are_counted_no_further_than_anybody_turns_pages(portal, monkeypatch):
    fill(portal, 3)
    assert ShortCount(Delivery.objects.order_by("-pk"), 50).count == 6
    monkeypatch.setattr(large_tables, "COUNTED", 4)
    assert ShortCount(Delivery.objects.order_by("-pk"), 50).count == 4
    assert COUNTED == 1000


def test_rows_are_found_by_their_age(portal):
    delivery = fill(portal, 1)
    at = now()
    for age, found in (("hour", True), ("day", True), ("before", False), ("older", False)):
        rows = Delivery.objects.filter(made_between(age, at), pk=delivery.pk)
        assert rows.exists() == found, age
    later = at + timedelta(days=1, hours=1)
    assert Delivery.objects.filter(made_between("before", later), pk=delivery.pk).exists()
    assert uuid7() > delivery.pk


def test_the_newest_come_first(portal):
    fill(portal, 3)
    page = portal.browser("owner A").get("/admin/messaging/delivery/")
    keys = [row.pk for row in page.context["cl"].result_list]
    assert keys == sorted(keys, reverse=True)
    organizations = {row.organization for row in page.context["cl"].result_list}
    assert organizations == {Organization.objects.get(pk=portal.a.pk)}
