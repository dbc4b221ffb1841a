"""Acts of owners and support: each is asked once more, done by the product, and recorded."""

from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.urls import reverse
from django.utils.timezone import now

from accounts.admin_base import confirm
from accounts.models import Link
from integrations.models import Installation, InstallationState, Organization
from messaging.models import Delivery, DeliveryState
from tests.factories import make_delivery, make_link
from tests.plugins.portal import sign_in

ROLES = ["owner A", "support", "administrator"]


def press(browser, table: str, action: str, *rows, confirmed: bool = True):
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows], "index": "0"}
    if confirmed:
        data["confirmed"] = "yes"
    return browser.post(reverse(f"admin:{table}_changelist"), data, follow=True)


def recorded(row) -> list[tuple[str, str]]:
    """Return what was done to a row by hand, and as which role."""
    entries = LogEntry.objects.get_for_object(row).filter(action=LogEntry.Action.UPDATE)
    done = [entry for entry in entries.order_by("timestamp") if "done" in entry.changes]
    return [(entry.changes["done"][1], entry.additional_data["role"]) for entry in done]


@pytest.fixture
def failed(portal) -> Delivery:
    return make_delivery(
        make_link(portal.installation_a), state=DeliveryState.FAILED, settled_at=now()
    )


@pytest.mark.parametrize("action", ["send_again", "cancel_waiting"])
def test_nothing_happens_before_it_is_confirmed(portal, failed, action):
    page = press(portal.browser("owner A"), "messaging_delivery", action, failed, confirmed=False)
    assert "You chose 1 row." in page.content.decode()
    failed.refresh_from_db()
    assert failed.state == DeliveryState.FAILED
    assert recorded(failed) == []


def test_more_than_one_can_oversee_is_refused_as_a_whole(portal, failed, monkeypatch):
    monkeypatch.setattr(confirm.Question, "__init__", _small(confirm.Question.__init__))
    other = make_delivery(failed.link, state=DeliveryState.FAILED)
    page = press(portal.browser("owner A"), "messaging_delivery", "send_again", failed, other)
    assert "Choose at most 1 rows at a time; nothing was done." in page.content.decode()
    assert {row.state for row in Delivery.objects.all()} == {DeliveryState.FAILED}


def _small(usual):
    return lambda question, *values, **named: usual(question, *values, **{**named, "most": 1})


@pytest.mark.parametrize("who", ROLES)
def test_a_replay_is_recorded_with_the_role(portal, failed, who):
    press(portal.browser(who), "messaging_delivery", "send_again", failed)
    assert recorded(failed) == [("replayed", who.split(maxsplit=1)[0])]


@pytest.mark.parametrize("who", ROLES)
def test_delivery_is_paused_and_resumed(portal, who):
    connection = portal.installation_a
    browser = portal.browser(who)
    for action, state in (
        ("pause_delivery", InstallationState.PAUSED),
        ("resume_delivery", InstallationState.ACTIVE),
    ):
        page = press(browser, "integrations_installation", action, connection, confirmed=False)
        assert "You chose 1 row." in page.content.decode()
        press(browser, "integrations_installation", action, connection)
        connection.refresh_from_db()
        assert connection.state == state
    assert [done for done, _ in recorded(connection)] == ["pause_delivery", "resume_delivery"]


def test_nobody_pauses_another_organization(portal):
    press(
        portal.browser("owner A"),
        "integrations_installation",
        "pause_delivery",
        portal.installation_b,
    )
    assert Organization.objects.filter(paused_at__isnull=False).count() == 0


@pytest.fixture
def own_office(office):
    """An office with the browser of support."""
    from accounts.models import User  # noqa: PLC0415 - used here only

    staff = User.objects.create_user("support@example.com", is_staff=True)
    return office, sign_in(staff)


def test_a_token_is_checked_anew(own_office):
    office, browser = own_office
    office.sandbox.reset_token(office.integration.page_id)
    page = press(browser, "integrations_installation", "check_now", office.installation)
    assert "Checked: 1. Working: 0." in page.content.decode()
    assert Installation.objects.get().state == InstallationState.ATTENTION
    assert recorded(office.installation) == [("checked", "support")]


def test_a_link_is_checked_anew(own_office):
    office, browser = own_office
    kept, lost = office.join("Jiro"), office.join("Hanako")
    office.sandbox.change_member(office.accounts["Hanako"], email="other@example.com")
    page = press(browser, "accounts_link", "check_again", kept, lost)
    assert "In order: 1. Ended: 1. Not answered: 0." in page.content.decode()
    assert list(Link.objects.active()) == [kept]
    assert recorded(lost) == [("link_checked", "support")]


def window(portal, who: str, **values):
    data = {"organization": portal.a.ovice_id, **values}
    return portal.browser(who).post("/admin/replay/", data, follow=True)


def shown(portal, who: str, **values) -> dict[str, str]:
    """Return what the page that counts is confirmed by."""
    word = window(portal, who, **values).context["shown"]
    return {**values, "shown": word, "confirmed": "yes"}


@pytest.mark.parametrize("who", ROLES)
def test_a_window_is_counted_and_then_replayed(portal, failed, who):
    assert "1 delivery would be sent once more." in window(portal, who).content.decode()
    failed.refresh_from_db()
    assert failed.state == DeliveryState.FAILED
    told = window(portal, who, **shown(portal, who)).content.decode()
    assert "Due again: 1." in told
    failed.refresh_from_db()
    assert failed.state == DeliveryState.PENDING
    assert recorded(portal.a) == [("replayed_window", who.split(maxsplit=1)[0])]


def test_a_delivery_given_up_outside_the_window_stays(portal, failed):
    ago = f"{now() - timedelta(hours=1):%Y-%m-%dT%H:%M}"
    page = window(portal, "support", until=ago).content.decode()
    assert "0 deliveries would be sent once more." in page
    told = window(portal, "support", **shown(portal, "support", until=ago)).content.decode()
    assert "Due again: 0." in told


def test_a_delivery_given_up_after_the_count_is_not_sent(portal, failed):
    confirmed = shown(portal, "support")
    later = make_delivery(failed.link, state=DeliveryState.FAILED, settled_at=now())
    assert "Due again: 1." in window(portal, "support", **confirmed).content.decode()
    later.refresh_from_db()
    assert later.state == DeliveryState.FAILED


def test_more_than_were_shown_are_asked_about_anew(portal, failed):
    confirmed = shown(portal, "support")
    # Settled while it was counted, and written down only now.
    make_delivery(failed.link, state=DeliveryState.FAILED, settled_at=failed.settled_at)
    page = window(portal, "support", **confirmed).content.decode()
    assert "It has changed since it was counted." in page
    assert "2 deliveries would be sent once more." in page
    assert not Delivery.objects.filter(state=DeliveryState.PENDING).exists()
    assert recorded(portal.a) == []


@pytest.mark.parametrize(
    "posted",
    [
        {"since": "2020-01-01T00:00"},
        {"unconfirmed_too": "on"},
        {"shown": ""},
        {"shown": "WyJmb3JnZWQiXQ:1:x"},
    ],
)
def test_nothing_is_sent_but_what_was_shown(portal, failed, posted):
    data = {**shown(portal, "owner A"), **posted}
    page = window(portal, "owner A", **data).content.decode()
    assert "It has changed since it was counted." in page
    failed.refresh_from_db()
    assert failed.state == DeliveryState.FAILED


@pytest.mark.parametrize("name", ["another's", "nobody's", "%", "x" * 5000, "\x00"])
def test_another_organization_looks_like_none(portal, failed, name):
    wanted = portal.a.ovice_id if name == "another's" else name
    data = {"organization": wanted, "confirmed": "yes"}
    page = portal.browser("owner B").post("/admin/replay/", data)
    assert page.status_code == 200
    failed.refresh_from_db()
    assert failed.state == DeliveryState.FAILED
    if name in ("another's", "nobody's", "%"):
        assert "There is no such organization." in page.content.decode()
