"""`manage.py purge`: what is due goes now, with a count beforehand for whoever asks."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from integrations.models.removal import Removal
from integrations.removal.purge import begin
from messaging.models import Delivery, ReceivedEvent
from tests.factories import make_delivery, make_installation, make_link
from tests.removals import due, receipt_of, removed, rows_of

pytestmark = pytest.mark.django_db


def purge(**options) -> str:
    out, err = StringIO(), StringIO()
    call_command("purge", stdout=out, stderr=err, **options)
    return out.getvalue()


def test_a_due_removal_is_purged_and_one_with_time_is_listed():
    link = make_link()
    make_delivery(link)
    removal, other = due(removed(link.installation)), removed(make_installation())
    said = purge()
    assert f"removal {removal.pk}: due" in said
    assert "  purged\n" in said
    assert f"removal {other.pk}: waits until" in said
    assert rows_of(link.organization) == {}
    assert receipt_of(removal)["tables"]["messaging.Delivery"] == {"before": 1, "after": 0}


def test_it_goes_on_over_as_many_slices_as_it_takes(settings):
    settings.PURGE_TIME_SLICE = timedelta(0)
    link = make_link()
    make_delivery(link)
    due(removed(link.installation))
    assert "going on" in purge()
    assert rows_of(link.organization) == {}


def test_a_dry_run_counts_and_changes_nothing():
    link = make_link()
    make_delivery(link)
    ReceivedEvent.objects.create(
        key="old", type="t", body_digest=b"1", received_at=now() - timedelta(days=31)
    )
    removal = due(removed(link.installation))
    said = purge(dry_run=True)
    assert f"removal {removal.pk}" in said
    assert "decided when the purge begins" in said
    assert "aged messaging.ReceivedEvent: 1 would go" in said
    assert Delivery.objects.count() == ReceivedEvent.objects.count() == 1
    assert Removal.objects.get().begun_at is None


def test_of_a_purge_that_has_begun_a_dry_run_counts_what_is_left():
    link = make_link()
    make_delivery(link)
    begin(due(removed(link.installation)))
    assert "messaging.Delivery: 1\n" in purge(dry_run=True)


def test_an_old_removal_is_purged_alone_when_asked_for():
    ReceivedEvent.objects.create(
        key="old", type="t", body_digest=b"1", received_at=now() - timedelta(days=31)
    )
    due(removed(make_installation()))
    assert "aged messaging.ReceivedEvent: 1 gone" in purge(only="aged")
    assert Removal.objects.get().finished_at is None


def test_one_that_fails_keeps_no_other_waiting_and_is_said_at_the_end(monkeypatch):
    first, second = due(removed(make_installation())), due(removed(make_installation()))
    module = "integrations.management.commands.purge"
    real = __import__(module, fromlist=["purge"]).purge

    def failing(removal, *, seconds):
        if removal.pk == first.pk:
            raise ZeroDivisionError
        return real(removal, seconds=seconds)

    monkeypatch.setattr(f"{module}.purge", failing)
    with pytest.raises(CommandError, match="1 removals could not be purged"):
        purge()
    second.refresh_from_db()
    assert second.finished_at is not None
