"""Staff's every look at a member's data is noted, and the owners see it, without a name."""

from typing import Any

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from accounts.models import User
from tests.factories import make_delivery, make_link

HISTORY = "admin:auditlog_logentry_changelist"


@pytest.fixture
def delivery(portal):
    return make_delivery(make_link(portal.installation_a))


def looks() -> list[tuple[str, str, str]]:
    """Return role, kind of row and word of each look."""
    entries = LogEntry.objects.filter(action=LogEntry.Action.ACCESS).order_by("timestamp")
    return [
        (entry.additional_data["role"], entry.content_type.model, entry.changes["looked"][1])
        for entry in entries.select_related("content_type")
    ]


def pages_of(delivery) -> dict[str, Any]:
    return {
        "messaging_delivery": delivery,
        "messaging_message": delivery.message,
        "accounts_link": delivery.link,
        "accounts_member": delivery.link.member,
    }


@pytest.mark.parametrize("who", ["support", "administrator"])
def test_every_page_and_list_about_a_member_is_noted(portal, delivery, who):
    browser = portal.browser(who)
    for name, row in pages_of(delivery).items():
        browser.get(reverse(f"admin:{name}_change", args=[row.pk]))
        browser.get(reverse(f"admin:{name}_changelist"))
    expected = [
        entry
        for name in pages_of(delivery)
        for entry in ((who, name.split("_")[1], "page"), (who, "organization", "list"))
    ]
    assert looks() == expected


def test_an_export_by_staff_is_noted(portal, delivery):
    page = reverse("admin:accounts_member_changelist")
    data = {"action": "export", "_selected_action": [delivery.link.member_id], "index": 0}
    portal.browser("support").post(page, data)
    assert ("support", "organization", "export") in looks()


def test_owners_look_at_their_own_people_unnoted(portal, delivery):
    for name, row in pages_of(delivery).items():
        portal.browser("owner A").get(reverse(f"admin:{name}_change", args=[row.pk]))
        portal.browser("owner A").get(reverse(f"admin:{name}_changelist"))
    assert looks() == []


def test_the_owner_reads_who_looked_at_what_and_nobody_elses_owner_does(portal, delivery):
    portal.browser("support").get(f"/admin/search/message/{delivery.message_id}/")
    page = portal.browser("owner A").get(reverse(HISTORY)).content.decode()
    assert "Looked at what happened to it" in page
    assert ">Support<" in page
    assert "operator" not in page
    assert "s•••" not in page
    other = portal.browser("owner B").get(reverse(HISTORY)).content.decode()
    assert "Looked at what happened to it" not in other


def test_staff_reads_which_of_them_it_was(portal, delivery):
    portal.browser("support").get(f"/admin/search/message/{delivery.message_id}/")
    page = portal.browser("administrator").get(reverse(HISTORY)).content.decode()
    assert "s•••@example.com" in page


def test_the_history_of_a_row_names_staff_to_staff_alone(portal, delivery):
    member = delivery.link.member
    portal.browser("support").get(reverse("admin:accounts_member_change", args=[member.pk]))
    history = reverse("admin:accounts_member_history", args=[member.pk])
    assert "s•••@" not in portal.browser("owner A").get(history).content.decode()
    assert "s•••@" in portal.browser("support").get(history).content.decode()


def test_a_role_is_kept_as_it_was(portal, delivery):
    portal.browser("support").get(f"/admin/search/message/{delivery.message_id}/")
    User.objects.filter(email="support@example.com").delete()
    page = portal.browser("owner A").get(reverse(HISTORY)).content.decode()
    assert ">Support<" in page
