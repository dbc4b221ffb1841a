"""Deliveries and attempts in one table per week: the relay does not notice; weeks are dropped."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection
from django.utils.timezone import now

from accounts.models import Link
from integrations.retention import purge_aged
from messaging import partitions
from messaging.models import Attempt, Delivery, DeliveryState, Message, Outcome
from messaging.partitions import WEEK, drop_old, first_id, make_ahead, week_of
from messaging.tasks import keep_partitions
from tests.factories import dm_event, make_delivery, make_link, post_event
from tests.messaging.draining import run
from tests.messaging.test_plans import plans_of
from tests.plugins.databases import leave, looking_into

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
KEPT = timedelta(days=30)


@pytest.fixture(scope="module")
def weekly(django_db_setup, django_db_blocker, database_url):
    """A database whose tables were partitioned with a delivery and its attempt in them."""
    with django_db_blocker.unblock():
        tests_own = connection.settings_dict["NAME"]
        leave()
        copy = database_url(copy_of=tests_own)
        with looking_into(copy):
            attempted(make_delivery(text="from before"))
            call_command("partition_deliveries", verbosity=0)
    return copy


@pytest.fixture
def here(weekly, settings):
    """Let everything of this test happen in the partitioned database."""
    settings.RELAY_LANES = 1
    with looking_into(weekly):
        yield


def attempted(delivery: Delivery, at: datetime | None = None) -> Attempt:
    return Attempt.objects.create(
        id=UUID(int=first_id(at).int + delivery.pk.int % 2**60) if at else delivery.pk,
        organization_id=delivery.organization_id,
        delivery=delivery,
        outcome=Outcome.SENT,
        started_at=now(),
    )


def made_at(link: Link, at: datetime, **fields) -> Delivery:
    """Return a delivery, with its attempt, as it would have been made at that time."""
    delivery = make_delivery(link, **fields)
    pk = UUID(int=first_id(at).int + delivery.pk.int % 2**60)
    moved = Delivery.objects.filter(pk=delivery.pk)
    moved.update(id=pk, sent_at=at, expires_at=at + timedelta(days=1), settled_at=at)
    return Delivery.objects.get(pk=pk)


def tables_in(plan: dict) -> set[str]:
    found = {plan["Relation Name"]} if "Relation Name" in plan else set()
    return found.union(*(tables_in(part) for part in plan.get("Plans", [])))


def names(table: str) -> list[str]:
    return [each.name for each in partitions.partitions(table)]


@pytest.mark.usefixtures("here", "wakes")
def test_a_dm_goes_its_way_once_and_in_order(new_office):
    office = new_office()
    link = office.join("Hanako")
    for text in ("one", "two", "three"):
        event = dm_event(link, text=text)
        assert post_event(event, event_id=f"evt_{text}").json()["status"] == "accepted"
        assert post_event(event, event_id=f"evt_{text}").json()["status"] == "duplicate"
        assert post_event(event, event_id=f"evt_{text}_again").json()["status"] == "duplicate"

    run(office)

    assert [text.split("\n")[2] for text in office.texts("Hanako")] == ["one", "two", "three"]
    mine = Delivery.objects.filter(link=link)
    assert set(mine.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    assert Attempt.objects.filter(delivery__in=mine).count() == 3
    assert not Message.objects.filter(deliveries__link=link, content_sealed__isnull=False).exists()


@pytest.mark.usefixtures("here")
def test_what_was_there_before_stays_and_points_where_it_did():
    delivery = Delivery.objects.get(message__content_sealed__isnull=False, attempts__isnull=False)
    assert "from before" in (delivery.message.content or "")
    with pytest.raises(IntegrityError):
        # Its attempt still points to it.
        Delivery.objects.filter(pk=delivery.pk)._raw_delete("default")


@pytest.mark.usefixtures("here")
def test_a_message_has_one_delivery_per_link_in_a_new_week_too():
    later = week_of(now()) + 3 * WEEK
    delivery = made_at(make_link(), later)
    again = Delivery(
        pk=UUID(int=delivery.pk.int + 1),
        **{
            field.attname: getattr(delivery, field.attname)
            for field in Delivery._meta.concrete_fields
            if not field.primary_key
        },
    )
    with pytest.raises(IntegrityError):
        again.save(force_insert=True)


@pytest.mark.usefixtures("here")
def test_a_delivery_is_looked_for_in_its_week_alone():
    week = week_of(now()) + 3 * WEEK
    delivery = made_at(make_link(), week)
    table = f"messaging_delivery_{week:%Y%m%d}"

    (by_id,) = plans_of(lambda: Delivery.objects.filter(pk=delivery.pk).first())
    (old,) = plans_of(
        lambda: list(Delivery.objects.filter(pk__gte=first_id(week), pk__lt=first_id(week + WEEK)))
    )

    assert tables_in(by_id) == {table}
    assert tables_in(old) == {table}


@pytest.mark.usefixtures("here")
def test_a_week_is_dropped_before_its_first_row_is_older_than_told():
    week = week_of(now()) + 2 * WEEK
    link = make_link()
    gone = made_at(link, week + timedelta(hours=1), state=DeliveryState.DELIVERED)
    stays = made_at(link, week + WEEK, state=DeliveryState.DELIVERED)
    attempted(gone)
    # Called again in the following week: that must not keep the delivery's own week alive.
    attempted(gone, at=week + WEEK)

    assert not [
        name for name in drop_old(week + KEPT - timedelta(hours=1)) if f"{week:%Y%m%d}" in name
    ]
    dropped = drop_old(week + KEPT)

    assert {f"messaging_delivery_{week:%Y%m%d}", f"messaging_attempt_{week:%Y%m%d}"} <= set(dropped)
    assert list(Delivery.objects.filter(link=link)) == [stays]
    assert not Attempt.objects.filter(delivery=gone.pk).exists()


@pytest.mark.usefixtures("here")
def test_a_week_that_was_taken_out_and_not_dropped_is_dropped_the_next_time(monkeypatch):
    week = week_of(now()) + 4 * WEEK
    gone = made_at(make_link(), week, state=DeliveryState.DELIVERED)
    run_statement = partitions._run

    def fail_to_drop(statement, *params):
        if statement.startswith("DROP TABLE"):
            raise OperationalError("gone away")
        run_statement(statement, *params)

    with monkeypatch.context() as broken:
        broken.setattr(partitions, "_run", fail_to_drop)
        with pytest.raises(OperationalError):
            drop_old(week + KEPT)
    for _ in range(2):
        drop_old(week + KEPT)
    alone = "relkind = 'r' AND NOT relispartition"
    weeks = "relname ~ '^messaging_(attempt|delivery)_[0-9]+$'"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT relname FROM pg_class WHERE {alone} AND {weeks}")
        assert cursor.fetchall() == []
    assert not Delivery.objects.filter(pk=gone.pk).exists()


@pytest.mark.usefixtures("here")
def test_a_week_in_which_something_waits_is_not_dropped():
    week = week_of(now()) + 5 * WEEK
    waiting = made_at(make_link(), week, state=DeliveryState.PENDING)

    assert f"messaging_delivery_{week:%Y%m%d}" not in drop_old(week + KEPT)
    assert Delivery.objects.filter(pk=waiting.pk).exists()


@pytest.mark.usefixtures("here")
def test_the_hourly_job_makes_the_coming_weeks():
    keep_partitions()
    table = f"messaging_delivery_{week_of(now()) + 5 * WEEK:%Y%m%d}"
    assert table in names("messaging_delivery")
    assert make_ahead(now()) == []
    assert make_ahead(now() + WEEK) != []


@pytest.mark.usefixtures("here")
def test_rows_from_before_are_still_purged_by_age_one_by_one():
    delivery = make_delivery(make_link(), state=DeliveryState.DELIVERED)
    attempt = attempted(delivery)
    long_ago = now() - timedelta(days=31)
    old = UUID(int=first_id(long_ago).int + delivery.pk.int % 2**60)
    Attempt.objects.filter(pk=attempt.pk).delete()
    Delivery.objects.filter(pk=delivery.pk).update(id=old, settled_at=long_ago)

    purge_aged(seconds=5)

    assert not Delivery.objects.filter(pk=old).exists()


def test_a_week_begins_on_monday_and_ids_follow_time():
    sunday = datetime(2026, 11, 29, 23, 59, tzinfo=UTC)
    monday = sunday + timedelta(minutes=1)
    assert (week_of(sunday), week_of(monday)) == (datetime(2026, 11, 23, tzinfo=UTC), monday)
    assert first_id(sunday) < first_id(monday)
