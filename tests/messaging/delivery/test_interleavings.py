"""Workers that lease, claim, call, settle, sleep and crash in any order, and what must always hold.

The machine plays the workers and the target, step by step; the rows are real. Arrivals are what the
target has seen, not what our own tables say.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto

import pytest
from django.utils.timezone import now
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.models import Link
from integrations.targets.errors import Unavailable, Unconfirmed
from messaging.delivery.cancel import cancel
from messaging.delivery.claims import claim, read_ahead
from messaging.delivery.lanes import Lease, hand_over, renew, take_lease
from messaging.delivery.results import settle, settle_abandoned, settle_failed
from messaging.delivery.settling import Call, Settling, settling_delivered
from messaging.models import Attempt, Delivery, DeliveryState, Lane, Outcome
from tests.factories import make_delivery, make_installation, make_link

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]
WORKERS = st.integers(0, 1)
PEOPLE = st.integers(0, 1)
DONE = {DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.CANCELLED}


@pytest.fixture(autouse=True)
def _one_lane(settings):
    settings.RELAY_LANES = 1


class Fate(Enum):
    """How a call ends; a crash ends the worker too, before or after the call arrived."""

    ANSWERED = auto()
    ANSWER_LOST = auto()
    CUT = auto()
    REFUSED = auto()
    CRASH_BEFORE = auto()
    CRASH_AFTER = auto()


@dataclass
class Worker:
    """Memory of one worker; a crash forgets it."""

    lease: Lease | None = None
    ahead: list[Delivery] = field(default_factory=list)
    calling: Delivery | None = None
    arrived: Settling | None = None


class Relay(RuleBasedStateMachine):
    """One lane, two recipients, two workers."""

    @initialize(in_a_row=st.booleans())
    def open(self, *, in_a_row: bool) -> None:
        self.in_a_row = in_a_row
        self.installation = make_installation()
        self.links: list[Link] = [make_link(self.installation) for _ in range(2)]
        Lane.objects.create(installation=self.installation, number=0)
        self.workers = [Worker() for _ in range(2)]
        self.accepted: list[Delivery] = []
        self.seen: list[Delivery] = []
        for person in (0, 0, 1):
            self.accept(person)

    @rule(person=PEOPLE)
    def accept(self, person: int) -> None:
        sent_at = now() - timedelta(hours=1) + timedelta(seconds=len(self.accepted))
        self.accepted.append(make_delivery(self.links[person], sent_at=sent_at))

    @rule()
    def let_time_pass(self) -> None:
        """Leases run out, though not the workers; and what waits is due."""
        lane = Lane.objects.filter(installation=self.installation)
        lane.update(leased_until=now() - timedelta(seconds=1))
        Delivery.objects.waiting().filter(installation=self.installation).update(due_at=now())

    @rule(number=WORKERS, fate=st.sampled_from(Fate))
    def work(self, number: int, fate: Fate) -> None:
        """Take the next delivery, or let the call that is under way end."""
        if self.workers[number].calling:
            self._call(number, fate)
        else:
            self._take(self.workers[number])

    def _take(self, worker: Worker) -> None:
        """Lease and read ahead if need be, then claim; what has arrived is settled along."""
        worker.lease = worker.lease or take_lease(self.installation.pk, 0)
        if worker.lease is None:
            return
        worker.ahead = worker.ahead or read_ahead(worker.lease, in_a_row=self.in_a_row)
        if not worker.ahead:
            return
        delivery = worker.ahead.pop(0)
        if delivery.state == DeliveryState.SENDING:
            settle_abandoned(delivery)
            return
        arrived, worker.arrived = worker.arrived, None
        if claim(delivery, worker.lease, arrived):
            worker.calling = delivery

    def _call(self, number: int, fate: Fate) -> None:
        worker = self.workers[number]
        delivery, worker.calling = worker.calling, None
        if delivery is None or worker.lease is None or not renew(worker.lease):
            return
        if fate in {Fate.ANSWERED, Fate.ANSWER_LOST, Fate.CRASH_AFTER}:
            self.seen.append(delivery)
        if fate is Fate.ANSWERED:
            delivery.parts_sent += 1
            worker.arrived = settling_delivered(delivery, Call(now(), None), "m1")
        elif fate in {Fate.CRASH_BEFORE, Fate.CRASH_AFTER}:
            self.workers[number] = Worker()
        else:
            error = Unavailable() if fate is Fate.REFUSED else Unconfirmed()
            settle_failed(delivery, Call(now(), None), error)

    @rule(number=WORKERS)
    def stop(self, number: int) -> None:
        worker = self.workers[number]
        if worker.calling is None and worker.lease:
            if worker.arrived:
                settle(worker.arrived)
            hand_over(worker.lease)
            self.workers[number] = Worker()

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        if self.accepted:
            chosen = data.draw(st.sampled_from(self.accepted))
            cancel(Delivery.objects.filter(pk=chosen.pk), reason="user")

    @invariant()
    def nothing_comes_twice_without_a_doubt(self) -> None:
        for delivery in set(self.seen):
            doubts = Attempt.objects.filter(delivery=delivery, outcome=Outcome.UNCONFIRMED)
            assert self.seen.count(delivery) <= 1 + doubts.count()

    @invariant()
    def each_recipient_sees_their_messages_in_order(self) -> None:
        for link in getattr(self, "links", ()):
            first_seen = dict.fromkeys(d.pk for d in self.seen if d.link_id == link.pk)
            sent = {d.pk: d.sent_at for d in self.accepted}
            times = [sent[pk] for pk in first_seen]
            assert times == sorted(times)

    @invariant()
    def what_counts_as_delivered_has_arrived(self) -> None:
        seen = {delivery.pk for delivery in self.seen}
        delivered = Delivery.objects.filter(
            state=DeliveryState.DELIVERED, installation=getattr(self, "installation", None)
        )
        assert set(delivered.values_list("pk", flat=True)) <= seen

    def teardown(self) -> None:
        """One worker that stays well brings everything to an end, whatever has happened."""
        if not hasattr(self, "workers"):
            return
        self.workers = [Worker()]
        for _ in range(8 * len(self.accepted)):
            if not Delivery.objects.open().filter(installation=self.installation).exists():
                break
            self.let_time_pass()
            for _ in range(2 * len(self.links)):
                self.work(0, Fate.ANSWERED)
            self.stop(0)
        for delivery in self.accepted:
            delivery.refresh_from_db()
            assert delivery.state in DONE
        self.nothing_comes_twice_without_a_doubt()
        self.each_recipient_sees_their_messages_in_order()


def test_no_interleaving_loses_doubles_or_reorders():
    run_state_machine_as_test(
        Relay,
        settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, phases=[Phase.generate]
        ),
    )
