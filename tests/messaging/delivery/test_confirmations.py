"""Echoes prove one delivery, and must prove no other."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.members.preferences import choose_copies, pause, resume
from integrations.models import CopyShows, UnconfirmedPolicy
from integrations.targets.errors import TargetError, Unavailable, Unconfirmed
from messaging.delivery import send as sending
from messaging.delivery.confirmations import confirm, reference_of
from messaging.models import DeliveryState
from tests.factories import make_delivery, make_installation
from tests.messaging.draining import make_due, run, state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]


@pytest.fixture(autouse=True)
def _one_lane(settings):
    settings.RELAY_LANES = 1


def doubted(office, text="Can you join room B?"):
    """Return a delivery that was accepted without an answer."""
    delivery = make_delivery(office.join("Hanako"), text)
    office.sandbox.fault("cut_after", calls=1)
    run(office)
    assert state(delivery)[0] == DeliveryState.UNCONFIRMED
    return delivery


def reference_at(office) -> str:
    """Return what came along with the last message in Work Chat, as an echo would bring it back."""
    return office.sandbox.sends()[-1]["body"]["message"]["metadata"]


def test_an_echo_settles_a_doubted_delivery_without_another_call(
    office, wakes, django_capture_on_commit_callbacks
):
    delivery = doubted(office)
    with django_capture_on_commit_callbacks(execute=True):
        assert confirm(office.installation, reference_at(office))
    assert wakes == [(str(office.installation.pk), 0)]
    run(office)
    assert state(delivery)[0] == DeliveryState.DELIVERED
    assert len(office.sandbox.sends()) == 1


def test_without_an_echo_it_is_sent_once_more(office):
    delivery = doubted(office)
    make_due(delivery)
    run(office)
    assert len(office.sandbox.sends()) == 2


@pytest.mark.parametrize("policy", UnconfirmedPolicy)
def test_an_echo_of_the_first_part_lets_the_second_follow(office, policy):
    type(office.organization).objects.update(unconfirmed_policy=policy)
    delivery = doubted(office, "long " * 700)
    confirm(office.installation, reference_at(office))
    run(office)
    parts = office.texts("Hanako")
    assert state(delivery)[0] == DeliveryState.DELIVERED
    assert len(parts) == len(set(parts)) == 2


@pytest.mark.parametrize("shows", [CopyShows.NOTICE, CopyShows.FIRST_WORDS])
def test_of_a_copy_that_shows_less_nothing_follows_its_echo(office, shows):
    type(office.organization).objects.update(copy_shows=shows)
    delivery = doubted(office, "long " * 700)
    confirm(office.installation, reference_at(office))
    run(office)
    assert (state(delivery)[0], len(office.texts("Hanako"))) == (DeliveryState.DELIVERED, 1)


def test_a_member_who_wants_no_text_any_more_gets_no_second_part(office):
    delivery = doubted(office, "long " * 700)
    choose_copies(delivery.link.member, quiet=None, time_zone="UTC", text_shown=False)
    confirm(office.installation, reference_at(office))
    run(office)
    assert (state(delivery)[0], len(office.texts("Hanako"))) == (DeliveryState.DELIVERED, 1)


def rather_never(office) -> None:
    type(office.organization).objects.update(unconfirmed_policy=UnconfirmedPolicy.RATHER_NEVER)
    office.installation.refresh_from_db()


def test_rather_never_twice_is_kept_over_a_rest(office):
    rather_never(office)
    delivery = doubted(office)
    pause(delivery.link.member, now() + timedelta(hours=1))
    make_due(delivery)
    run(office)
    resume(delivery.link.member)
    make_due(delivery)
    run(office)
    assert state(delivery) == (DeliveryState.FAILED, "unconfirmed")
    assert len(office.sandbox.sends()) == 1


def test_an_echo_that_comes_while_it_is_given_up_settles_it(office, monkeypatch):
    rather_never(office)
    delivery = doubted(office)
    is_rather_never = sending._is_rather_never

    def decide_and_hear_it(*args):
        decided = is_rather_never(*args)
        confirm(office.installation, reference_at(office))
        return decided

    make_due(delivery)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(sending, "_is_rather_never", decide_and_hear_it)
        run(office)
    run(office)
    assert state(delivery)[0] == DeliveryState.DELIVERED
    assert len(office.sandbox.sends()) == 1


def test_an_echo_during_a_rest_settles_what_had_left_before_it(office):
    delivery = doubted(office)
    pause(delivery.link.member, now() + timedelta(hours=1))
    make_due(delivery)
    run(office)
    confirm(office.installation, reference_at(office))
    run(office)
    assert state(delivery)[0] == DeliveryState.DELIVERED
    assert len(office.sandbox.sends()) == 1


def given_up(office):
    """Return a delivery that was accepted twice without an answer."""
    delivery = doubted(office)
    office.sandbox.fault("cut_after", calls=1)
    make_due(delivery)
    run(office)
    return delivery


def test_an_echo_settles_what_was_given_up_in_doubt(office, wakes):
    delivery = given_up(office)
    assert state(delivery) == (DeliveryState.FAILED, "unconfirmed")
    assert confirm(office.installation, reference_at(office))
    run(office)
    assert state(delivery) == (DeliveryState.DELIVERED, "")
    assert len(office.sandbox.sends()) == 2


def test_an_echo_that_overtakes_the_last_call_settles_it(office, monkeypatch):
    call_out = sending._call_out

    def call_and_hear_it(*args):
        sent = call_out(*args)
        if len(office.sandbox.sends()) == 2:
            confirm(office.installation, reference_at(office))
        return sent

    monkeypatch.setattr(sending, "_call_out", call_and_hear_it)
    delivery = given_up(office)
    run(office)
    assert state(delivery)[0] == DeliveryState.DELIVERED
    assert len(office.sandbox.sends()) == 2


def test_an_echo_that_comes_before_the_answer_is_kept(office):
    delivery = make_delivery(office.join("Hanako"), state=DeliveryState.SENDING)
    assert confirm(office.installation, reference_of(delivery))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.parts_echoed) == ("sending", 1)


def test_the_same_echo_again_changes_nothing(office):
    delivery = doubted(office)
    assert confirm(office.installation, reference_of(delivery))
    assert not confirm(office.installation, reference_of(delivery))


def test_an_echo_from_another_organization_proves_nothing(office):
    delivery = doubted(office)
    assert not confirm(make_installation(), reference_of(delivery))
    delivery.refresh_from_db()
    assert delivery.parts_echoed == 0


@pytest.mark.parametrize("reference", ["", "x", "x.1", ".", f"{'0' * 32}.0", f"{'0' * 32}.٣"])
def test_an_echo_of_none_of_our_messages_is_ignored(office, reference):
    assert not confirm(office.installation, reference)


def calls_in_vain(office, monkeypatch, error: TargetError, *, echo: bool, number: int) -> None:
    """Let the call with this number be accepted and yet end with ``error``."""
    call_out = sending._call_out

    def call_without_an_answer(*args):
        sent = call_out(*args)
        if len(office.sandbox.sends()) != number:
            return sent
        if echo:
            confirm(office.installation, reference_at(office))
        return error

    monkeypatch.setattr(sending, "_call_out", call_without_an_answer)


@pytest.mark.parametrize("error", [Unconfirmed(code="timeout"), Unavailable(code="2")])
def test_a_delivery_proven_by_an_echo_before_its_call_ended_keeps_nothing_back(
    office, monkeypatch, error
):
    link = office.join("Hanako")
    first, second = make_delivery(link, "First"), make_delivery(link, "Second")
    calls_in_vain(office, monkeypatch, error, echo=True, number=1)
    run(office)
    run(office)
    assert [state(each)[0] for each in (first, second)] == ["delivered", "delivered"]
    assert len(office.sandbox.sends()) == 2


def test_a_late_echo_of_an_earlier_part_is_no_reason_to_send_a_later_one_again(office, monkeypatch):
    delivery = make_delivery(office.join("Hanako"), "long " * 700)
    calls_in_vain(office, monkeypatch, Unconfirmed(code="timeout"), echo=False, number=2)
    run(office)
    first, second = (sent["body"]["message"]["metadata"] for sent in office.sandbox.sends())
    assert confirm(office.installation, first)
    run(office)
    assert (state(delivery)[0], len(office.sandbox.sends())) == ("unconfirmed", 2)
    assert confirm(office.installation, second)
    run(office)
    assert (state(delivery)[0], len(office.sandbox.sends())) == ("delivered", 2)
