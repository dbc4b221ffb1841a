"""Silence is found where the same minutes of the last three weeks never were silent."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.utils.timezone import now

from integrations.models import Installation
from messaging.models import Delivery, Message, ReceivedEvent
from messaging.models.incident_kinds import Kind
from messaging.monitoring import usual_traffic
from messaging.monitoring.scope import first_id
from messaging.monitoring.usual_traffic import CREATED, FEWEST, QUIET_FOR, WEEK, WEEKS
from tests.factories import make_delivery, make_link, number

pytestmark = pytest.mark.django_db
AT = now()


def found() -> list[tuple[Kind, object]]:
    return [(finding.kind, finding.organization_id) for finding in usual_traffic.find(AT)]


def moment(weeks: int) -> datetime:
    return AT - weeks * WEEK - QUIET_FOR / 2


def events(count: int, weeks: int = 0) -> None:
    ReceivedEvent.objects.bulk_create(
        ReceivedEvent(
            key=f"evt-{number()}",
            type=CREATED,
            body_digest=b"1",
            outcome="accepted",
            received_at=moment(weeks),
        )
        for _ in range(count)
    )


def deliveries(link, count: int, weeks: int) -> None:
    for place in range(count):
        delivery = make_delivery(link, state="delivered")
        Delivery.objects.filter(pk=delivery.pk).update(id=made_at(moment(weeks), place))


def made_at(at: datetime, place: int) -> UUID:
    return UUID(int=first_id(at).int + int(number()) * 1_000 + place)


def every_week(link, count: int = FEWEST) -> None:
    for weeks in range(1, WEEKS + 1):
        deliveries(link, count, weeks)


def test_no_events_where_there_always_were_some_are_found():
    for weeks in range(1, WEEKS + 1):
        events(FEWEST + weeks, weeks)
    finding = next(usual_traffic.find(AT))
    assert (finding.kind, finding.facts) == (
        Kind.NO_EVENTS,
        {"usual": FEWEST + 1, "minutes": 12},
    )


def test_a_single_event_is_not_silence():
    for weeks in range(1, WEEKS + 1):
        events(FEWEST, weeks)
    events(1)
    assert found() == []


@pytest.mark.parametrize("counts", [(0, 9, 9), (30, 30, 9), (30, 30, 0)])
def test_where_one_of_three_weeks_was_quiet_nothing_is_expected(counts):
    for weeks, count in enumerate(counts, start=1):
        events(count, weeks)
    assert found() == []


def test_an_organization_that_is_silent_alone_is_a_notice():
    link = make_link()
    every_week(link)
    assert found() == [(Kind.QUIET, link.organization_id)]


def test_messages_that_are_all_left_out_are_more_than_a_notice():
    link = make_link()
    every_week(link)
    message = Message(
        id=made_at(moment(0), 0),
        organization=link.organization,
        ovice_id="m",
        sent_at=AT,
        skipped_reason="recipient_not_member",
    )
    message.save(force_insert=True)
    finding = next(usual_traffic.find(AT))
    assert (finding.kind, finding.facts["reasons"]) == (
        Kind.ALL_SKIPPED,
        "recipient_not_member 1",
    )


def test_an_owners_own_pause_is_no_silence():
    link = make_link()
    every_week(link)
    Message(
        id=made_at(moment(0), 0),
        organization=link.organization,
        ovice_id="m",
        sent_at=AT,
        skipped_reason="org_paused",
    ).save(force_insert=True)
    assert found() == []


def test_an_organization_that_has_no_connection_any_more_is_not_silent():
    link = make_link()
    every_week(link)
    Installation.objects.update(state="removed")
    assert found() == []


def test_one_organizations_traffic_does_not_hide_anothers_silence():
    silent, busy = make_link(), make_link()
    every_week(silent)
    every_week(busy)
    deliveries(busy, 1, 0)
    assert found() == [(Kind.QUIET, silent.organization_id)]


def test_the_oldest_week_is_still_stored_when_it_is_asked_for(settings):
    assert settings.RETENTION["messaging.ReceivedEvent"] >= WEEKS * WEEK + timedelta(days=2)
    assert settings.RETENTION["messaging.Delivery"] >= WEEKS * WEEK + timedelta(days=2)
