"""`manage.py sweep`: the same as beat's job, by hand, until nothing is left."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils.timezone import now

from messaging.delivery import cancel
from messaging.models import Delivery, DeliveryState, Message
from tests.factories import make_delivery, make_installation, make_link

pytestmark = pytest.mark.django_db
OLD = now() - timedelta(hours=1)


def sweep(**options) -> dict[str, int]:
    out = StringIO()
    call_command("sweep", stdout=out, **options)
    lines = (line.rpartition(": ") for line in out.getvalue().splitlines())
    return {what: int(count) for what, _, count in lines}


@pytest.fixture
def backlog():
    """One of each kind of thing a sweep finds."""
    make_delivery()
    make_delivery(expires_at=OLD)
    make_delivery(make_link(make_installation(state="removed", removed_at=OLD)))
    make_delivery(state=DeliveryState.FAILED, expires_at=OLD, settled_at=OLD)


@pytest.mark.usefixtures("backlog")
def test_it_wakes_expires_cancels_and_erases(wakes):
    assert sweep() == {
        "too old to send": 1,
        "of connections that are gone": 1,
        "failed, whose text may go": 1,
        "lanes with something due": 1,
    }
    assert len(wakes) == 1
    assert sorted(Delivery.objects.values_list("state", flat=True)) == [
        "cancelled",
        "expired",
        "failed",
        "pending",
    ]
    assert Message.objects.exclude(content_sealed=None).count() == 1


@pytest.mark.usefixtures("backlog")
def test_a_dry_run_counts_the_same_and_changes_nothing(wakes):
    before = list(Delivery.objects.values()), list(Message.objects.values())
    counted = sweep(dry_run=True)
    assert (list(Delivery.objects.values()), list(Message.objects.values())) == before
    assert wakes == []
    # Deliveries that expire would have been due as well.
    assert {**counted, "lanes with something due": 1} == sweep()


def test_it_goes_on_until_nothing_is_left(wakes, monkeypatch):
    monkeypatch.setattr(cancel, "BATCH", 1)
    link = make_link()
    for _ in range(3):
        make_delivery(link, expires_at=OLD)
    assert sweep()["too old to send"] == 3
