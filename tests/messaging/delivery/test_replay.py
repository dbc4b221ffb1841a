"""Dead letters, sent once more: which, how many, how fast, and that twice does no harm."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils.timezone import now

from accounts.linking.link import RemovedReason, remove_links
from accounts.models import Link
from messaging.delivery.cancel import forget_failed
from messaging.delivery.replay import Window, replay
from messaging.models import Delivery, DeliveryState, Message
from messaging.tasks import forget_failed as forget_all
from tests.factories import make_delivery, make_link
from tests.messaging.draining import run, state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]


def dead_letter(link=None, **fields) -> Delivery:
    given_up = {"state": DeliveryState.FAILED, "reason": "unknown", "settled_at": now()}
    return make_delivery(link, **{**given_up, **fields})


def replay_all(**options) -> str:
    out = StringIO()
    call_command("replay", stdout=out, **options)
    return out.getvalue()


def test_a_failed_message_arrives_after_its_cause_is_mended(office, settings):
    settings.RELAY_LANES = 1
    office.sandbox.fault("error", code=100, endpoint="me/messages")
    delivery = make_delivery(office.join("Hanako"))
    run(office)
    assert state(delivery)[0] == DeliveryState.FAILED
    office.sandbox.lift_faults()
    assert replay(Delivery.objects.all()) == 1
    run(office)
    assert state(delivery)[0] == DeliveryState.DELIVERED
    assert office.texts("Hanako")[0].endswith("room B?")


def test_replaying_twice_takes_each_once():
    dead_letter()
    assert [replay(Delivery.objects.all()) for _ in range(2)] == [1, 0]


def test_they_become_due_in_order_and_no_faster_than_asked():
    link = make_link()
    old = now() - timedelta(minutes=5)
    letters = [dead_letter(link, sent_at=old + timedelta(seconds=n)) for n in (2, 0, 1)]
    replay(Delivery.objects.all(), per_second=2)
    due = dict(Delivery.objects.values_list("pk", "due_at"))
    last, first, middle = (due[letter.pk] for letter in letters)
    assert (middle - first, last - middle) == (timedelta(seconds=0.5),) * 2


@pytest.mark.parametrize(
    "fields",
    [
        {"expires_at": now() - timedelta(seconds=1)},
        {"state": DeliveryState.DELIVERED},
        {"state": DeliveryState.CANCELLED},
        {"reason": "unconfirmed"},
        {"settled_at": now() - timedelta(days=1)},
    ],
    ids=["too old", "arrived", "cancelled", "perhaps arrived", "outside the window"],
)
def test_a_delivery_that_is_not_meant_stays(fields):
    dead_letter(**fields)
    window = Window(since=now() - timedelta(hours=1))
    assert replay(window.deliveries()) == 0


def test_a_delivery_that_perhaps_arrived_is_replayed_on_request():
    dead_letter(reason="unconfirmed")
    assert replay_all(unconfirmed_too=True) == "1 …\n1 deliveries are being replayed.\n"


def test_a_dry_run_counts_by_reason_and_changes_nothing():
    ours = dead_letter()
    dead_letter(reason="poison")
    said = replay_all(dry_run=True, organization=ours.organization.ovice_id)
    assert said == "1 deliveries would be replayed.\n  unknown: 1\n"
    assert Delivery.objects.failed().count() == 2


@pytest.mark.parametrize(
    "options",
    [{"organization": "nobody"}, {"per_second": 0}],
)
def test_a_choice_that_makes_no_sense_is_refused(options):
    with pytest.raises(CommandError):
        replay_all(**options)


@pytest.mark.parametrize("since", ["yesterday", "2026-01-31T09:00"])
def test_a_time_without_a_zone_is_refused(since):
    with pytest.raises(CommandError):
        call_command("replay", "--since", since)


def test_a_dead_letter_keeps_its_text_until_it_would_have_expired():
    kept, gone = dead_letter(), dead_letter(expires_at=now() - timedelta(seconds=1))
    assert forget_failed() == 1
    contents = {m.pk: m.content_sealed is None for m in Message.objects.all()}
    assert contents == {kept.message_id: False, gone.message_id: True}


def test_a_dead_letter_that_sweeps_have_missed_for_days_is_forgotten_all_the_same():
    dead_letter(expires_at=now() - timedelta(days=3))
    assert forget_failed() == 0
    forget_all()
    assert Message.objects.get().content_sealed is None


def test_a_dead_letter_of_an_ended_link_is_forgotten_at_once():
    letter = dead_letter()
    remove_links(Link.objects.filter(pk=letter.link_id), reason=RemovedReason.USER)
    assert Message.objects.get().content_sealed is None
    assert replay(Delivery.objects.all()) == 0


def test_a_long_replay_says_how_far_it_is(monkeypatch):
    monkeypatch.setattr("messaging.delivery.replay.BATCH", 2)
    for _ in range(3):
        dead_letter()
    assert replay_all() == "2 …\n3 …\n3 deliveries are being replayed.\n"
