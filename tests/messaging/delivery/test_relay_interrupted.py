"""The relay when something happens meanwhile: lanes lost, workers gone, things ended or deleted."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import OperationalError
from django.utils.timezone import now

from accounts.members.erasure import erase_member
from integrations.encryption.data_keys import forget_keys
from integrations.encryption.master_keys import KeyMissingError
from integrations.removal.purge import purge_ready
from integrations.removal.uninstall import remove_installation
from integrations.targets.errors import Unavailable
from integrations.targets.port import open_target
from messaging.delivery import send as sending
from messaging.delivery.cancel import delete_message, expire_batch
from messaging.delivery.fair_share import LONGEST, Courtesy
from messaging.delivery.wakeups import wake
from messaging.models import Attempt, Delivery, DeliveryState, Lane, Message
from tests.factories import make_delivery
from tests.messaging.draining import make_due, run, state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]


@pytest.fixture(autouse=True)
def _one_lane(settings):
    settings.RELAY_LANES = 1


def test_a_delivery_of_a_vanished_worker_is_unconfirmed(office):
    link = office.join("Hanako")
    delivery = make_delivery(link, state=DeliveryState.SENDING, claimed_at=now(), fence=1)
    behind = make_delivery(link)
    Lane.objects.create(
        installation=office.installation, number=0, fence=1, leased_until=now() - timedelta(1)
    )
    run(office)
    assert state(delivery)[0] == DeliveryState.UNCONFIRMED
    assert delivery.attempts.get().code == "worker_lost"
    assert state(behind)[0] == DeliveryState.PENDING


def test_a_delivery_of_a_worker_vanished_before_a_reinstall_expires_like_any_other(office):
    """Its account is not known anew, and may never be: nothing goes out, but time goes on."""
    link = office.join("Hanako")
    link.unresolved_at = now()
    link.save()
    past = now() - timedelta(hours=1)
    delivery = make_delivery(
        link, state=DeliveryState.SENDING, claimed_at=past, fence=1, expires_at=past
    )
    Lane.objects.create(installation=office.installation, number=0, fence=1, leased_until=past)

    run(office)
    expire_batch()

    assert state(delivery)[0] == DeliveryState.EXPIRED
    assert Message.objects.get().content_sealed is None
    assert office.texts("Hanako") == []


@pytest.mark.parametrize(
    ("text", "outcome"),
    [("short", None), ("short", Unavailable(code="503")), ("word " * 1500, None)],
    ids=["sent", "not sent", "part of a long one sent"],
)
def test_an_erasure_during_a_call_holds_back_nobody_else(office, monkeypatch, text, outcome):
    gone, other = office.join("Hanako"), office.join("Jiro")
    first, behind = make_delivery(gone, text=text), make_delivery(other)
    call = sending._call_out

    def erased_meanwhile(target, delivery, part):
        answer = call(target, delivery, part)
        if delivery.pk == first.pk and Delivery.objects.filter(pk=first.pk).exists():
            erase_member(gone.member)
            assert purge_ready(seconds=10) == 1
            return outcome or answer
        return answer

    monkeypatch.setattr(sending, "_call_out", erased_meanwhile)
    run(office)

    assert state(behind) == (DeliveryState.DELIVERED, "")
    assert not Delivery.objects.filter(link=gone).exists()
    assert set(Attempt.objects.values_list("delivery", flat=True)) == {behind.pk}


def test_a_deletion_that_came_while_the_message_was_being_stored_is_heeded(office):
    delivery = make_delivery(office.join("Hanako"))
    # The deleter does not see what is not yet committed, and leaves a row for it.
    Message.objects.create(
        organization=office.organization,
        ovice_id=delivery.message.ovice_id,
        event_id="evt-deleted",
        sent_at=now(),
        skipped_reason="deleted",
        deleted_at=now(),
    )
    run(office)
    assert state(delivery) == (DeliveryState.CANCELLED, "deleted")
    assert office.texts("Hanako") == []


@pytest.mark.parametrize(
    "broken",
    [
        "messaging.delivery.relay.note_alive",
        "messaging.delivery.send.note_arrival",
        "messaging.delivery.relay.give_back",
        "messaging.delivery.relay._Shift._be_courteous",
    ],
)
def test_an_arrival_is_written_down_whatever_breaks_after_it(office, monkeypatch, broken):
    def fail(*_args):
        raise OperationalError("away")

    delivery = make_delivery(office.join("Hanako"))
    monkeypatch.setattr(broken, fail)
    with suppress(OperationalError):
        run(office)
    assert state(delivery) == (DeliveryState.DELIVERED, "")
    assert Lane.objects.get().leased_until is None


def test_a_part_is_written_down_twice_without_harm(office):
    delivery = make_delivery(office.join("Hanako"), "long " * 700)
    written = []

    def write_twice(job):
        written.append(job())
        return job()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("messaging.delivery.results.patiently", write_twice)
        run(office)
    assert (state(delivery)[0], delivery.attempts.count()) == (DeliveryState.DELIVERED, 2)
    assert written[0] is True


def test_a_message_waits_while_the_operator_has_mislaid_its_key(office, settings, monkeypatch):
    delivery = make_delivery(office.join("Hanako"))

    def mislaid_since(*args):
        target = open_target(*args)
        forget_keys()
        settings.ENCRYPTION_KEYS = ["b3RoZXItZW5jcnlwdGlvbi1rZXktb2YtMzItYnl0ZXM="]
        return target

    monkeypatch.setattr("messaging.delivery.relay.open_target", mislaid_since)
    run(office)
    assert state(delivery) == ("pending", "unavailable")
    assert (delivery.tries, delivery.attempts.get().code) == (0, "master_key")


def test_an_error_before_the_first_claim_does_not_spin(office, settings, wakes):
    make_delivery(office.join("Hanako"))
    settings.ENCRYPTION_KEYS = ["b3RoZXItZW5jcnlwdGlvbi1rZXktb2YtMzItYnl0ZXM="]
    with pytest.raises(KeyMissingError):
        run(office)
    assert (wakes, Lane.objects.get().leased_until) == ([], None)


def test_a_lane_in_other_hands_is_left_alone(office):
    make_delivery(office.join("Hanako"))
    Lane.objects.create(
        installation=office.installation, number=0, leased_until=now() + timedelta(minutes=1)
    )
    assert (run(office), office.texts("Hanako")) == (0, [])


def test_a_time_slice_that_ends_gives_way_and_asks_for_more(office, settings, wakes):
    settings.RELAY_TIME_SLICE = timedelta(0)
    make_delivery(office.join("Hanako"))
    assert run(office) == 0
    assert wakes == [(str(office.installation.pk), 0)]


def test_a_worker_that_dies_while_it_rests_leaves_nothing_in_doubt(office, monkeypatch):
    link = office.join("Hanako")
    arrived, waits = make_delivery(link), make_delivery(link)
    monkeypatch.setattr("messaging.delivery.relay.courtesy.spend", lambda *_: 0.1)

    def die(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("messaging.delivery.relay.time.sleep", die)
    with pytest.raises(KeyboardInterrupt):
        run(office)
    assert [state(delivery)[0] for delivery in (arrived, waits)] == ["delivered", "pending"]
    assert len(office.texts("Hanako")) == 1


def test_a_tenant_whose_lane_is_free_lets_others_rest_before_its_first_dm_is_sent(
    office, monkeypatch
):
    courtesy, carried, flood = Courtesy(), sending.send, UUID(int=1)
    monkeypatch.setattr("messaging.delivery.relay.courtesy", courtesy)
    rests = [courtesy.spend(flood, 1.0)]

    def carry(*args):
        rests.append(courtesy.spend(flood, 1.0))
        return carried(*args)

    monkeypatch.setattr(sending, "send", carry)
    make_delivery(office.join("Hanako"))
    assert run(office) == 1
    assert rests == [0.0, LONGEST]


def test_a_dm_that_comes_during_the_work_is_taken_along(office, wakes, monkeypatch):
    link = office.join("Hanako")
    late = [make_delivery(link)]
    carried = sending.send

    def woken_meanwhile(*args):
        if len(late) == 1:
            late.append(make_delivery(link))
            assert not wake(office.installation.pk, 0)
        return carried(*args)

    monkeypatch.setattr(sending, "send", woken_meanwhile)
    assert run(office) == 2
    assert [state(delivery)[0] for delivery in late] == [DeliveryState.DELIVERED] * 2
    lane = Lane.objects.get()
    assert (wakes, lane.leased_until, lane.woken_at) == ([], None, None)


def test_a_worker_that_lost_its_lane_may_only_report_an_arrival(office, monkeypatch):
    delivery = make_delivery(office.join("Hanako"))
    carried = sending.send

    def taken_over_meanwhile(*args):
        Lane.objects.update(fence=99)
        Delivery.objects.update(state=DeliveryState.UNCONFIRMED)
        return carried(*args)

    monkeypatch.setattr(sending, "send", taken_over_meanwhile)
    run(office)
    assert state(delivery)[0] == DeliveryState.DELIVERED


def test_a_worker_that_lost_its_lane_writes_over_nothing(office, monkeypatch):
    delivery = make_delivery(office.join("Hanako"))
    office.sandbox.fault("error", code=100, endpoint="me/messages")
    carried = sending.send

    def taken_over_and_sent_again(*args):
        Delivery.objects.update(fence=99)
        return carried(*args)

    monkeypatch.setattr(sending, "send", taken_over_and_sent_again)
    run(office)
    assert state(delivery)[0] == DeliveryState.SENDING


@pytest.fixture
def during_send(monkeypatch):
    """Return a function that makes something happen while a call is under way."""

    def arrange(happens) -> None:
        carried = sending._send_texts

        def meanwhile(*args):
            happens()
            return carried(*args)

        monkeypatch.setattr(sending, "_send_texts", meanwhile)

    return arrange


def test_a_link_that_ends_during_a_failed_call_has_its_message_forgotten(office, during_send):
    delivery = make_delivery(office.join("Hanako"))
    office.sandbox.fault("error", code=2, endpoint="me/messages")
    during_send(lambda: remove_installation(office.installation))
    run(office)
    assert state(delivery) == ("cancelled", "link_ended")
    delivery.message.refresh_from_db()
    assert delivery.message.content_sealed is None


def test_a_message_deleted_during_a_failed_call_is_not_tried_again(office, during_send):
    delivery = make_delivery(office.join("Hanako"))
    office.sandbox.fault("error", code=2, endpoint="me/messages", calls=1)
    ovice_id = delivery.message.ovice_id
    during_send(lambda: delete_message(office.organization, ovice_id, event_id="evt_1"))
    run(office)
    make_due(delivery)
    run(office)
    assert (state(delivery), office.texts("Hanako")) == (("cancelled", "deleted"), [])


def test_a_long_message_keeps_the_lease_alive_while_its_parts_are_sent(office, monkeypatch):
    delivery = make_delivery(office.join("Hanako"), text="x " * 3_000)
    kept = []

    def keep(lease):
        kept.append(lease)
        return True

    monkeypatch.setattr("messaging.delivery.lanes.Lease.keep", keep)
    run(office)
    assert len(kept) == delivery.attempts.count() + 1


def test_a_worker_that_loses_its_lane_between_two_parts_stops(office, monkeypatch):
    delivery = make_delivery(office.join("Hanako"), text="x " * 3_000)
    answers = iter([True, True, False, False])
    monkeypatch.setattr("messaging.delivery.lanes.Lease.keep", lambda _lease: next(answers))
    run(office)
    assert (len(office.texts("Hanako")), state(delivery)[0]) == (1, DeliveryState.SENDING)
