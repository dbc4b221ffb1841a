"""The canary: a test message by the whole way, to whom agreed, and late only without a reason."""

from datetime import timedelta
from io import StringIO

import pytest
from auditlog.models import LogEntry
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from accounts.linking.link import RemovedReason, remove_links
from accounts.models import Link
from integrations.models import Installation
from integrations.models.removal import RemovalScope
from integrations.removal.data_map import Subject, tables
from messaging.models import Canary, Delivery, DeliveryState, Message, ReceivedEvent
from messaging.models.incident_kinds import Kind
from messaging.monitoring.canary import find, send_due, switch_on
from tests.factories import make_link, make_member
from tests.messaging.draining import run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]
MINUTE = timedelta(minutes=1)


def manage(*arguments: str) -> str:
    out = StringIO()
    call_command("canary", *arguments, stdout=out)
    return out.getvalue()


def on(link: Link) -> Canary:
    return switch_on(link.member, every=15 * MINUTE)


def late(minutes: float = 6) -> list[Kind]:
    return [finding.kind for finding in find(now() + minutes * MINUTE)]


def test_it_arrives_by_the_whole_way_and_its_time_is_known(office, settings):
    settings.RELAY_LANES = 1
    on(office.join("Hanako"))
    assert send_due(now()) == 1
    run(office)
    assert "This is a test" in office.texts("Hanako")[0]
    latency = Canary.objects.get().last_latency()
    assert latency is not None
    assert timedelta(0) <= latency < MINUTE
    assert manage().endswith(f"the last: {latency.total_seconds():.1f} s\n")


def test_it_comes_in_like_any_event_and_is_known_by_its_id():
    on(make_link())
    send_due(now())
    assert ReceivedEvent.objects.get().outcome == "accepted"
    assert Message.objects.get().ovice_id.startswith("canary_")
    assert Delivery.objects.get().state == DeliveryState.PENDING


def test_it_is_sent_as_often_as_agreed():
    on(make_link())
    assert [send_due(now() + minutes * MINUTE) for minutes in (0, 1, 14, 16)] == [1, 0, 0, 1]


def test_it_ends_with_the_members_link():
    link = make_link()
    on(link)
    remove_links(Link.objects.all(), reason=RemovedReason.USER)
    assert send_due(now()) == 0
    assert not Canary.objects.exists()


def test_one_that_does_not_arrive_is_late():
    on(make_link())
    send_due(now())
    assert late(4) == []
    assert late() == [Kind.CANARY_LATE]
    Delivery.objects.update(state=DeliveryState.FAILED)
    assert late() == [Kind.CANARY_LATE]


@pytest.mark.parametrize(
    ("rows", "fields"),
    [
        (Delivery, {"state": "delivered", "settled_at": now()}),
        (Delivery, {"state": "cancelled"}),
        (Delivery, {"reason": "resting"}),
        (Installation, {"held_until": now() + timedelta(hours=1)}),
        (Installation, {"state": "attention"}),
    ],
    ids=["arrived", "cancelled", "resting", "held", "attention"],
)
def test_one_that_arrived_or_is_kept_back_for_a_reason_is_not(rows, fields):
    on(make_link())
    send_due(now())
    rows.objects.update(**fields)
    assert late() == []


def test_an_operator_switches_it_on_and_off_and_both_are_recorded():
    link = make_link()
    names = link.organization.ovice_id, link.member.ovice_id
    assert "gets a test message every 20 minutes" in manage(*names, "--agreed", "--every", "20")
    assert manage(names[0], "--off") == "It has ended.\n"
    done = LogEntry.objects.filter(object_repr__startswith="canary")
    assert {entry.changes["done"][1] for entry in done} == {"canary_on", "canary_off"}


def test_without_the_members_word_or_link_it_stays_off():
    link = make_link()
    stranger = make_member(link.organization)
    organization = link.organization.ovice_id
    for arguments in (
        (organization, link.member.ovice_id),
        (organization, stranger.ovice_id, "--agreed"),
        (organization, link.member.ovice_id, "--agreed", "--every", "1"),
        (organization, "--off"),
    ):
        with pytest.raises(CommandError):
            manage(*arguments)
    assert not Canary.objects.exists()


def test_a_dry_run_changes_nothing():
    link = make_link()
    names = link.organization.ovice_id, link.member.ovice_id
    assert "would get" in manage(*names, "--agreed", "--dry-run")
    assert manage() == "There is none.\n"


@pytest.mark.parametrize("scope", [RemovalScope.ORGANIZATION, RemovalScope.MEMBER])
def test_it_is_purged_with_its_organization_and_with_its_member(scope):
    link = make_link()
    on(link)
    subject = Subject(scope, link.organization_id, member_id=link.member_id)
    table = next(table for table in tables() if table.model == "messaging.Canary")
    assert table.rows(subject).count() == 1
