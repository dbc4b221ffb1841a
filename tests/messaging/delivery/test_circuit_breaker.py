"""A target that is down as a whole: who may call, who asks, and how all come back."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.utils.timezone import now

from accounts.members.preferences import UNTIL_RESUMED, pause
from integrations.targets.errors import Unavailable
from messaging.delivery.circuit_breaker import (
    OPENS_AFTER,
    RAMP_STEP,
    RAMP_STEPS,
    Gate,
    has_its_turn,
    lanes_with_a_turn,
)
from messaging.delivery.relay import relay_lane
from messaging.delivery.wakeups import sweep
from messaging.models import Delivery, DeliveryState, Outage
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


def let_the_target_be_down() -> datetime:
    """Begin an outage, and return since when it is time to ask."""
    at = now()
    Outage.objects.create(target="workplace", began_at=at, probe_at=at, probes=3)
    return at


def sweep_and_work(wakes) -> None:
    """Sweep once and let a worker take up each lane that was woken."""
    sweep(now())
    for installation_id, number in wakes:
        relay_lane(UUID(installation_id), number)
    wakes.clear()


def rest(link) -> None:
    """Let somebody rest before whom two DMs wait; the second stays due behind the first."""
    pause(link.member, UNTIL_RESUMED)
    for _ in range(2):
        make_delivery(link)


def back_off(link) -> None:
    """Let two DMs wait, of which the first is put off, as after a call in vain."""
    first, _second = make_delivery(link), make_delivery(link)
    later = now() + timedelta(minutes=12)
    Delivery.objects.filter(pk=first.pk).update(due_at=later, reason="unavailable")


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
    # Deliveries that had been put off are due now; their lane's turn comes within the ramp.
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


@pytest.mark.parametrize("wait", [rest, back_off])
def test_a_lane_that_cannot_ask_does_not_keep_another_tenants_dm_waiting(
    office, new_office, wakes, wait
):
    # Its lane sorts first, and has something due that is nobody's turn.
    wait(office.join("Hanako"))
    delivery = make_delivery(new_office().join("Jiro"))
    let_the_target_be_down()
    sweeps = 0
    # Each of two lanes is as likely to be chosen: 60 in vain do not happen.
    while is_down() and sweeps < 60:
        sweep_and_work(wakes)
        sweeps += 1
    assert (is_down(), state(delivery)[0]) == (False, DeliveryState.DELIVERED)


def test_a_lane_that_made_no_call_does_not_use_the_probe_up(office):
    rest(office.join("Hanako"))
    at = let_the_target_be_down()
    run(office)
    outage = Outage.objects.get()
    assert (sends(office), outage.probe_at, outage.probes) == (0, at, 3)


def test_a_lane_that_called_in_vain_uses_the_probe_up(office):
    make_delivery(office.join("Hanako"))
    office.sandbox.fault("html", status=503, endpoint="me/messages")
    let_the_target_be_down()
    run(office)
    outage = Outage.objects.get()
    assert (sends(office), outage.probes) == (1, 4)
    assert outage.probe_at is not None
    assert outage.probe_at > now()


def test_a_probe_that_was_given_back_goes_to_one_other(office):
    at = let_the_target_be_down()
    first, *others = (Gate("workplace", office.installation.pk, lane) for lane in range(8))
    assert first.is_open(at)
    assert [gate.is_open(at) for gate in others] == [False] * 7
    first.give_back()
    assert first.has_shut
    assert [gate.is_open(at) for gate in others] == [True] + [False] * 6


def test_a_worker_that_gives_back_late_takes_the_probe_from_nobody(office):
    at = let_the_target_be_down()
    slow = Gate("workplace", office.installation.pk, 0)
    assert slow.is_open(at)
    much_later = at + timedelta(minutes=5)
    assert Gate("workplace", office.installation.pk, 1).is_open(much_later)
    slow.give_back()
    assert not Gate("workplace", office.installation.pk, 2).is_open(much_later)


def test_chance_decides_which_one_lane_asks(office):
    at = let_the_target_be_down()
    lanes = {(office.installation.pk, number, "workplace") for number in range(4)}
    chosen = [lanes_with_a_turn(lanes, at, chance=chance) for chance in (0, 0.3, 0.6, 0.9, 1)]
    assert chosen == [[(office.installation.pk, number)] for number in (0, 1, 2, 3, 3)]


def test_while_it_is_not_time_to_ask_no_lane_is_woken(office):
    at = let_the_target_be_down()
    lanes = {(office.installation.pk, number, "workplace") for number in range(4)}
    assert lanes_with_a_turn(lanes, at - timedelta(seconds=1), chance=0) == []
