"""A message for nobody who is linked: few questions, the right reason, and no link overlooked."""

import pytest
from django.utils.timezone import now

from accounts.linking.link import RemovedReason, remove_links
from accounts.models import Link
from integrations.models import Installation, InstallationState
from messaging.ingest import lookup
from messaging.models import Delivery, Message, ReceivedEvent
from tests.factories import dm_event, make_installation, make_link, make_member, post_event
from tests.messaging.delivery.test_cost import cost_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("wakes")]


def unlinked() -> Link:
    """Return a link that has ended."""
    link = make_link()
    remove_links(Link.objects.filter(pk=link.pk), reason=RemovedReason.USER)
    return link


def reason(link: Link) -> str:
    return post_event(dm_event(link)).json()["reason"]


@pytest.mark.postgres
def test_it_costs_three_statements():
    link = unlinked()
    reason(link)
    assert cost_of(lambda: reason(link)) == 3


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (InstallationState.ACTIVE, "not_linked"),
        (InstallationState.ATTENTION, "not_linked"),
        (InstallationState.PAUSED, "org_paused"),
        (InstallationState.REMOVED, "org_not_connected"),
    ],
)
def test_the_reason_follows_from_the_connection(state, expected):
    link = unlinked()
    Installation.objects.update(state=state)
    assert reason(link) == expected
    assert [model.objects.count() for model in (ReceivedEvent, Message, Delivery)] == [1, 1, 0]


def test_one_of_two_connections_is_enough():
    link = unlinked()
    Installation.objects.update(state=InstallationState.PAUSED)
    make_installation(link.organization, target="echo")
    assert reason(link) == "not_linked"


def test_a_person_who_left_is_no_member():
    link = unlinked()
    link.member.removed_at = now()
    link.member.save()
    assert reason(link) == "recipient_not_member"


@pytest.mark.postgres
def test_a_link_of_an_ended_connection_is_looked_at_under_lock(monkeypatch):
    link = make_link()
    Installation.objects.update(state=InstallationState.REMOVED)
    asked, find = [], lookup.find_linked

    def counted(data):
        asked.append(data)
        return find(data)

    monkeypatch.setattr("messaging.ingest.ingest.find_linked", counted)
    assert reason(link) == "org_not_connected"
    assert len(asked) == 2


def test_a_member_of_another_organization_is_not_meant():
    link = unlinked()
    other = make_member(make_installation().organization)
    document = dm_event(link)
    document["data"]["recipients"][0]["id"] = other.ovice_id
    assert post_event(document).json()["reason"] == "recipient_not_member"
