"""Choices of owner and member about copies, at the moment of sending."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.members.preferences import choose_copies, pause, resume
from integrations.models import CopyShows, UnconfirmedPolicy
from integrations.targets.quoting import quote
from messaging.models import DeliveryState
from tests.factories import make_delivery
from tests.messaging.draining import make_due, run, state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]
HEADLINE = "Taro sent you a direct message in ovice (Tokyo HQ)"
TEXT = "Can you join room B? " + "It is about the plan for next week. " * 3


@pytest.fixture(autouse=True)
def _one_lane(settings):
    settings.RELAY_LANES = 1


def choose(office, **values) -> None:
    type(office.organization).objects.update(**values)


@pytest.mark.parametrize(
    ("shows", "expected"),
    [
        (CopyShows.FULL, f"{HEADLINE}\n\n{quote(TEXT.strip())}"),
        (
            CopyShows.FIRST_WORDS,
            f"{HEADLINE}\n\n│ Can you join room B? It is about the plan for next week. It…",
        ),
        (CopyShows.NOTICE, HEADLINE),
    ],
)
def test_a_copy_shows_as_much_as_the_owner_allows(office, shows, expected):
    choose(office, copy_shows=shows)
    make_delivery(office.join("Hanako"), TEXT.strip())
    run(office)
    assert office.texts("Hanako") == [expected]


def test_a_member_may_have_the_text_left_out(office):
    link = office.join("Hanako")
    choose_copies(link.member, quiet=None, time_zone="UTC", text_shown=False)
    make_delivery(link)
    run(office)
    assert office.texts("Hanako") == [HEADLINE]


def test_one_who_rests_gets_nothing_and_holds_nobody_up(office):
    hanako, jiro = office.join("Hanako"), office.join("Jiro")
    until = now() + timedelta(hours=1)
    pause(hanako.member, until)
    resting = make_delivery(hanako)
    make_delivery(jiro)
    run(office)
    assert (state(resting), resting.due_at) == (("pending", "resting"), until)
    assert (office.texts("Hanako"), len(office.texts("Jiro"))) == ([], 1)


def test_after_a_rest_what_waited_arrives_in_order(
    office, wakes, django_capture_on_commit_callbacks
):
    link = office.join("Hanako")
    pause(link.member, now() + timedelta(hours=1))
    for text in ("first", "second"):
        make_delivery(link, text)
    run(office)
    with django_capture_on_commit_callbacks(execute=True):
        resume(link.member)
    assert wakes == [(str(office.installation.pk), 0)]
    run(office)
    summary, *copies = office.texts("Hanako")
    assert summary == "While you were resting, 2 direct messages came: Taro (2)."
    assert [text.split()[-1] for text in copies] == ["first", "second"]


def test_rather_never_than_twice_if_the_owner_says_so(office):
    choose(office, unconfirmed_policy=UnconfirmedPolicy.RATHER_NEVER)
    delivery = make_delivery(office.join("Hanako"))
    office.sandbox.fault("cut_before", endpoint="me/messages", calls=1)
    run(office)
    assert state(delivery)[0] == DeliveryState.UNCONFIRMED
    make_due(delivery)
    run(office)
    assert (state(delivery), office.texts("Hanako")) == (("failed", "unconfirmed"), [])


def test_an_echo_counts_for_that_owner_too(office):
    choose(office, unconfirmed_policy=UnconfirmedPolicy.RATHER_NEVER)
    delivery = make_delivery(office.join("Hanako"))
    office.sandbox.fault("cut_after", endpoint="me/messages", calls=1)
    run(office)
    type(delivery).objects.update(parts_echoed=1)
    make_due(delivery)
    run(office)
    assert state(delivery) == ("delivered", "")


@pytest.mark.parametrize(("level", "seconds"), [(79, 0), (80, 1), (94, 9), (95, 120), (99, 120)])
def test_usage_slows_down_and_pauses_before_the_limit_is_met(office, level, seconds):
    entries = [{"kind": "app", "level": level, "shown_from": 0}]
    office.sandbox.workplace("PUT", "usage", {"entries": entries})
    make_delivery(office.join("Hanako"))
    make_delivery(office.join("Jiro"))
    run(office)
    held = office.refresh().held_until
    assert len(office.texts("Hanako") + office.texts("Jiro")) == (1 if seconds else 2)
    assert round((held - now()).total_seconds() if held else 0) == seconds
