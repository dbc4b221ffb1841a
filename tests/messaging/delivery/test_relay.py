"""The relay of one lane, against the sandbox's Workplace over HTTP."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils.timezone import now
from psycopg_pool import PoolTimeout

from accounts.models import Member
from integrations.models import InstallationState, Space
from integrations.targets.errors import TargetError
from integrations.targets.port import Sent
from messaging.delivery.wakeups import sweep
from messaging.models import Attempt, DeliveryState, Outage, Outcome
from tests.factories import make_delivery
from tests.messaging.draining import make_due, run, state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]
HEADLINE = "Taro sent you a direct message in ovice (Tokyo HQ)"


@pytest.fixture(autouse=True)
def _one_lane(settings):
    settings.RELAY_LANES = 1


def test_a_dm_arrives_in_work_chat(office):
    delivery = make_delivery(office.join("Hanako"))
    assert run(office) == 1
    assert office.texts("Hanako") == [f"{HEADLINE}\n\n│ Can you join room B?"]
    assert state(delivery) == ("delivered", "")
    assert delivery.target_message_id.startswith("m")


def test_the_text_is_erased_once_it_has_arrived(office):
    delivery = make_delivery(office.join("Hanako"))
    run(office)
    delivery.message.refresh_from_db()
    assert delivery.message.content_sealed is None


def test_the_call_leaves_an_attempt_with_its_duration(office):
    delivery = make_delivery(office.join("Hanako"))
    run(office)
    attempt = Attempt.objects.get(delivery=delivery)
    assert attempt.outcome == Outcome.SENT
    assert attempt.duration is not None
    assert timedelta(0) < attempt.duration < timedelta(seconds=5)


def test_a_japanese_reader_is_written_to_in_japanese(office):
    make_delivery(office.join("Hanako", locale="ja_JP"), text="会議室Bに来られますか？")
    run(office)
    assert office.texts("Hanako") == [
        "Tokyo HQ で Taroさんからダイレクトメッセージが届きました\n\n│ 会議室Bに来られますか？"
    ]


def test_ten_dms_arrive_in_the_order_they_were_sent(office):
    link = office.join("Hanako")
    for n in reversed(range(10)):
        make_delivery(link, text=f"number {n}", sent_at=now() - timedelta(seconds=60 - n))
    run(office)
    assert [text.split()[-1] for text in office.texts("Hanako")] == [str(n) for n in range(10)]


def test_the_longest_dm_arrives_whole_in_numbered_parts(office):
    text = "".join(f"{n:07d}\n" for n in range(1_000))
    delivery = make_delivery(office.join("Hanako"), text=text)
    run(office)
    parts = office.texts("Hanako")
    assert len(parts) > 4
    assert [line for part in parts for line in part.split() if line.isdigit()] == text.split()
    assert state(delivery) == ("delivered", "")
    assert delivery.attempts.count() == len(parts)


def test_a_long_dm_that_was_interrupted_goes_on_where_it_stopped(office):
    delivery = make_delivery(office.join("Hanako"), text="x " * 3_000)
    office.sandbox.fault("error", code=2, calls=1, endpoint="me/messages")
    run(office)
    office.sandbox.lift_faults()
    make_due(delivery)
    run(office)
    bodies = [call["body"]["message"]["text"] for call in office.sandbox.sends()]
    assert len(office.texts("Hanako")) == len(set(bodies)) > 3


def test_a_stuck_head_holds_back_only_its_own_recipient(office):
    hanako, jiro = office.join("Hanako"), office.join("Jiro")
    old = now() - timedelta(minutes=1)
    stuck = make_delivery(hanako, text="first", sent_at=old)
    behind = make_delivery(hanako, text="second")
    make_delivery(jiro, text="other")
    office.sandbox.fault("error", code=1200, recipient="hanako@example.com")
    run(office)
    assert (office.texts("Hanako"), len(office.texts("Jiro"))) == ([], 1)
    assert state(stuck)[0] == state(behind)[0] == DeliveryState.PENDING
    assert behind.attempts.count() == 0
    office.sandbox.lift_faults()
    make_due(stuck)
    run(office)
    assert [text.split()[-1] for text in office.texts("Hanako")] == ["first", "second"]


def test_a_recipient_who_is_gone_fails_and_the_lane_goes_on(office):
    gone = make_delivery(office.join("Gone"), sent_at=now() - timedelta(minutes=1))
    make_delivery(office.join("Jiro"))
    run(office)
    assert state(gone) == ("failed", "recipient_gone")
    assert gone.attempts.get().code.startswith("551")
    assert len(office.texts("Jiro")) == 1


def test_a_dead_token_stops_the_installation_and_loses_nothing(office):
    deliveries = [make_delivery(office.join(name)) for name in ("Hanako", "Jiro")]
    office.sandbox.workplace("POST", f"installs/{office.integration.page_id}/reset-token")
    run(office)
    installation = office.refresh()
    assert installation.state == InstallationState.ATTENTION
    assert installation.attention_reason == "token_rejected"
    assert [state(d)[0] for d in deliveries] == ["pending", "pending"]
    assert Attempt.objects.count() == 1
    assert (run(office), sweep(now())) == (0, 0)


def test_a_rate_limit_holds_the_installation_until_it_is_over(office):
    delivery = make_delivery(office.join("Hanako"))
    make_delivery(office.join("Jiro"))
    office.sandbox.fault("error", code=613, headers={"Retry-After": "120"}, endpoint="me/messages")
    run(office)
    held = office.refresh().held_until - now()
    assert timedelta(seconds=110) < held <= timedelta(seconds=120)
    assert (office.refresh().hold_reason, len(office.sandbox.sends())) == ("rate_limited", 1)
    assert state(delivery)[0] == DeliveryState.PENDING
    office.sandbox.lift_faults()
    office.installation.held_until = now()
    office.installation.save(update_fields=["held_until"])
    run(office)
    assert len(office.texts("Hanako")) == len(office.texts("Jiro")) == 1


def test_an_outage_is_waited_out_without_spending_tries(office):
    delivery = make_delivery(office.join("Hanako"))
    office.sandbox.fault("html", status=503)
    for _ in range(10):
        make_due(delivery)
        Outage.objects.update(probe_at=now())
        run(office)
    assert state(delivery) == ("pending", "unavailable")
    assert (delivery.tries, delivery.attempts.count()) == (0, 10)


def test_a_platform_that_cannot_be_reached_is_waited_out(office, settings):
    delivery = make_delivery(office.join("Hanako"))
    settings.WORKPLACE_GRAPH_URL = "http://127.0.0.1:9"
    run(office)
    assert state(delivery) == ("pending", "not_reached")


@pytest.mark.parametrize(("fault", "arrived"), [("cut_before", 0), ("cut_after", 1)])
def test_a_cut_connection_leaves_the_delivery_unconfirmed(office, fault, arrived):
    delivery = make_delivery(office.join("Hanako"))
    office.sandbox.fault(fault, endpoint="me/messages", calls=1)
    run(office)
    assert state(delivery) == ("unconfirmed", "unconfirmed")
    assert len(office.texts("Hanako")) == arrived
    assert timedelta(seconds=50) < delivery.due_at - now() <= timedelta(seconds=60)
    make_due(delivery)
    run(office)
    assert state(delivery)[0] == DeliveryState.DELIVERED
    assert len(office.texts("Hanako")) == arrived + 1


def test_a_message_too_old_to_send_expires(office):
    delivery = make_delivery(office.join("Hanako"), expires_at=now() - timedelta(seconds=1))
    run(office)
    assert (state(delivery)[0], office.texts("Hanako")) == (DeliveryState.EXPIRED, [])


def test_a_member_who_left_since_gets_nothing(office):
    delivery = make_delivery(office.join("Hanako"))
    Member.objects.update(removed_at=now())
    run(office)
    assert state(delivery) == ("cancelled", "recipient_not_member")
    assert office.texts("Hanako") == []


def test_a_link_that_ended_since_gets_nothing(office):
    link = office.join("Hanako")
    delivery = make_delivery(link)
    type(link).objects.update(removed_at=now(), removed_reason="user")
    run(office)
    assert (state(delivery), office.texts("Hanako")) == (("cancelled", "user"), [])


@pytest.mark.parametrize(("removed", "ending"), [(None, "tokyo-hq"), (now(), "room B?")])
def test_the_link_to_a_space_lives_as_long_as_the_space(office, removed, ending):
    link = office.join("Hanako")
    Space.objects.create(organization=office.organization, ovice_id="987", removed_at=removed)
    delivery = make_delivery(link)
    delivery.message.space_ovice_id = "987"
    content = delivery.message.content.replace(
        '"link":""', '"link":"https://app.ovice.com/ws/tokyo-hq"'
    )
    delivery.message.content = content
    delivery.message.save()
    run(office)
    assert office.texts("Hanako")[0].endswith(ending)


def test_a_message_our_own_code_chokes_on_is_set_aside(office):
    poison = make_delivery(office.join("Hanako"), sent_at=now() - timedelta(minutes=1))
    poison.message.content = "not what we wrote"
    poison.message.save()
    for _ in range(3):
        make_due(poison)
        run(office)
    make_delivery(office.join("Jiro"))
    run(office)
    assert state(poison) == ("failed", "poison")
    assert poison.attempts.first().code == "DecodeError"
    assert len(office.texts("Jiro")) == 1


@pytest.mark.parametrize("away", [PoolTimeout, OperationalError])
def test_a_message_that_cannot_be_read_while_the_database_is_away_is_not_to_blame(
    office, monkeypatch, away
):
    def fail(*_args, **_options):
        raise away("away")

    delivery = make_delivery(office.join("Hanako"))
    with monkeypatch.context() as broken:
        broken.setattr("messaging.delivery.send.compose", fail)
        with pytest.raises(away):
            run(office)
    assert (state(delivery)[0], delivery.attempts.count()) == ("sending", 0)
    run(office)
    make_due(delivery)
    run(office)
    assert state(delivery)[0] == DeliveryState.DELIVERED


def test_a_message_of_which_nothing_is_left_to_send_is_delivered(office):
    delivery = make_delivery(office.join("Hanako"), parts_sent=1)
    run(office)
    assert (state(delivery)[0], office.texts("Hanako")) == (DeliveryState.DELIVERED, [])


@pytest.mark.parametrize("word", ["m" * 300, "m\x00id"])
def test_an_odd_message_id_is_no_reason_to_send_again(office, monkeypatch, word):
    delivery = make_delivery(office.join("Hanako"))
    monkeypatch.setattr(
        "integrations.workplace.target.WorkplaceTarget.send", lambda *_a, **_k: Sent(word)
    )
    run(office)
    assert state(delivery)[0] == DeliveryState.DELIVERED
    assert delivery.target_message_id == word.replace("\x00", "")[:255]


def test_an_odd_error_code_is_kept_as_far_as_it_fits(office, monkeypatch):
    delivery = make_delivery(office.join("Hanako"))

    def refuse(*_args, **_options):
        raise TargetError(code="1" * 40, trace="t\x00" * 64)

    monkeypatch.setattr("integrations.workplace.target.WorkplaceTarget.send", refuse)
    run(office)
    assert state(delivery)[0] == DeliveryState.PENDING
    assert (delivery.attempts.get().code, delivery.attempts.get().trace) == ("1" * 32, "t" * 64)
