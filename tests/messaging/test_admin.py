"""Acts of owners and support on deliveries in the portal."""

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from messaging.models import DeliveryState
from tests.factories import make_delivery, make_link

LIST = "admin:messaging_delivery_changelist"


def press(browser, action, *deliveries):
    chosen = [delivery.pk for delivery in deliveries]
    data = {"action": action, "_selected_action": chosen, "index": 0, "confirmed": "yes"}
    return browser.post(reverse(LIST), data, follow=True)


@pytest.mark.parametrize("who", ["owner A", "support", "administrator"])
def test_a_failed_delivery_can_be_sent_once_more(portal, who, wakes):
    failed = make_delivery(make_link(portal.installation_a), state=DeliveryState.FAILED)
    page = press(portal.browser(who), "send_again", failed)
    failed.refresh_from_db()
    assert failed.state == DeliveryState.PENDING
    assert "Due again: 1." in page.content.decode()


def test_an_owner_cannot_act_on_another_organizations_deliveries(portal, wakes):
    mine = make_delivery(make_link(portal.installation_a))
    other = make_delivery(make_link(portal.installation_b))
    press(portal.browser("owner A"), "cancel_waiting", mine, other)
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.state, other.state) == (DeliveryState.CANCELLED, DeliveryState.PENDING)


def test_an_act_of_support_is_in_the_owners_history(portal):
    delivery = make_delivery(make_link(portal.installation_a))
    press(portal.browser("support"), "cancel_waiting", delivery)
    entry = LogEntry.objects.get_for_object(delivery).get()
    assert (entry.actor.email, entry.actor_email) == ("support@example.com", None)
    page = portal.browser("owner A").get(reverse("admin:auditlog_logentry_changelist"))
    assert entry in page.context["cl"].result_list
    page = portal.browser("owner B").get(reverse("admin:auditlog_logentry_changelist"))
    assert entry not in page.context["cl"].result_list
