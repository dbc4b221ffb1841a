"""Callbacks about an organization or a member that goes, and the rows kept of them."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.linking.link import RemovedReason, remove_links
from accounts.members.erasure import erase_member
from accounts.models import Link
from integrations.models import Callback
from integrations.models.removal import Removal, RemovalScope
from integrations.ovice import callback_delivery
from integrations.removal.purge import begin, purge_ready
from tests.factories import make_link
from tests.integrations.callbacks import tell_all
from tests.removals import receipt_of, removed
from tests.sandbox.ovice.receiver import Answer

pytestmark = pytest.mark.django_db


def test_without_any_grace_ovice_hears_of_the_end_under_its_own_name_for_the_organization(
    endpoint, settings
):
    settings.REMOVAL_GRACE = timedelta(0)
    link = make_link()
    name = link.organization.ovice_id
    removal = removed(link.installation)
    Removal.objects.update(told_at=now())

    assert purge_ready(seconds=10) == 0
    tell_all()
    assert purge_ready(seconds=10) == 1

    assert receipt_of(removal)["scope"] == RemovalScope.ORGANIZATION
    events = [request.event for request in endpoint.received]
    assert {event["data"]["organization"]["id"] for event in events} == {name}
    assert events[-1]["type"] == "organization.disconnected"


def test_a_purge_does_not_wait_for_ever_for_ovice_and_then_tells_it_nothing(
    endpoint, settings, woken
):
    settings.REMOVAL_GRACE = timedelta(0)
    link = make_link()
    removal = removed(link.installation)
    Removal.objects.update(told_at=now(), requested_at=now() - timedelta(minutes=6))
    begin(removal)

    assert Callback.objects.to_tell().count() == 0
    assert callback_delivery.sweep() == 0
    tell_all()
    assert endpoint.received == []

    assert purge_ready(seconds=10) == 1
    assert Callback.objects.count() == 0


@pytest.mark.parametrize("status", [202, 500])
def test_of_the_erased_no_record_stays_once_the_end_of_their_link_was_told_or_given_up(
    endpoint, monkeypatch, status
):
    monkeypatch.setattr(callback_delivery, "DELAYS", ())
    gone, stays = make_link(), make_link()
    remove_links(Link.objects.filter(pk=stays.pk), reason=RemovedReason.USER)
    erase_member(gone.member)
    at = now() - timedelta(minutes=6)
    Removal.objects.update(requested_at=at)
    Callback.objects.update(happened_at=at)
    assert purge_ready(seconds=10) == 1

    endpoint.answers += [Answer(status), Answer(status)]
    tell_all()

    assert len(endpoint.received) == 2
    assert [row.data["member"]["id"] for row in Callback.objects.all()] == [stays.member.ovice_id]
