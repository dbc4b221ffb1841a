"""Effects of taps and messages, over HTTP from Work Chat to Work Chat."""

from datetime import timedelta

import pytest
import time_machine
from django.utils.timezone import now

from accounts.members.erasure import erase_member
from accounts.members.preferences import UNTIL_RESUMED, choices_of, resting_until
from accounts.models import Link
from integrations.models import Organization
from integrations.removal.purge import purge_ready
from integrations.targets.events import UpdateKind
from messaging.bot import turn as talking
from messaging.models import DeliveryState
from messaging.models.bot import Conversation, ReceivedUpdate
from tests.factories import make_delivery, number
from tests.messaging.bot.conftest import Chat, arrived, owed, updates, work_off


def link_of(chat) -> Link:
    return Link.objects.filter(installation=chat.office.installation).latest("linked_at")


def rests(chat):
    member = link_of(chat).member
    member.refresh_from_db()
    return resting_until(choices_of(type(member).objects.get(pk=member.pk)), now())


def tap(chat, *codes):
    for code in codes:
        chat.sends(code)
    chat.settle()


def last(chat) -> str:
    message = chat.from_bot()[-1]
    return message["text"] or message["attachment"]["payload"]["text"]


def test_pausing_until_resumed_holds_until_resumed(hanako):
    tap(hanako, "kotozute.pause.open")
    assert rests(hanako) == UNTIL_RESUMED
    tap(hanako, "kotozute.resume")
    assert rests(hanako) is None


def test_a_pause_for_today_ends_at_midnight_where_the_person_lives(linked_up, new_office):
    office = linked_up(new_office())
    office.join("Hanako", locale="ja_JP")
    chat = Chat(office, "Hanako")
    tap(chat, "kotozute.pause.today")
    end = rests(chat)
    assert end is not None
    assert (end.hour, end.minute) == (15, 0)
    assert timedelta(0) < end - now() <= timedelta(days=1)


def test_stopping_ends_the_link_and_cancels_what_waits(hanako):
    waiting = make_delivery(link_of(hanako))
    tap(hanako, "kotozute.stop.yes")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == (DeliveryState.CANCELLED, "user")
    assert not Link.objects.active().exists()


def test_a_stop_is_undone_by_all_the_rules_of_a_new_link(hanako):
    tap(hanako, "kotozute.stop.yes")
    hanako.office.sandbox.change_member(hanako.person, email="other@example.com")
    tap(hanako, "kotozute.undo")
    assert not Link.objects.active().exists()
    assert "could not link you again" in last(hanako)


def test_after_ten_minutes_a_stop_stays(hanako):
    tap(hanako, "kotozute.stop.yes")
    Link.objects.update(removed_at=now() - timedelta(minutes=11))
    tap(hanako, "kotozute.undo")
    assert not Link.objects.active().exists()
    assert "You are not linked" in last(hanako)


def test_taps_are_obeyed_in_the_order_they_were_made(hanako):
    hanako.office.sandbox.workplace("PUT", "webhooks", {"hold": True, "reverse": True})
    for code in ("kotozute.pause.open", "kotozute.resume", "kotozute.pause.open"):
        hanako.sends(code)
    hanako.office.sandbox.workplace("POST", "webhooks/flush")
    hanako.settle()
    assert rests(hanako) == UNTIL_RESUMED


def test_doubled_webhooks_are_answered_once(hanako):
    hanako.office.sandbox.workplace("PUT", "webhooks", {"duplicates": 3})
    hanako.writes("Hello?")
    assert len(hanako.from_bot()) == 1


def test_a_person_erased_during_a_turn_does_not_come_back_by_it(hanako, monkeypatch):
    listen = talking._listen

    def erased_meanwhile(*turn):
        erase_member(link_of(hanako).member)
        assert purge_ready(seconds=10) == 1
        return listen(*turn)

    monkeypatch.setattr(talking, "_listen", erased_meanwhile)
    tells(hanako, "kotozute.help")
    assert talking.talk(hanako.office.installation, link_of(hanako).account_id)

    assert not Conversation.objects.exists()
    assert not Link.objects.exists()


def test_a_conversation_is_as_old_as_what_was_last_said_in_it(hanako):
    hanako.writes("Hello?")
    long_ago = now() - timedelta(days=6)
    Conversation.objects.update(spoken_at=long_ago)
    tap(hanako, "kotozute.help")
    assert Conversation.objects.get().spoken_at > now() - timedelta(minutes=1)


def tells(chat, *codes, at=None, kind="tapped"):
    """Let updates be stored as if Workplace had told them; a millisecond lies between two."""
    at = at or now()
    ReceivedUpdate.objects.bulk_create(
        ReceivedUpdate(
            organization=chat.office.organization,
            installation=chat.office.installation,
            key=number(),
            kind=kind,
            code=code,
            account_id=link_of(chat).account_id,
            happened_at=at + timedelta(milliseconds=place),
        )
        for place, code in enumerate(codes)
    )


def test_a_thousand_taps_in_one_post_get_one_answer(hanako):
    hanako.office.sandbox.workplace("PUT", "webhooks", {"hold": True, "batch": 1000})
    for turn in range(30):
        hanako.sends("kotozute.pause.open" if turn % 2 else "kotozute.resume")
    hanako.office.sandbox.workplace("POST", "webhooks/flush")
    hanako.settle()
    assert (updates(), len(hanako.from_bot())) == (30, 1)
    assert rests(hanako) == UNTIL_RESUMED


def test_a_thousand_taps_of_one_person_cost_no_more_than_a_few(
    hanako, wakes, django_assert_max_num_queries
):
    taps = ["kotozute.resume", "kotozute.pause.open", "kotozute.help", "nonsense"] * 300
    taps.insert(-4, "kotozute.stop.yes")
    tells(hanako, *taps)
    wakes.clear()
    with django_assert_max_num_queries(80):
        work_off(hanako.office)
    assert (hanako.from_bot(), len(wakes)) == ([], 1)
    # Of 1,200 taps; on a busy machine what the chat tells of the bot's own answer is in it as well.
    with django_assert_max_num_queries(120):
        work_off(hanako.office)
    assert len(hanako.from_bot()) == 1
    assert not Link.objects.active().exists()
    # The chat may have told of the bot's own answer by now.
    assert not ReceivedUpdate.objects.filter(handled_at=None, kind=UpdateKind.TAPPED).exists()


def test_a_tap_that_arrives_after_a_later_one_changes_nothing(hanako):
    tapped_at = now()
    tells(hanako, "kotozute.resume", at=tapped_at)
    work_off(hanako.office)
    tells(hanako, "kotozute.pause.open", "kotozute.stop.yes", at=tapped_at - timedelta(seconds=9))
    work_off(hanako.office)
    assert rests(hanako) is None
    assert Link.objects.active().exists()
    assert len(hanako.from_bot()) == 1


def test_a_tap_from_the_future_does_not_silence_those_after_it(hanako):
    tells(hanako, "kotozute.pause.open", at=now() + timedelta(days=400))
    work_off(hanako.office)
    tells(hanako, "kotozute.resume")
    work_off(hanako.office)
    assert rests(hanako) is None


def test_an_undo_is_done_although_something_else_is_tapped_right_after(hanako):
    tap(hanako, "kotozute.stop.yes")
    tap(hanako, "kotozute.undo", "kotozute.help")
    assert Link.objects.active().exists()
    assert "You are linked again" in last(hanako)


def test_a_stop_right_after_an_undo_stands(hanako):
    tap(hanako, "kotozute.stop.yes")
    tap(hanako, "kotozute.undo", "kotozute.stop.yes")
    assert not Link.objects.active().exists()
    assert "Stopped." in last(hanako)


def test_a_seen_message_is_marked_and_an_answer_announced(hanako):
    hanako.writes("Hello?")
    actions = [call["body"].get("sender_action") for call in hanako.office.sandbox.sends()]
    assert actions == ["mark_seen", "typing_on", None]


def test_two_programs_that_talk_with_each_other_fall_silent(hanako):
    for _turn in range(talking.MOST_ANSWERS + 5):
        Conversation.objects.update(noted_at=None)
        ReceivedUpdate.objects.create(
            organization=hanako.office.organization,
            installation=hanako.office.installation,
            key=number(),
            kind="wrote",
            account_id=link_of(hanako).account_id,
            happened_at=now(),
        )
        work_off(hanako.office)
    assert len(hanako.from_bot()) == talking.MOST_ANSWERS
    assert owed() == []


def test_in_a_group_the_bot_points_once_to_the_chat_of_two(hanako):
    value = {"from": {"id": link_of(hanako).account_id}, "post_id": "1", "verb": "add"}
    for post in ("1", "2"):
        hanako.office.sandbox.workplace(
            "POST",
            "changes",
            {"page": hanako.page, "field": "mention", "value": {**value, "post_id": post}},
        )
    hanako.settle()
    assert [last(hanako)[:11], len(hanako.from_bot())] == ["I only work", 1]
    assert all("id" in call["body"]["recipient"] for call in hanako.office.sandbox.sends())


def test_an_answer_that_did_not_get_through_is_said_later(hanako):
    hanako.office.sandbox.fault("error", code=2, calls=3)
    hanako.writes("Hello?")
    assert (owed(), len(hanako.from_bot())) == (["one_way"], 0)
    work_off(hanako.office)
    assert (owed(), len(hanako.from_bot())) == ([], 1)


def test_an_answer_that_may_have_arrived_is_not_said_again(hanako):
    hanako.office.sandbox.fault("cut_after", calls=3)
    hanako.writes("Hello?")
    work_off(hanako.office)
    assert (owed(), len(hanako.from_bot())) == ([], 1)


def test_an_answer_that_comes_too_late_is_let_go(hanako):
    hanako.office.sandbox.fault("error", code=2, calls=3)
    hanako.writes("Hello?")
    with time_machine.travel(now() + timedelta(minutes=11)):
        work_off(hanako.office)
    assert (owed(), len(hanako.from_bot())) == ([], 0)


def test_a_tap_whose_worker_died_before_the_answer_is_answered(hanako, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_args):
        raise Killed

    hanako.sends("kotozute.stop.yes")
    arrived(hanako.office)
    with monkeypatch.context() as dying:
        dying.setattr(talking, "_answer", die)
        with pytest.raises(Killed):
            work_off(hanako.office)
    work_off(hanako.office)
    assert "Stopped." in last(hanako)


def test_somebody_who_is_spoken_with_by_another_worker_waits(hanako):
    hanako.sends("kotozute.help")
    arrived(hanako.office)
    later = now() + timedelta(seconds=60)
    Conversation.objects.create(
        organization=hanako.office.organization,
        installation=hanako.office.installation,
        account_id=link_of(hanako).account_id,
        leased_until=later,
    )
    work_off(hanako.office)
    assert hanako.from_bot() == []
    with time_machine.travel(later + timedelta(seconds=1)):
        assert talking.talk(hanako.office.installation, link_of(hanako).account_id)


def test_a_stranger_of_unknown_language_is_spoken_to_in_the_organizations(linked_up, new_office):
    office = linked_up(new_office())
    Organization.objects.update(language="ja")
    person = office.sandbox.member(office.community, "Ken", locale="fr_FR")
    office.sandbox.act(person, office.integration.page_id, text="Bonjour")
    arrived(office)
    work_off(office)
    [message] = [line for line in office.sandbox.chat(person) if line["from"] == "bot"]
    assert "連携していない" in message["attachment"]["payload"]["text"]
