"""Workers that lease, claim, call, settle, sleep and crash in any order, and what must always hold.

The machine plays the workers and the target, step by step; the rows are real. What arrived is what
the target has seen, not what our own tables say.
"""

from dataclasses import dataclass, field
from datetime import timedelta

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
from integrations.errors import Unavailable, Unconfirmed
from messaging.calls import settle, settle_abandoned, settle_failed
from messaging.claims import claim, read_ahead
from messaging.lanes import Lease, hand_over, renew, take_lease
from messaging.models import Attempt, Delivery, DeliveryState, Lane, Outcome
from messaging.settlement import cancel
from messaging.settling import Call, Settling, settling_delivered
from tests.factories import make_delivery, make_installation, make_link

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]
WORKERS = st.integers(0, 2)
PEOPLE = st.integers(0, 1)
DONE = {DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.CANCELLED}


@pytest.fixture(autouse=True)
def _one_lane(settings):
    settings.RELAY_LANES = 1


@dataclass
class Worker:
    """What one worker remembers; a crash forgets it."""

    lease: Lease | None = None
    ahead: list[Delivery] = field(default_factory=list)
    calling: Delivery | None = None
    arrived: Settling | None = None


class Relay(RuleBasedStateMachine):
    """One lane, two recipients, three workers."""

    @initialize()
    def open(self) -> None:
        self.installation = make_installation()
        self.links: list[Link] = [make_link(self.installation) for _ in range(2)]
        Lane.objects.create(installation=self.installation, number=0)
        self.workers = [Worker() for _ in range(3)]
        self.accepted: list[Delivery] = []
        self.seen: list[Delivery] = []

    @rule(person=PEOPLE)
    def accept(self, person: int) -> None:
        sent_at = now() - timedelta(hours=1) + timedelta(seconds=len(self.accepted))
        self.accepted.append(make_delivery(self.links[person], sent_at=sent_at))

    @rule(number=WORKERS)
    def lease(self, number: int) -> None:
        worker = self.workers[number]
        if worker.lease is None:
            worker.lease = take_lease(self.installation.pk, 0)

    @rule()
    def let_leases_run_out(self) -> None:
        lane = Lane.objects.filter(installation=self.installation)
        lane.update(leased_until=now() - timedelta(seconds=1))

    @rule()
    def let_waiting_end(self) -> None:
        Delivery.objects.waiting().filter(installation=self.installation).update(due_at=now())

    @rule(number=WORKERS)
    def read(self, number: int) -> None:
        worker = self.workers[number]
        if worker.lease:
            worker.ahead = read_ahead(worker.lease)

    @rule(number=WORKERS)
    def take(self, number: int) -> None:
        """Claim the next; what has arrived before is settled along."""
        worker = self.workers[number]
        if worker.lease is None or worker.calling or not worker.ahead:
            return
        delivery = worker.ahead.pop(0)
        if delivery.state == DeliveryState.SENDING:
            settle_abandoned(delivery)
            return
        arrived, worker.arrived = worker.arrived, None
        if claim(delivery, worker.lease, arrived):
            worker.calling = delivery

    @rule(number=WORKERS, fate=st.sampled_from(["answered", "answer lost", "cut", "refused"]))
    def call(self, number: int, fate: str) -> None:
        worker = self.workers[number]
        delivery, worker.calling = worker.calling, None
        if delivery is None or worker.lease is None or not renew(worker.lease):
            return
        if fate.startswith("answer"):
            self.seen.append(delivery)
        if fate == "answered":
            delivery.parts_sent += 1
            worker.arrived = settling_delivered(delivery, Call(now(), None), "m1")
        else:
            settle_failed(
                delivery, Call(now(), None), Unavailable() if fate == "refused" else Unconfirmed()
            )

    @rule(number=WORKERS, in_call=st.booleans())
    def crash(self, number: int, in_call: bool) -> None:
        worker = self.workers[number]
        if in_call and worker.calling and worker.lease and renew(worker.lease):
            self.seen.append(worker.calling)
        self.workers[number] = Worker()

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
        """Whatever has happened: one worker that stays well brings everything to an end."""
        if not hasattr(self, "workers"):
            return
        self.workers = [Worker()]
        for _ in range(8 * len(self.accepted)):
            if not Delivery.objects.open().filter(installation=self.installation).exists():
                break
            self.let_leases_run_out()
            self.let_waiting_end()
            self.lease(0)
            self.read(0)
            while self.workers[0].ahead:
                self.take(0)
                self.call(0, "answered")
            self.stop(0)
        for delivery in self.accepted:
            delivery.refresh_from_db()
            assert delivery.state in DONE
        self.nothing_comes_twice_without_a_doubt()
        self.each_recipient_sees_their_messages_in_order()


def test_no_interleaving_loses_doubles_or_reorders():
    run_state_machine_as_test(
        Relay, settings=settings(max_examples=15, stateful_step_count=25, deadline=None, phases=[Phase.generate])
    )
