"""Gauges asked of the database at a scrape; each part fails alone."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.utils.timezone import now
from prometheus_client import CollectorRegistry

from config.metrics import collector
from config.metrics.collector import Truth
from core.liveness import Pulse
from integrations.models import Installation, InstallationState
from integrations.models.removal import Removal
from integrations.removal import retention
from messaging.models import Audit, Delivery, DeliveryState, Lane, Outage
from messaging.models.incident_kinds import Kind
from messaging.models.monitoring import Finding, note
from messaging.monitoring import self_checks
from tests.factories import make_delivery, make_installation, make_link
from tests.removals import removed

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _no_broker(settings):
    settings.REDIS_URL = "redis://127.0.0.1:9"


def gauge(name: str, **labels: str) -> float | None:
    registry = CollectorRegistry()
    registry.register(Truth())
    return registry.get_sample_value(f"kotozute_{name}", labels)


def test_the_queue_is_counted_by_state_and_its_age_told():
    link = make_link(make_installation())
    waits, late = make_delivery(link), make_delivery(link)
    ended = make_delivery(link)
    Delivery.objects.filter(pk=ended.pk).update(state=DeliveryState.DELIVERED)
    Delivery.objects.filter(pk=waits.pk).update(due_at=now() + HOUR)
    Delivery.objects.filter(pk=late.pk).update(due_at=now() - HOUR, sent_at=now() - 2 * HOUR)
    assert gauge("open_deliveries", state="pending") == 2
    assert gauge("open_deliveries", state="sending") == 0
    assert gauge("due_deliveries") == 1
    assert gauge("overdue_seconds") == pytest.approx(3600, abs=30)
    assert gauge("oldest_open_seconds") == pytest.approx(7200, abs=30)


def test_a_purge_that_waits_for_its_owner_is_open_but_not_overdue():
    installation = make_installation()
    make_delivery(make_link(installation))
    Installation.objects.update(state=InstallationState.ATTENTION)
    assert (gauge("due_deliveries"), gauge("overdue_seconds")) == (0, 0)
    assert gauge("open_deliveries", state="pending") == 1
    assert gauge("connections", state="attention") == 1


def test_lanes_holds_and_outages_are_counted():
    installation = make_installation(held_until=now() + HOUR)
    Lane.objects.create(installation=installation, number=0, leased_until=now() + HOUR)
    Lane.objects.create(installation=installation, number=1, leased_until=now() - HOUR)
    Outage.objects.create(target="workplace", began_at=now())
    assert (gauge("lanes"), gauge("busy_lanes"), gauge("held_connections")) == (2, 1, 1)
    assert gauge("target_down", target="workplace") == 1


def test_the_next_purge_and_those_in_trouble_are_told():
    assert gauge("purge_days_left") is None
    removal = removed(make_installation())
    assert gauge("open_removals") == 1
    assert gauge("purge_days_left") == pytest.approx(7, abs=0.1)
    Removal.objects.filter(pk=removal.pk).update(purge_at=now() - HOUR)
    assert gauge("removals_in_trouble", trouble="late") == 1
    Removal.objects.update(finished_at=now())
    assert gauge("removals_in_trouble", trouble="late") == 0


def test_beat_and_worker_were_last_seen_never_or_now():
    assert gauge("beat_seen_timestamp_seconds") == 0
    Pulse("beat-seen-at").mark()
    assert gauge("beat_seen_timestamp_seconds") == pytest.approx(now().timestamp(), abs=5)


def test_how_long_rows_were_kept_beyond_their_time_is_told_by_table(monkeypatch):
    make_delivery(state="delivered", settled_at=now())
    assert gauge("kept_too_long_seconds", table="messaging.Message") == 0
    monkeypatch.setattr(
        collector, "now", lambda: now() + settings.RETENTION["messaging.Message"] + HOUR
    )
    for model in ("Message", "Delivery"):
        late = gauge("kept_too_long_seconds", table=f"messaging.{model}")
        assert late == pytest.approx(3600, abs=30)
    assert gauge("kept_too_long_seconds", table="messaging.Attempt") == 0


def test_a_delivery_that_waits_is_not_kept_too_long(monkeypatch):
    make_delivery()
    monkeypatch.setattr(collector, "now", lambda: now() + timedelta(days=300))
    assert gauge("kept_too_long_seconds", table="messaging.Delivery") == 0


def test_when_nothing_old_was_left_is_told(monkeypatch):
    monkeypatch.setattr(retention, "caught_up", Pulse("retention-caught-up-at"))
    assert gauge("retention_timestamp_seconds") == 0
    retention.purge_aged(seconds=10)
    assert gauge("retention_timestamp_seconds") == pytest.approx(now().timestamp(), abs=5)


def test_incidents_and_the_last_audit_are_what_the_rows_say_whoever_audited():
    assert (gauge("incidents", kind="stuck"), gauge("audit_timestamp_seconds")) == (0, 0)
    at = now()
    for minutes in (3, 2, 1):
        note([Finding(Kind.STUCK)], at - minutes * MINUTE)
    # Seen once, which nobody has confirmed.
    note([Finding(Kind.STUCK, about="another")], at)
    Audit.objects.create(name=self_checks.NAME, ran_at=at - MINUTE)
    assert (gauge("incidents", kind="stuck"), gauge("incidents", kind="lost")) == (1, 0)
    assert gauge("audit_timestamp_seconds") == pytest.approx((at - MINUTE).timestamp())


def test_a_part_that_cannot_be_asked_is_missing_and_said_to_be(monkeypatch):
    def away(_at):
        raise DatabaseError

    monkeypatch.setitem(collector.PARTS, "queue", away)
    assert gauge("scrape_up", part="queue") == 0
    assert gauge("scrape_up", part="broker") == 0
    assert gauge("scrape_up", part="lanes") == 1
    assert gauge("due_deliveries") is None


def test_a_scrape_asks_few_questions_however_much_there_is(django_assert_max_num_queries):
    link = make_link(make_installation())
    for _ in range(30):
        make_delivery(link)
    with django_assert_max_num_queries(22):
        list(Truth().collect())


def test_no_label_names_anybody():
    make_delivery(make_link(make_installation()))
    allowed = {"state", "target", "trouble", "part", "kind", "table"}
    names = {
        name for family in Truth().collect() for sample in family.samples for name in sample.labels
    }
    assert names <= allowed
