"""A target that is down as a whole: who may call, who asks, and how all come back."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils.timezone import now

from integrations.errors import Unavailable
from messaging.models import DeliveryState, Outage
from messaging.outages import OPENS_AFTER, RAMP_STEP, RAMP_STEPS, Gate, has_its_turn
from messaging.wakeups import sweep
from tests.factories import make_delivery
from tests.messaging.draining import make_due, run, state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]


@pytest.fixture(autouse=True)
def _one_lane(settings):
    settings.RELAY_LANES = 1


@pytest.fixture
def waiting(office):
    """Twice as many recipients with a DM as it takes to notice an outage."""
    names = [f"Person{n}" for n in range(2 * OPENS_AFTER)]
    return [make_delivery(office.join(name)) for name in names]


def is_down() -> bool:
    return Outage.objects.filter(began_at__isnull=False).exists()


def sends(office) -> int:
    return len(office.sandbox.sends())


def test_a_few_failures_in_a_row_end_the_calling(office, waiting):
    office.sandbox.fault("html", status=503, endpoint="me/messages")
    run(office)
    assert (is_down(), sends(office)) == (True, OPENS_AFTER)
    run(office)
    assert (sends(office), sweep(now())) == (OPENS_AFTER, 0)
    assert {state(delivery)[0] for delivery in waiting} == {DeliveryState.PENDING}


def test_silence_is_an_outage_too(office, waiting):
    office.sandbox.fault("cut_before", endpoint="me/messages")
    run(office)
    assert (is_down(), sends(office)) == (True, OPENS_AFTER)


def test_one_delivery_asks_when_it_is_time_and_then_the_pause_grows(office, waiting):
    office.sandbox.fault("html", status=503, endpoint="me/messages")
    run(office)
    Outage.objects.update(probe_at=now())
    assert sweep(now()) == 1
    run(office)
    assert sends(office) == OPENS_AFTER + 1
    outage = Outage.objects.get()
    assert outage.probes == 1
    assert outage.probe_at is not None
    assert outage.probe_at > now()


def test_an_answered_probe_ends_the_outage_and_all_arrive(office, waiting):
    office.sandbox.fault("html", status=503, endpoint="me/messages")
    run(office)
    office.sandbox.lift_faults()
    Outage.objects.update(probe_at=now())
    run(office)
    assert not is_down()
    # What had been put off is due now; its lane's turn comes within the ramp.
    Outage.objects.update(over_at=now() - RAMP_STEP * RAMP_STEPS)
    assert run(office) == OPENS_AFTER
    assert {state(delivery)[0] for delivery in waiting} == {DeliveryState.DELIVERED}
    assert {delivery.tries for delivery in waiting} == {0}


def test_a_refusal_is_an_answer(office, waiting):
    office.sandbox.fault("html", status=503, endpoint="me/messages")
    run(office)
    office.sandbox.lift_faults()
    office.sandbox.fault("error", code=100, endpoint="me/messages")
    Outage.objects.update(probe_at=now())
    run(office)
    assert not is_down()


def test_one_persons_trouble_is_no_outage(office):
    troubled = make_delivery(office.join("Hanako"))
    office.sandbox.fault("error", code=2, recipient="hanako@example.com")
    jiro = office.join("Jiro")
    for _ in range(2 * OPENS_AFTER):
        make_due(troubled)
        make_delivery(jiro)
        run(office)
    assert not is_down()


def test_of_many_that_ask_one_is_the_probe(office):
    at = now()
    Outage.objects.create(target="workplace", began_at=at, probe_at=at)
    gates = [Gate("workplace", office.installation.pk, lane) for lane in range(8)]
    assert [gate.is_open(at) for gate in gates] == [True] + [False] * 7


def test_lanes_come_back_by_and_by():
    over_at = now()
    shares = [
        sum(has_its_turn(UUID(int=n), 0, over_at, over_at + RAMP_STEP * step) for n in range(160))
        for step in range(RAMP_STEPS + 1)
    ]
    assert shares == [10, 20, 40, 80, 160]


def test_a_failure_on_the_way_back_shuts_at_once(office):
    delivery = make_delivery(office.join("Hanako"))
    recent = now() - RAMP_STEP * RAMP_STEPS + timedelta(seconds=4)
    Outage.objects.create(target="workplace", over_at=recent)
    # Half of all lanes have their turn by now; one of two neighbours is among them.
    gates = [Gate("workplace", office.installation.pk, lane) for lane in range(16)]
    gate = next(gate for gate in gates if gate.is_open(now()))
    gate.note(Unavailable())
    assert (is_down(), run(office), state(delivery)[0]) == (True, 0, DeliveryState.PENDING)
