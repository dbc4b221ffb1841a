"""Reading several of one recipient ahead, which saves most of the questions of a short lane."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from accounts.models import Link
from messaging.delivery.claims import IN_A_ROW, claim, read_ahead
from messaging.delivery.lanes import Lease, take_lease
from messaging.delivery.settling import Call, settling_delivered
from messaging.models import Delivery, DeliveryState, Lane
from tests.factories import make_delivery, make_link
from tests.messaging.draining import run, state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]


@pytest.fixture(autouse=True)
def _one_lane(settings):
    settings.RELAY_LANES = 1


def queue(link: Link, count: int, *, first: int = 0) -> list[Delivery]:
    """Let ``count`` DMs wait for a recipient, a second apart."""
    return [
        make_delivery(link, text=f"number {n}", sent_at=now() + timedelta(seconds=n - 600))
        for n in range(first, first + count)
    ]


def leased(link: Link) -> Lease:
    Lane.objects.get_or_create(installation=link.installation, number=0)
    lease = take_lease(link.installation_id, 0)
    assert lease is not None
    return lease


@pytest.mark.postgres
def test_a_recipients_next_come_along_in_order():
    link = make_link()
    waiting = queue(link, IN_A_ROW + 2)
    ahead = read_ahead(leased(link), in_a_row=True)
    assert ahead == waiting[:IN_A_ROW]
    assert [each.followed for each in ahead] == [each.pk for each in waiting[1 : IN_A_ROW + 1]]


@pytest.mark.postgres
@pytest.mark.parametrize("waits", [0, 2])
def test_a_delivery_that_has_to_wait_holds_those_behind_it_and_nobody_else(waits):
    link = make_link()
    hers, others = queue(link, 4), queue(make_link(link.installation), 2, first=4)
    Delivery.objects.filter(pk=hers[waits].pk).update(due_at=now() + timedelta(hours=1))
    assert read_ahead(leased(link), in_a_row=True) == [*hers[:waits], *others]


@pytest.mark.postgres
def test_behind_what_a_vanished_worker_was_sending_nothing_is_read():
    link = make_link()
    first, _second = queue(link, 2)
    lost = leased(link)
    assert claim(read_ahead(lost)[0], lost)
    Lane.objects.update(leased_until=None)
    (found,) = read_ahead(leased(link), in_a_row=True)
    assert (found, found.state) == (first, DeliveryState.SENDING)


@pytest.mark.postgres
def test_each_is_refused_until_those_before_it_have_ended():
    link = make_link()
    queue(link, 3)
    lease = leased(link)
    first, second, third = read_ahead(lease, in_a_row=True)
    assert not claim(second, lease)
    assert claim(first, lease)
    assert not claim(second, lease)
    arrived = settling_delivered(first, Call(now(), None), "m1")
    assert not claim(third, lease, arrived)
    assert claim(second, lease)


@pytest.mark.postgres
def test_a_finding_about_a_recipient_counts_for_their_next_message():
    link = make_link()
    queue(link, 2)
    first, second = read_ahead(leased(link), in_a_row=True)
    assert first.link is second.link


def test_many_messages_of_few_recipients_arrive_in_order(office):
    people = [office.join(name) for name in ("Hanako", "Jiro")]
    for n in range(2 * IN_A_ROW + 3):
        for link in people:
            queue(link, 1, first=n)
    assert run(office) == 4 * IN_A_ROW + 6
    for name in ("Hanako", "Jiro"):
        numbers = [int(text.split()[-1]) for text in office.texts(name)]
        assert numbers == list(range(2 * IN_A_ROW + 3))


def test_a_failure_in_a_row_holds_those_behind_it_and_nobody_else(office):
    hers, his = queue(office.join("Hanako"), 4), queue(office.join("Jiro"), 4)
    broken = hers[1].message
    broken.content = "not what we store"
    broken.save()
    assert run(office) == 6
    assert [state(each)[0] for each in hers] == ["delivered", *["pending"] * 3]
    assert [state(each)[0] for each in his] == ["delivered"] * 4
    assert [each.attempts.count() for each in hers] == [1, 1, 0, 0]
    Lane.objects.get(leased_until=None)


@pytest.mark.postgres
def test_a_backlog_of_few_recipients_is_read_by_few_questions(office):
    for name in ("Hanako", "Jiro"):
        queue(office.join(name), 6)
    with CaptureQueriesContext(connection) as statements:
        run(office)
    asked = [each["sql"] for each in statements if "RECURSIVE" in each["sql"]]
    assert len(asked) == 2
