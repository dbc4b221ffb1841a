"""Sentences of the history for each entry."""

from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.utils import translation

from accounts.owners.audit_messages import what_was_done
from tests.factories import make_organization

pytestmark = pytest.mark.django_db


def newest() -> LogEntry:
    entry = LogEntry.objects.order_by("timestamp", "pk").last()
    assert entry is not None
    return entry


def test_a_beginning_is_told_without_its_columns():
    make_organization()
    entry = LogEntry.objects.filter(action=LogEntry.Action.CREATE).latest("timestamp")
    assert what_was_done(entry) == "create"


def test_a_change_names_column_and_values_in_the_readers_language():
    organization = make_organization()
    organization.copy_shows = "notice"
    organization.expire_after = timedelta(hours=2)
    organization.save()
    told = what_was_done(newest())
    assert "copy shows: " in told
    assert "None" not in told
    with translation.override("ja"):
        assert "copy shows" not in what_was_done(newest())


def test_an_empty_value_is_a_dash():
    organization = make_organization()
    organization.removed_at = organization.created_at
    organization.save()
    assert "removed at: – → " in what_was_done(newest())
