"""The summary after a rest."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import translation
from django.utils.timezone import now

from accounts.members.preferences import pause, resume
from messaging.delivery.resting import summary
from messaging.models import DeliveryState
from tests.factories import make_delivery
from tests.messaging.draining import make_due, run, state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]


@pytest.fixture(autouse=True)
def _one_lane(settings):
    settings.RELAY_LANES = 1


def wait_through_a_rest(office, *texts, **person):
    """Let messages come during a rest of Hanako's, and end it."""
    link = office.join("Hanako", **person)
    pause(link.member, now() + timedelta(hours=1))
    waiting = [make_delivery(link, text) for text in texts]
    run(office)
    resume(link.member)
    make_due(*waiting)
    return waiting


def test_it_comes_once_and_before_all_that_waited(office):
    wait_through_a_rest(office, "one", "two", locale="ja_JP")
    run(office)
    first, *copies = office.texts("Hanako")
    assert first == "休止中に2件のダイレクトメッセージが届きました：Taro (2)。"
    assert len(copies) == 2


def test_a_single_message_needs_no_summary(office):
    wait_through_a_rest(office, "one")
    run(office)
    assert len(office.texts("Hanako")) == 1


def test_a_summary_that_got_lost_keeps_nothing_back(office):
    waiting = wait_through_a_rest(office, "one", "two")
    office.sandbox.fault("error", code=100, calls=1)
    run(office)
    assert [state(delivery)[0] for delivery in waiting] == [DeliveryState.DELIVERED] * 2
    assert len(office.texts("Hanako")) == 2


def test_a_message_that_breaks_the_summary_harms_no_other(office):
    first, second = wait_through_a_rest(office, "one", "two")
    second.message.content = "not what we wrote"
    second.message.save()
    run(office)
    assert (state(first)[0], first.attempts.count()) == (DeliveryState.DELIVERED, 1)
    assert state(second) == (DeliveryState.PENDING, "poison")


def test_without_a_rest_there_is_none(office):
    link = office.join("Hanako")
    make_delivery(link, "one")
    make_delivery(link, "two")
    run(office)
    assert len(office.texts("Hanako")) == 2


def test_many_senders_are_named_shortly():
    with translation.override("en"):
        text = summary(Counter({f"S{n}": 9 - n for n in range(7)}))
    assert text.endswith("came: S0 (9), S1 (8), S2 (7), S3 (6), S4 (5), ….")


def test_the_summary_names_a_sender_as_shortly_as_a_notice_does(office):
    link = office.join("Hanako")
    pause(link.member, now() + timedelta(hours=1))
    waiting = [make_delivery(link, text, sender_name="x" * 255) for text in ("one", "two")]
    run(office)
    resume(link.member)
    make_due(*waiting)
    run(office)
    assert f" {'x' * 29}… (2)" in office.texts("Hanako")[0]


def test_a_name_cannot_format_the_summary(office):
    link = office.join("Hanako")
    pause(link.member, now() + timedelta(hours=1))
    waiting = [make_delivery(link, text, sender_name="*Ada*") for text in ("one", "two")]
    run(office)
    resume(link.member)
    make_due(*waiting)
    run(office)
    assert "*" not in office.texts("Hanako")[0]
