"""Clocks that jump while DMs are on their way: some wait, none is lost, doubled or overtaken."""

from datetime import timedelta

import pytest
import time_machine
from django.utils.timezone import now

from integrations.targets.quoting import unquote
from messaging.delivery.lanes import renew, take_lease
from messaging.models import Delivery
from tests.factories import dm_event, post_event, rfc3339
from tests.messaging.draining import run

pytestmark = [pytest.mark.faults, pytest.mark.django_db, pytest.mark.usefixtures("wakes")]
# Well past a lease.
JUMP = timedelta(minutes=2)


@pytest.fixture
def hanako(office, settings):
    settings.RELAY_LANES = 1
    # A proof tells our time: the platform would refuse one that is too far from its own.
    office.installation.app_secret = None
    office.installation.save()
    return office.join("Hanako")


def write(link, text: str, at=None) -> None:
    assert post_event(dm_event(link, text=text, sent_at=rfc3339(at))).status_code == 202


def read(office) -> list[str]:
    return [unquote(text.split("\n\n")[1]) for text in office.texts("Hanako") if "DM" in text]


def test_after_a_jump_back_dms_wait_for_the_old_time_and_keep_their_order(office, hanako):
    with time_machine.travel(now() + JUMP):
        write(hanako, "DM 1")
        write(hanako, "DM 2")
    run(office)
    assert read(office) == []
    with time_machine.travel(now() + JUMP):
        run(office)
    assert read(office) == ["DM 1", "DM 2"]


def test_after_a_jump_ahead_nothing_is_sent_twice(office, hanako):
    write(hanako, "DM 1")
    run(office)
    with time_machine.travel(now() + JUMP):
        write(hanako, "DM 2")
        run(office)
    run(office)
    assert read(office) == ["DM 1", "DM 2"]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_a_worker_whose_clock_is_ahead_takes_a_lane_over_and_its_holder_notices(office, hanako):
    write(hanako, "DM 1")
    run(office)
    mine = take_lease(office.installation.pk, 0)
    with time_machine.travel(now() + JUMP):
        theirs = take_lease(office.installation.pk, 0)
    assert mine is not None
    assert theirs is not None
    assert (theirs.fence, renew(mine), renew(theirs)) == (mine.fence + 1, False, True)
