"""Locks of several rows are taken in one order: real transactions, each made to wait halfway."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models import Model, QuerySet
from django.utils.timezone import now

from accounts.linking.link import RemovedReason, remove_links
from accounts.linking.link import link as link_member
from accounts.linking.relink import move_links
from accounts.members.preferences import UNTIL_RESUMED, pause
from accounts.models import Link
from integrations.models import Installation
from integrations.removal.uninstall import remove_organization
from integrations.targets.events import UpdateKind
from messaging.bot.turn import talk
from messaging.delivery.cancel import cancel, delete_message
from messaging.delivery.claims import claim, read_ahead
from messaging.delivery.lanes import Lease, give_back, take_lease
from messaging.delivery.postbacks import Code
from messaging.delivery.results import settle_uncalled
from messaging.delivery.settling import Call, settling_delivered
from messaging.delivery.transfer import move_queue
from messaging.delivery.wakeups import wake, wake_all
from messaging.ingest.events import MessageEdit
from messaging.ingest.updates import edit_message
from messaging.models import (
    RESTING,
    Delivery,
    DeliveryState,
    Lane,
    Message,
    ReceivedUpdate,
)
from tests.factories import (
    dm_event,
    hold_event,
    make_delivery,
    make_installation,
    make_link,
    post_batch,
    post_event,
)
from tests.plugins.receiver import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.usefixtures("wakes"),
]
HELD_EVENT = "evt_held"
Start = Callable[[Callable[[], Any]], Future[Any]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Yield a function that starts a job, and comes back once that waits for somebody or ends."""
    with ThreadPoolExecutor(3) as threads:

        def begin(job: Callable[[], Any]) -> Future[Any]:
            before = waiting()
            started = threads.submit(ending_connections, job)
            wait_until(lambda: waiting() > before or started.done(), "a transaction that waits")
            return started

        yield begin


def ending_connections(job: Callable[[], Any]) -> Any:
    try:
        return job()
    finally:
        connections.close_all()


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


@contextmanager
def held(rows: QuerySet[Any]) -> Iterator[None]:
    """Hold rows until the end of the block, so that whoever wants them stops halfway."""
    with transaction.atomic():
        assert list(rows.select_for_update())
        yield


@contextmanager
def a_dm_half_stored(link: Link, start: Start) -> Iterator[Future[Any]]:
    """Let a DM be accepted that has locked its link, and goes on at the end of the block."""
    # The lane is made, so that the next DM is stored by one statement.
    assert post_event(dm_event(link)).status_code == 202
    with transaction.atomic():
        hold_event(HELD_EVENT, link.organization)
        yield start(lambda: post_event(dm_event(link), event_id=HELD_EVENT).status_code)
        transaction.set_rollback(True)


def test_a_member_who_links_anew_waits_for_a_dm_that_is_being_accepted(office, start):
    before = office.join("Hanako")
    # Their address leads to another account by now.
    Link.objects.update(account_id="another")
    with a_dm_half_stored(before, start) as accepted:
        linked = start(lambda: link_member(before.member, office.installation))
    assert accepted.result() == 202
    assert linked.result() == Link.objects.active().get() != before


def test_an_organization_that_is_removed_waits_for_a_dm_that_is_being_accepted(start):
    link = make_link()
    with a_dm_half_stored(link, start) as accepted:
        removed = start(lambda: remove_organization(link.organization, at=now()))
    assert accepted.result() == 202
    assert removed.result()
    assert not Delivery.objects.waiting().exists()


@pytest.fixture
def queue(settings) -> list[Delivery]:
    """Three deliveries of one lane for different people, in the order in which they are found."""
    settings.RELAY_LANES = 1
    installation = make_installation()
    links = [make_link(installation=installation) for _ in range(3)]
    wake(installation.pk, 0)
    return [make_delivery(link) for link in links]


@pytest.fixture
def _unrepeated(monkeypatch) -> None:
    """Let a worker that was chosen as a deadlock's victim say so, instead of trying again."""
    for module in ("claims", "lanes"):
        monkeypatch.setattr(f"messaging.delivery.{module}.patiently", lambda job: job())


@transaction.atomic
def move(previous: Installation) -> int:
    """Put a new generation in the place of this one, all in one transaction as an owner does."""
    Installation.objects.filter(pk=previous.pk).update(state="removed")
    return move_queue(previous, make_installation(previous.organization))


def sending_last(queue: list[Delivery]) -> tuple[Lease, list[Delivery]]:
    """Return a worker's lease and what it read ahead, after it has claimed the last of these."""
    lease = take_lease(queue[0].installation_id, 0)
    assert lease is not None
    ahead = {each.pk: each for each in read_ahead(lease)}
    first, middle, last = (ahead[each.pk] for each in queue)
    assert claim(last, lease)
    return lease, [first, middle, last]


@pytest.mark.usefixtures("_unrepeated")
@pytest.mark.parametrize(
    ("act", "possible"),
    [
        (lambda lease, _first, arrived: give_back(lease, arrived.statements), {True, False}),
        (lambda lease, first, arrived: claim(first, lease, arrived), {False}),
    ],
    ids=["give its lane back", "settle and claim"],
)
def test_a_worker_may_end_its_call_while_the_queue_is_moved(queue, start, act, possible):
    lease, (first, middle, last) = sending_last(queue)
    arrived = settling_delivered(last, Call(now(), None), "m1")
    with held(Delivery.objects.filter(pk=middle.pk)):
        moved = start(lambda: move(last.installation))
        ended = start(lambda: act(lease, first, arrived))
    assert moved.result() == 3
    assert ended.result() in possible
    assert Delivery.objects.get(pk=last.pk).state == DeliveryState.DELIVERED


def test_lanes_may_be_woken_while_the_queue_is_moved(start):
    installation = make_installation()
    # Found by number or by place in the table, they come in the order opposite to their keys.
    lanes = [Lane.objects.create(installation=installation, number=n) for n in (2, 1, 0)]
    for lane in reversed(lanes[:2]):
        lane.save()
    with held(Lane.objects.filter(pk=lanes[1].pk)):
        moved = start(lambda: move(installation))
        woken = start(lambda: wake_all([(installation.pk, 2), (installation.pk, 0)]))
    assert (moved.result(), woken.result()) == (0, 0)


def test_a_message_may_be_edited_to_nothing_while_one_of_its_copies_ends(queue, start):
    first, last, _ = queue
    Delivery.objects.filter(pk=last.pk).update(message=first.message)
    edit = MessageEdit(id=first.message.ovice_id, text=" ")
    with held(Delivery.objects.filter(pk=first.pk)):
        edited = start(lambda: edit_message(first.organization, edit, at=now()))
        ended = start(lambda: cancel(Delivery.objects.filter(pk=last.pk), reason="user"))
    assert (edited.result(), ended.result()) == (1, 1)
    assert not Delivery.objects.waiting().filter(message=first.message).exists()
    assert Message.objects.get(pk=first.message_id).content_sealed is None


def scattered(links: list[Link]) -> list[Link]:
    """Return links whose places in the table are in the order opposite to that of their keys."""
    for link in reversed(links):
        # An indexed column, or it would stay where it is.
        Link.objects.filter(pk=link.pk).update(checked_at=now())
    read_in_place(Link)
    return links


def read_in_place(model: type[Model]) -> None:
    """Let PostgreSQL see that the table is small: it reads that from its beginning to its end."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {model._meta.db_table}")


def test_links_may_end_while_a_queue_of_theirs_is_moved(start):
    installation = make_installation()
    _first, middle, _last = scattered([make_link(installation=installation) for _ in range(3)])
    theirs = Link.objects.filter(installation=installation)
    with held(Link.objects.filter(pk=middle.pk)):
        ended = start(lambda: remove_links(theirs, reason=RemovedReason.MEMBER_REMOVED))
        moved = start(lambda: move_links(installation, make_installation(state="removed")))
    assert ended.result() == 3
    assert moved.result() is None


def test_links_may_end_while_a_batch_for_them_is_accepted(start):
    installation = make_installation()
    links = scattered([make_link(installation=installation) for _ in range(3)])
    theirs = Link.objects.filter(installation=installation)
    with held(Link.objects.filter(pk=links[1].pk)):
        ended = start(lambda: remove_links(theirs, reason=RemovedReason.MEMBER_REMOVED))
        batch = start(lambda: post_batch([dm_in_batch(link) for link in links]).json())
    assert ended.result() == 3
    assert [each["status"] for each in batch.result()["results"]] == ["skipped"] * 3


def dm_in_batch(link: Link) -> dict[str, Any]:
    document = dm_event(link)
    return {**document, "data": {**document["data"], "event_id": f"evt_{link.pk}"}}


def test_a_person_may_unlink_on_the_page_while_the_bot_is_asked_to_stop(start):
    """The bot hears "resume" and "stop" in one turn: what rests is due, and then its link ends."""
    link = make_link()
    pause(link.member, UNTIL_RESUMED)
    make_delivery(link, reason=RESTING)
    for place, code in enumerate((Code.RESUME, Code.STOP_YES)):
        ReceivedUpdate.objects.create(
            organization=link.organization,
            installation=link.installation,
            key=code,
            account_id=link.account_id,
            kind=UpdateKind.TAPPED,
            code=code,
            happened_at=now() + timedelta(seconds=place),
        )
    with held(Link.objects.filter(pk=link.pk)):
        ended = start(lambda: end(link))
        heard = start(lambda: talk(link.installation, link.account_id))
    assert (ended.result(), heard.result()) == (1, True)
    assert not Delivery.objects.waiting().exists()


def test_a_delivery_of_a_successor_may_be_cancelled_while_its_old_holder_gives_it_up(start):
    delivery = make_delivery(state=DeliveryState.UNCONFIRMED, reason="unconfirmed", fence=2)
    late = Delivery.objects.get(pk=delivery.pk)
    late.fence = 1
    theirs = Delivery.objects.filter(pk=delivery.pk)
    with held(Message.objects.filter(pk=delivery.message_id)):
        given_up = start(lambda: settle_uncalled(late, DeliveryState.FAILED, "unconfirmed"))
        ended = start(lambda: cancel(theirs, reason="user"))
    assert (given_up.result(), ended.result()) == (None, 1)


@pytest.fixture
def copies() -> list[Delivery]:
    """Three people's copies of one message, which were given up."""
    link = make_link()
    deliveries = [make_delivery(link, state=DeliveryState.FAILED) for _ in range(3)]
    for place, delivery in enumerate(reversed(deliveries)):
        same = Message.objects.filter(pk=delivery.message_id)
        same.update(ovice_id="msg-1", recipient_ovice_id=f"user-{place}")
    read_in_place(Message)
    return deliveries


def test_a_message_may_be_edited_while_it_is_deleted(copies, start):
    organization, edit = copies[0].organization, MessageEdit(id="msg-1", text="Room C")
    with held(Message.objects.filter(pk=copies[1].message_id)):
        deleted = start(lambda: delete_message(organization, "msg-1", event_id="evt_1"))
        edited = start(lambda: edit_message(organization, edit, at=now()))
    assert deleted.result() is None
    assert edited.result() in (0, 3)
    assert not Message.objects.filter(content_sealed__isnull=False).exists()


def test_two_links_of_a_member_may_end_at_once(start):
    first = make_link()
    other = make_installation(first.organization, target="another")
    second = make_link(other, member=first.member)
    given_up = make_delivery(first, state=DeliveryState.FAILED)
    waiting = make_delivery(first)
    for delivery in (given_up, waiting):
        copy = make_delivery(second)
        Delivery.objects.filter(pk=copy.pk).update(message=delivery.message_id)
    with held(Message.objects.filter(pk=waiting.message_id)):
        ended = [start(lambda link=link: end(link)) for link in (first, second)]
    assert [job.result() for job in ended] == [1, 1]
    assert not Delivery.objects.waiting().exists()
    shared = Message.objects.filter(pk__in=[given_up.message_id, waiting.message_id])
    assert not shared.filter(content_sealed__isnull=False).exists()


def end(link: Link) -> int:
    return remove_links(Link.objects.filter(pk=link.pk), reason=RemovedReason.USER)
