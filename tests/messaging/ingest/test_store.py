"""One message, stored in one statement: as sound as with a transaction around it."""

import threading
import time
from contextlib import suppress
from uuid import UUID

import pytest
from django.db import connection, connections, transaction

from accounts.linking.link import RemovedReason, remove_links
from accounts.models import Link
from messaging.delivery.claims import read_ahead
from messaging.delivery.lanes import take_lease
from messaging.ingest import accept
from messaging.models import Delivery, DeliveryState, Lane, Message, ReceivedEvent
from tests.factories import dm_event, hold_event, make_link, post_event
from tests.messaging.delivery.test_cost import cost_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


class Interrupted(Exception):
    """Ends a transaction without its rows."""


def lane_of(link: Link) -> tuple[str, int]:
    delivery = Delivery.objects.filter(link=link).latest("pk")
    return str(link.installation_id), delivery.lane


def stored() -> list[int]:
    return [model.objects.count() for model in (ReceivedEvent, Message, Delivery)]


@pytest.mark.usefixtures("wakes")
def test_it_costs_two_statements_whether_the_lane_is_awake_or_not():
    link = make_link()
    post_event(dm_event(link))
    assert cost_of(lambda: post_event(dm_event(link))) == 2
    Lane.objects.update(woken_at=None)
    assert cost_of(lambda: post_event(dm_event(link))) == 2


def test_the_first_dm_of_a_lane_makes_the_lane_and_wakes_it(wakes):
    link = make_link()
    post_event(dm_event(link))
    assert wakes == [lane_of(link)]
    assert Lane.objects.get().woken_at is not None


def test_more_of_them_wake_it_once_until_it_is_taken_up(wakes):
    link = make_link()
    for _ in range(4):
        post_event(dm_event(link))
    assert wakes == [lane_of(link)]
    Lane.objects.update(woken_at=None)
    post_event(dm_event(link))
    assert wakes == [lane_of(link)] * 2


def test_a_lane_that_somebody_drains_is_marked_and_not_woken(wakes):
    link = make_link()
    post_event(dm_event(link))
    Lane.objects.update(woken_at=None, leased_until="2100-01-01T00:00:00Z")
    post_event(dm_event(link))
    assert wakes == [lane_of(link)]
    assert Lane.objects.get().woken_at is not None


def test_a_link_that_ends_between_the_look_and_the_storing_gets_nothing(wakes, monkeypatch):
    link, judge = make_link(), accept.judge_messages
    post_event(dm_event(link))
    Lane.objects.update(woken_at=None)
    wakes.clear()

    def judge_late(*arguments):
        judged = judge(*arguments)
        remove_links(Link.objects.filter(pk=link.pk), reason=RemovedReason.USER)
        return judged

    monkeypatch.setattr("messaging.ingest.ingest.judge_messages", judge_late)
    answer = post_event(dm_event(link))
    assert answer.json() == {"status": "skipped", "reason": "not_linked"}
    assert (stored(), wakes) == ([2, 2, 1], [])
    # Or the next one would wake nobody.
    assert Lane.objects.get().woken_at is None


def test_a_link_that_is_just_being_ended_is_waited_for():
    link = make_link()
    ending, waited_for = threading.Event(), threading.Event()

    def end() -> None:
        with transaction.atomic():
            remove_links(Link.objects.filter(pk=link.pk), reason=RemovedReason.USER)
            ending.set()
            waited_for.wait(20)
        connections.close_all()

    def watch() -> None:
        with connection.cursor() as cursor:
            while not waited_for.is_set():
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                if cursor.fetchone() != (0,):
                    waited_for.set()
        connections.close_all()

    threads = [threading.Thread(target=work) for work in (end, watch)]
    threads[0].start()
    assert ending.wait(20)
    threads[1].start()
    answer = post_event(dm_event(link))
    for thread in threads:
        thread.join()
    assert answer.json() == {"status": "skipped", "reason": "not_linked"}
    assert stored() == [1, 1, 0]


def test_the_taker_of_a_wake_up_waits_for_a_dm_that_is_just_being_stored(wakes):
    """Called for an earlier DM, a worker would else look just too early to see this one."""
    link = make_link()
    post_event(dm_event(link))
    installation_id, number = lane_of(link)
    Delivery.objects.update(state=DeliveryState.DELIVERED)
    begun, may_go_on = threading.Event(), threading.Event()
    taken: list[Delivery] = []

    def stand_in_the_way() -> None:
        with suppress(Interrupted), transaction.atomic():
            hold_event("evt_held", link.organization)
            begun.set()
            may_go_on.wait(20)
            raise Interrupted

    def store() -> None:
        assert begun.wait(20)
        post_event(dm_event(link), event_id="evt_held")

    def take() -> None:
        lease = take_lease(UUID(installation_id), number)
        assert lease is not None
        taken.extend(read_ahead(lease))

    threads = [
        threading.Thread(target=ending_connections, args=[work])
        for work in (stand_in_the_way, store, take)
    ]
    for waiting, thread in enumerate(threads):
        thread.start()
        assert waiting_is(waiting)
    may_go_on.set()
    for thread in threads:
        thread.join()
    assert [delivery.message.event_id for delivery in taken] == ["evt_held"]
    assert wakes == [(installation_id, number)]


def ending_connections(work) -> None:
    work()
    connections.close_all()


def waiting_is(count: int) -> bool:
    """Wait until that many transactions wait for others."""
    with connection.cursor() as cursor:
        for _try in range(400):
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() == (count,):
                return True
            time.sleep(0.02)
    return False


def test_a_message_that_is_there_already_leaves_nothing_half_stored(wakes):
    link = make_link()
    first, again = dm_event(link), dm_event(link)
    again["data"]["message"]["id"] = first["data"]["message"]["id"]
    assert post_event(first).json() == {"status": "accepted"}
    assert post_event(again).json() == {"status": "duplicate"}
    assert stored() == [2, 1, 1]
    assert len(wakes) == 1
