"""The person's story answers alone, in the order of time, whatever it was that did not come."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from accounts.linking.relink import resolve_links
from accounts.members.erasure import erase_member
from accounts.models import Link
from integrations.connections.connect import connect
from integrations.connections.hold import hold, need_attention
from integrations.connections.pause import pause, resume
from integrations.models import Installation, InstallationKind
from integrations.removal.purge import purge_ready
from integrations.removal.uninstall import remove_installation
from integrations.targets.port import Credentials
from messaging.ingest.accept import MOST_MENTIONED
from messaging.models import Delivery, DeliveryState, Mentioned
from tests.factories import dm_event, make_delivery, make_link, make_member, post_batch, post_event
from tests.messaging.draining import run
from tests.messaging.support.conftest import ask

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]
ADDRESS = "hanako@example.com"
TEXT = "Can you join room B?"


@pytest.fixture
def hanako(office, settings) -> Link:
    settings.RELAY_LANES = 1
    return office.join("Hanako")


def write_to_many(link: Link, *others: str, scope: str = "group", kind: str = "user"):
    """Return a message that ovice hands over with all whom it names."""
    document = dm_event(link)
    named = [link.member.ovice_id, *others] if kind == "user" else ["g-1"]
    document["data"]["mention"] = {"scope": scope, "handles": ["@everybody"]}
    document["data"]["recipients"] = [{"id": each, "type": kind} for each in named]
    return document


def id_of(document) -> str:
    return str(document["data"]["message"]["id"])


def in_order(page: str, *texts: str) -> bool:
    """Tell whether the page says all these, the one after the other."""
    return re.search(".*".join(map(re.escape, texts)), page, re.DOTALL) is not None


MENTIONS = {
    "group": "it was addressed to a group",
    "here": "it was addressed to a group",
    "users": "it was addressed to several people",
    "user": "it was addressed to several people",
}


@pytest.mark.parametrize("scope", MENTIONS)
def test_a_group_mention_that_did_not_come_is_in_the_story_of_each_whom_it_named(
    office, hanako, support, scope
):
    other = make_member(office.organization, email="taro@example.com")
    stranger = make_member(office.organization, email="ken@example.com")
    document = write_to_many(hanako, other.ovice_id, scope=scope)
    assert post_event(document).status_code == 202
    for address in (ADDRESS, "taro@example.com"):
        told = support(address)
        assert f"{id_of(document)} · Not relayed: {MENTIONS[scope]}" in told
        assert TEXT not in told
    assert id_of(document) not in support(stranger.ovice_id)


def test_mentions_that_come_in_a_batch_are_told_as_well(hanako, support):
    documents = [write_to_many(hanako, "user-2") for _ in range(3)]
    for place, document in enumerate(documents):
        document["data"]["event_id"] = f"evt-{place}"
    assert post_batch(documents).status_code < 300
    told = support(ADDRESS)
    assert [id_of(document) in told for document in documents] == [True] * 3


def test_of_a_group_without_names_it_is_said_that_they_may_be_in_it(hanako, support):
    document = write_to_many(hanako, kind="group")
    post_event(document)
    told = support(ADDRESS)
    assert f"{id_of(document)} · Perhaps to them as well, ovice named nobody: Not relayed" in told


def test_too_many_names_are_nobodys(hanako, support):
    document = write_to_many(hanako, *(f"user-{place}" for place in range(MOST_MENTIONED + 1)))
    assert post_event(document).status_code == 202
    assert not Mentioned.objects.exists()
    assert "ovice named nobody" in support(ADDRESS)


def test_a_mention_is_found_by_its_own_organization_alone(portal):
    link = make_link(portal.installation_a)
    document = write_to_many(link)
    namesake = make_member(portal.b, ovice_id=link.member.ovice_id)
    post_event(document)
    assert id_of(document) in ask(portal.browser("owner A"), link.member.ovice_id)
    assert id_of(document) not in ask(portal.browser("owner B"), namesake.ovice_id)


def test_an_erased_member_is_named_by_no_message(hanako):
    post_event(write_to_many(hanako, "user-2"))
    erase_member(hanako.member)
    assert purge_ready(seconds=10) == 1
    assert [each.ovice_id for each in Mentioned.objects.all()] == ["user-2"]


def test_the_bot_does_not_answer_webhooks_were_never_set_up(hanako, support):
    told = support(ADDRESS)
    assert "has never told us what happens in its chats: the bot does not answer." in told
    assert "Set up the integration's webhooks in Workplace" in told


def test_the_bot_does_not_answer_it_lost_its_secret(hanako, support):
    Installation.objects.update(app_secret_sealed=None)
    told = support(ADDRESS)
    assert "without the app secret nobody can tell what really comes from Workplace" in told


def test_the_bot_does_not_answer_its_webhooks_are_refused_since_it_was_last_heard(hanako, support):
    at = now()
    Installation.objects.update(told_at=at - timedelta(hours=2), refused_at=at)
    told = support(ADDRESS)
    assert "does not fit the app secret that is stored here" in told
    assert in_order(told, "Workplace last told us", "Since then nothing but webhooks")


def test_a_bot_that_hears_says_when_it_did_and_no_more(hanako, support):
    Installation.objects.update(told_at=now())
    told = support(ADDRESS)
    assert "Workplace last told us what happens in its chats." in told
    assert "does not answer" not in told


def test_only_some_came_a_part_of_a_long_one(office, hanako, support):
    delivery = make_delivery(hanako, "long " * 700)
    states = {"parts_sent": 1, "reason": "content_refused", "settled_at": now()}
    Delivery.objects.update(state=DeliveryState.FAILED, **states)
    told = support(ADDRESS)
    line = f"{delivery.message.ovice_id} · Given up: Workplace refuses this very message."
    assert f"{line} Only 1 part of it has arrived, not all." in told
    assert "Only 1 part of it has arrived, not all." in support(delivery.message.ovice_id)


def test_only_some_came_others_were_for_many_or_came_during_a_pause(office, hanako, support):
    came = dm_event(hanako)
    post_event(came)
    run(office)
    pause(office.organization)
    during = dm_event(hanako)
    post_event(during)
    resume(office.organization)
    to_many = write_to_many(hanako)
    post_event(to_many)
    assert in_order(
        support(ADDRESS),
        f"{id_of(came)} · Delivered",
        "paused delivery.",
        f"{id_of(during)} · Not relayed: delivery was paused",
        "resumed delivery.",
        f"{id_of(to_many)} · Not relayed: it was addressed to a group",
    )


def reconnect(office) -> None:
    token = office.sandbox.reset_token(office.integration.page_id)
    office.installation = connect(
        office.organization,
        target="workplace",
        kind=InstallationKind.CUSTOM,
        credentials=Credentials(token),
    )
    resolve_links(office.installation.pk)


def test_reconnected_with_a_new_token(office, hanako, support):
    reconnect(office)
    told = support(ADDRESS)
    connected = "The organization was connected to Workplace."
    assert in_order(told, connected, "The connection was replaced")
    assert len(re.findall(connected, told)) == 2
    assert "Linked since" in told


def test_reconnected_after_it_was_disconnected(office, hanako, support):
    remove_installation(office.installation)
    lost = dm_event(hanako)
    post_event(lost)
    reconnect(office)
    assert in_order(
        support(ADDRESS),
        "The connection to Workplace ended, and its links with it.",
        f"{id_of(lost)} · Not relayed: the organization was not connected",
        "The organization was connected to Workplace.",
    )


def test_the_obstacle_of_now_is_told(office, hanako, support):
    hold(office.installation, until=now() + timedelta(minutes=5), reason="blocked")
    assert "Workplace has blocked the integration for a while." in support(ADDRESS)
    need_attention(office.installation, reason="token_rejected")
    assert "Workplace no longer accepts the access token." in support(ADDRESS)


@pytest.mark.parametrize(
    ("language", "connected", "deaf"),
    [
        ("ja", "組織がWorkplaceに接続されました。", "ボットは応答できません。"),
        ("ko", "조직이 Workplace에 연결되었습니다.", "봇이 대답하지 못합니다."),
    ],
)
def test_the_story_is_told_in_the_readers_language(hanako, portal, language, connected, deaf):
    asked = {"wanted": ADDRESS}
    headers = {"accept-language": language}
    browser = portal.browser("support")
    page = browser.post("/admin/search/", asked, follow=True, headers=headers).content.decode()
    assert connected in page
    assert deaf in page


def test_it_takes_as_many_statements_however_much_happened(office, hanako, portal):
    browser, page = portal.browser("support"), f"/admin/search/member/{hanako.member_id}/"

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(page).status_code == 200
        return len(captured)

    statements()
    made = []
    for _ in range(2):
        post_event(dm_event(hanako))
        post_event(write_to_many(hanako))
        post_event(write_to_many(hanako, kind="group"))
        pause(office.organization)
        resume(office.organization)
        reconnect(office)
        made.append(statements())
    assert made[0] == made[1]
