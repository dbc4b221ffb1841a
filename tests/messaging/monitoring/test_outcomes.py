"""Every accepted message ends as it should, or is found."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.utils.timezone import now

from accounts.models import Link
from integrations.models import Installation
from messaging.models import (
    Attempt,
    Delivery,
    DeliveryState,
    Message,
    Outcome,
    ReceivedEvent,
)
from messaging.models.incident_kinds import Kind
from messaging.monitoring import outcomes
from messaging.monitoring.scope import first_id
from tests.factories import make_delivery, make_installation, make_link, number
from tests.removals import removed

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def found(minutes: float = 20) -> list[Kind]:
    """Return what is found so many minutes after everything was made."""
    return [finding.kind for finding in outcomes.find(now() + minutes * MINUTE)]


def delivered(link: Link | None = None, **fields) -> Delivery:
    values = {"state": DeliveryState.DELIVERED, "settled_at": now(), **fields}
    delivery = make_delivery(link, **values)
    Message.objects.filter(pk=delivery.message_id).update(content_sealed=None)
    Attempt.objects.create(
        organization=delivery.organization,
        delivery=delivery,
        outcome=Outcome.SENT,
        started_at=now(),
    )
    return delivery


def received(delivery: Delivery, outcome: str = "accepted") -> ReceivedEvent:
    return ReceivedEvent.objects.create(
        key=delivery.message.event_id,
        ovice_id=delivery.message.event_id,
        organization=delivery.organization,
        type="message.direct.created",
        body_digest=b"1",
        outcome=outcome,
    )


def two_links() -> tuple[Link, Link]:
    first = make_link()
    return first, make_link(first.installation)


def failed(link: Link) -> Delivery:
    return delivered(link, state=DeliveryState.FAILED, reason="unknown")


def test_an_accepted_message_that_arrived_is_as_it_should_be():
    received(delivered())
    assert found() == []


def test_a_message_without_a_delivery_is_lost():
    delivered().delete()
    assert found() == [Kind.LOST]


def test_an_accepted_event_without_a_message_is_lost():
    delivery = delivered()
    received(delivery)
    Message.objects.all().delete()
    assert found() == [Kind.LOST]


@pytest.mark.parametrize("fields", [{"skipped_reason": "not_linked"}, {"deleted_at": now()}])
def test_a_message_that_goes_to_nobody_for_a_reason_is_not_lost(fields):
    delivery = delivered()
    Message.objects.update(**fields)
    delivery.delete()
    assert found() == []


def test_a_message_that_is_just_being_purged_is_not_lost():
    delivery = delivered()
    received(delivery)
    removal = removed(delivery.installation)
    type(removal).objects.update(begun_at=now())
    delivery.delete()
    assert found() == []


def test_a_delivery_that_arrived_without_a_call_is_unproven():
    delivery = delivered()
    Attempt.objects.update(outcome=Outcome.NOT_SENT)
    assert found() == [Kind.UNPROVEN]
    Delivery.objects.filter(pk=delivery.pk).update(parts_echoed=1)
    assert found() == []


def test_a_text_that_outlives_its_delivery_is_found():
    delivery = delivered()
    message = Message.objects.get()
    message.content = "kept"
    message.save()
    assert found() == [Kind.TEXT_KEPT]
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.FAILED)
    assert found() == []


def test_several_in_a_row_of_which_none_arrives_are_found_with_their_reasons():
    for link in two_links() * 2:
        failed(link)
    finding = next(outcomes.find(now() + 3 * MINUTE))
    assert (finding.kind, finding.facts) == (
        Kind.NOTHING_DELIVERED,
        {"count": 4, "reasons": "failed unknown 4"},
    )


def test_it_is_no_trouble_of_the_installation_when_one_recipient_alone_fails():
    link = make_link()
    for _ in range(5):
        failed(link)
    assert found(3) == []


def test_a_failure_before_an_arrival_is_past():
    links = two_links()
    for link in links * 2:
        failed(link)
    delivered(links[0])
    assert found(3) == []


def test_a_message_behind_a_backlog_is_not_called_undelivered():
    for link in two_links() * 2:
        make_delivery(link)
    assert found(3) == []


@pytest.mark.parametrize("fields", [{"state": "attention"}, {"held_until": now() + 60 * MINUTE}])
def test_a_hold_explains_that_nothing_arrives(fields):
    for link in two_links() * 2:
        failed(link)
    Installation.objects.update(**fields)
    assert found(3) == []


def test_a_target_that_tells_of_nothing_any_more_is_found():
    installation = make_installation(told_at=now())
    link = make_link(installation)
    told_of = delivered(link)
    for _ in range(9):
        delivered(link)
    assert found(3) == [Kind.WEBHOOKS_SILENT]
    Delivery.objects.filter(pk=told_of.pk).update(parts_echoed=1)
    assert found(3) == []


def test_a_target_that_never_told_of_anything_is_not_expected_to():
    link = make_link()
    for _ in range(10):
        delivered(link)
    assert found(3) == []


def test_ids_are_found_by_the_time_they_were_made():
    made = make_delivery().pk
    moment = datetime.fromtimestamp((made.int >> 80) / 1000, tz=now().tzinfo)
    assert first_id(moment) <= made < first_id(moment + timedelta(milliseconds=2))
    assert isinstance(number(), str)
    assert isinstance(made, UUID)
