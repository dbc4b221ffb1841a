"""A deletion and its message that come in together: neither sees the other, and nothing is sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from django.db import connection, connections, transaction

from messaging.delivery.cancel import delete_message
from messaging.delivery.claims import claim, read_ahead
from messaging.delivery.lanes import Lease, take_lease
from messaging.models import Delivery, Lane, Message
from tests.factories import dm_event, event, hold_event, make_delivery, post_batch, post_event
from tests.messaging.draining import run, state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]
together = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
HELD = "evt_held"
NOTHING_OF_IT = ("cancelled", "deleted")


class Interrupted(Exception):
    """Ends a transaction without its rows."""


@pytest.fixture(autouse=True)
def _one_lane(settings):
    settings.RELAY_LANES = 1


def delete(office, ovice_id: str, *, event_id: str = "") -> None:
    gone = event("message.direct.deleted", office.organization.ovice_id, message={"id": ovice_id})
    assert post_event(gone, event_id=event_id).json() == {"status": "applied"}


def store_alone(document: dict) -> None:
    assert post_event(document, event_id=HELD).json() == {"status": "accepted"}


def store_with_another(document: dict) -> None:
    """Store a batch, which waits for the event that is held; whatever is in it waits along."""
    documents = [{**document, "data": {**document["data"], "event_id": HELD}}]
    documents.append({**dm_event(), "data": {**dm_event()["data"], "event_id": "evt_other"}})
    results = post_batch(documents).json()["results"]
    assert [result["status"] for result in results] == ["accepted"] * 2


@contextmanager
def held_up(office, work, *args) -> Iterator[None]:
    """Let ``work`` go as far as it can in another thread; at the end, let it finish.

    It waits where it writes down the event ``HELD``: somebody else has just done that, and has
    not committed it yet. They never do.
    """
    begun, may_go_on = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    def stand_in_the_way() -> None:
        with suppress(Interrupted), transaction.atomic():
            hold_event(HELD, office.organization)
            begun.set()
            may_go_on.wait(20)
            raise Interrupted

    def go() -> None:
        try:
            work(*args)
        except BaseException as error:  # noqa: BLE001 - a thread's own; told below
            failed.append(error)

    threads = [threading.Thread(target=_alone, args=[each]) for each in (stand_in_the_way, go)]
    threads[0].start()
    assert begun.wait(20)
    threads[1].start()
    try:
        assert _somebody_waits()
        yield
    finally:
        may_go_on.set()
        for thread in threads:
            thread.join()
    assert failed == []


def _alone(work) -> None:
    work()
    connections.close_all()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        for _try in range(400):
            cursor.execute("SELECT count(*), pg_sleep(0.02) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return True
    return False


def leased(office) -> Lease:
    Lane.objects.get_or_create(installation=office.installation, number=0)
    lease = take_lease(office.installation.pk, 0)
    assert lease is not None
    return lease


def known_as(ovice_id: str, delivery: Delivery) -> Delivery:
    Message.objects.filter(pk=delivery.message_id).update(ovice_id=ovice_id)
    return delivery


def test_a_message_that_was_being_stored_when_it_was_deleted_is_not_sent(office):
    delete(office, "msg-1")
    link = office.join("Hanako")
    delivery, behind = known_as("msg-1", make_delivery(link)), make_delivery(link)
    run(office)
    assert (state(delivery), state(behind)[0]) == (NOTHING_OF_IT, "delivered")
    assert len(office.texts("Hanako")) == 1
    assert Message.objects.get(pk=delivery.message_id).content_sealed is None


def test_its_other_recipients_copy_is_not_sent_either(office):
    known_as("msg-1", make_delivery(office.join("Hanako")))
    delete(office, "msg-1")
    late = known_as("msg-1", make_delivery(office.join("Jiro")))
    run(office)
    assert (state(late), office.texts("Jiro")) == (NOTHING_OF_IT, [])


def test_a_deletion_of_another_organizations_under_the_same_id_does_not_matter(new_office):
    office, other = new_office(), new_office()
    delete(other, "msg-1")
    delivery = known_as("msg-1", make_delivery(office.join("Hanako")))
    run(office)
    assert state(delivery)[0] == "delivered"


def test_a_message_stored_before_the_deletion_was_committed_is_taken_back_after_it(
    office, django_capture_on_commit_callbacks
):
    link, lease = office.join("Hanako"), leased(office)
    with django_capture_on_commit_callbacks(execute=True):
        delete_message(office.organization, "msg-1", event_id="evt_1")
        delivery = known_as("msg-1", make_delivery(link))
        (read,) = read_ahead(lease)
    assert state(delivery) == NOTHING_OF_IT
    assert not claim(read, lease)
    late = Message.objects.get(pk=delivery.message_id)
    assert (late.content_sealed, late.deleted_at is None) == (None, False)


class TestTogether:
    """The same with real transactions, each of which is held up where it would miss the other."""

    pytestmark = together

    @pytest.mark.parametrize("store", [store_alone, store_with_another])
    def test_a_deletion_during_the_storing_is_heeded(self, office, store):
        link = office.join("Hanako")
        with held_up(office, store, dm_event(link, id="msg-1")):
            delete(office, "msg-1")
        delivery = Delivery.objects.get(link=link)
        run(office)
        assert (state(delivery), office.texts("Hanako")) == (NOTHING_OF_IT, [])

    def test_a_message_that_is_read_ahead_during_the_deletion_is_not_sent(self, office):
        link, lease = office.join("Hanako"), leased(office)
        with held_up(office, lambda: delete(office, "msg-1", event_id=HELD)):
            post_event(dm_event(link, id="msg-1"))
            (read,) = read_ahead(lease)
        assert not claim(read, lease)
        assert state(read) == NOTHING_OF_IT
