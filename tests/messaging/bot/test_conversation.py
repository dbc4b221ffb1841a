"""Every tap in every standing."""

import pytest

from messaging.bot.conversation import Act, Answer, Step, spoke_in_group, tapped, wrote
from messaging.delivery.postbacks import Code

EVERYBODY = {Code.START: "welcome", Code.HELP: "help", Code.STATUS: "status"}


@pytest.mark.parametrize("code", Code)
def test_a_person_who_is_not_linked_changes_nothing_by_tapping(code):
    step = tapped(code, linked=False, may_undo=False)
    assert step == Step(Answer(EVERYBODY.get(code, "not_linked")))


@pytest.mark.parametrize(
    ("code", "act", "answer"),
    [
        (Code.START, None, Answer.WELCOME),
        (Code.HELP, None, Answer.HELP),
        (Code.STATUS, None, Answer.STATUS),
        (Code.PAUSE, None, Answer.ASK_PAUSE),
        (Code.PAUSE_HOUR, Act.PAUSE_HOUR, Answer.PAUSED),
        (Code.PAUSE_TODAY, Act.PAUSE_TODAY, Answer.PAUSED),
        (Code.PAUSE_OPEN, Act.PAUSE_OPEN, Answer.PAUSED),
        (Code.RESUME, Act.RESUME, Answer.RESUMED),
        (Code.STOP, None, Answer.ASK_STOP),
        (Code.STOP_YES, Act.STOP, Answer.STOPPED),
        (Code.STOP_NO, None, Answer.KEPT),
        (Code.UNDO, None, Answer.STATUS),
    ],
)
def test_a_linked_members_tap(code, act, answer):
    assert tapped(code, linked=True, may_undo=False) == Step(answer, act)


def test_no_code_is_forgotten():
    assert {tapped(code, linked=True, may_undo=False).answer for code in Code} <= set(Answer)


def test_a_stop_can_be_undone_for_a_while():
    assert tapped(Code.UNDO, linked=False, may_undo=True) == Step(Answer.UNDONE, Act.UNDO)


def test_a_second_yes_still_says_that_it_is_over():
    assert tapped(Code.STOP_YES, linked=False, may_undo=True) == Step(Answer.STOPPED)


@pytest.mark.parametrize("code", ["", "HELP", "GET_STARTED", "kotozute.old", "x" * 64])
@pytest.mark.parametrize("linked", [True, False])
def test_a_tap_of_another_version_gets_help(code, linked):
    assert tapped(code, linked=linked, may_undo=True) == Step(Answer.HELP)


def test_a_typed_message_is_answered_once_in_a_while():
    assert wrote(linked=True, was_noted=False) == Step(Answer.ONE_WAY)
    assert wrote(linked=False, was_noted=False) == Step(Answer.NOT_LINKED)
    assert wrote(linked=True, was_noted=True) == Step(None)


def test_a_group_is_answered_once():
    assert spoke_in_group(was_noted=False) == Step(Answer.ONE_TO_ONE)
    assert spoke_in_group(was_noted=True) == Step(None)
