"""A purge in trouble is noticed before its data has to be gone."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils.timezone import now

from integrations.models.removal import Removal
from integrations.removal.alerts import Trouble, raise_alarms, trouble_of
from tests.factories import make_installation
from tests.removals import removed

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def removal(settings):
    settings.OPERATOR_EMAILS = ["operator@example.com"]
    return removed(make_installation())


def change(removal: Removal, **fields) -> Removal:
    Removal.objects.filter(pk=removal.pk).update(**fields)
    removal.refresh_from_db()
    return removal


def test_a_removal_that_waits_for_its_time_is_no_trouble(removal):
    assert trouble_of(removal, removal.purge_at) is None


def test_a_purge_that_did_not_begin_is_late_well_before_it_is_due(removal):
    moment = removal.purge_at + HOUR

    assert trouble_of(removal, moment) is Trouble.LATE
    assert moment < removal.due_at


def test_a_purge_without_progress_is_stuck(removal):
    begun = change(removal, begun_at=removal.purge_at, progressed_at=removal.purge_at)

    assert trouble_of(begun, removal.purge_at + timedelta(minutes=5)) is None
    assert trouble_of(begun, removal.purge_at + HOUR) is Trouble.STUCK


def test_a_purge_that_failed_is_in_trouble_at_once(removal):
    failed = change(removal, progressed_at=removal.purge_at, failed_at=removal.purge_at)

    assert trouble_of(failed, removal.purge_at) is Trouble.FAILED


def test_a_purge_after_its_due_date_is_overdue(removal):
    assert trouble_of(removal, removal.due_at + HOUR) is Trouble.OVERDUE


def test_a_purge_that_ended_is_no_trouble(removal):
    assert trouble_of(change(removal, finished_at=now()), removal.due_at + HOUR) is None


def test_the_operator_is_written_to_once_a_day(removal):
    change(removal, purge_at=now() - HOUR)

    assert [raise_alarms(), raise_alarms()] == [1, 1]
    assert [letter.subject for letter in mail.outbox] == ["[Kotozute] A purge is late"]
    assert str(removal.pk) in mail.outbox[0].body
    change(removal, alarmed_at=now() - timedelta(days=1))
    raise_alarms()
    assert len(mail.outbox) == 2
