"""A pass through the directory that stopped: the owner is written to, asked, and decides."""

import pytest
from django.core import mail
from django.utils.timezone import now

from accounts.directory.schedule import _note_stop
from accounts.directory.sync import TooManyLeave
from accounts.models import DirectorySync, User
from accounts.owners.mail import send_waiting
from tests.plugins.portal import sign_in

PAGE = "/admin/accounts/directorysync/"


@pytest.fixture
def stopped(portal) -> DirectorySync:
    """A pass through the directory of A that found 20 of 50 people missing."""
    row = DirectorySync.objects.create(organization=portal.a)
    _note_stop(row, TooManyLeave(20, 50))
    return row


def press(browser, row: DirectorySync, **answer: str):
    data = {"action": "apply_all_the_same", "_selected_action": [str(row.pk)], "index": "0"}
    return browser.post(PAGE, {**data, **answer})


def confirmed(row: DirectorySync) -> int:
    row.refresh_from_db()
    return row.confirmed


def test_the_owners_are_written_to_once(stopped):
    User.objects.filter(email="alice@example.com").update(locale="ja")
    _note_stop(stopped, TooManyLeave(20, 50))
    assert (send_waiting(), send_waiting()) == (1, 0)
    (sent,) = mail.outbox
    assert sent.to == ["alice@example.com"]
    assert sent.subject == "Acme：この方々は組織を離れましたか？"
    assert "50人のうち20人" in sent.body
    assert sent.body.rstrip().endswith(PAGE)


def test_the_mail_is_there_in_english(stopped):
    send_waiting()
    assert mail.outbox[0].subject == "Acme: have these people left?"
    assert "20 of 50 people are missing" in mail.outbox[0].body


def test_a_stop_that_was_settled_meanwhile_is_not_written(stopped):
    DirectorySync.objects.update(stopped_at=None)
    assert send_waiting() == 0


def test_a_second_stop_does_not_write_twice_what_still_waits(stopped):
    for missing in (None, now()):
        DirectorySync.objects.update(stopped_at=missing)
    stopped.stopped_at = None
    _note_stop(stopped, TooManyLeave(21, 50))
    assert send_waiting() == 1


def test_an_owner_is_asked_first_and_then_obeyed(portal, stopped):
    asked = press(portal.browser("owner A"), stopped).content.decode()
    assert "Acme: 20 of 50 people are no longer in ovice's directory." in asked
    assert confirmed(stopped) == 0
    done = press(portal.browser("owner A"), stopped, leaving="20").wsgi_request
    assert confirmed(stopped) == 20
    assert [str(one) for one in done._messages] == ["20 people will be removed within minutes."]
    page = portal.browser("support").get(f"{PAGE}{stopped.pk}/history/").content.decode()
    assert "Had the missing people removed" in page


def test_no_more_people_go_than_the_owner_was_shown(portal, stopped):
    DirectorySync.objects.update(leaving=21)
    answer = press(portal.browser("owner A"), stopped, leaving="20")
    assert "21 of 50" in answer.content.decode()
    assert confirmed(stopped) == 0


@pytest.mark.parametrize("who", ["owner B", "support", "administrator"])
def test_nobody_else_decides(portal, stopped, who):
    press(portal.browser(who), stopped, leaving="20")
    assert confirmed(stopped) == 0


def test_a_fresh_proof_is_asked_for(portal, stopped):
    alice = User.objects.get(email="alice@example.com")
    answer = press(sign_in(alice, proved=False), stopped, leaving="20")
    assert answer["Location"] == f"/account/prove/?next={PAGE}"
    assert confirmed(stopped) == 0


def test_where_nothing_waits_the_page_says_so(portal, stopped):
    DirectorySync.objects.update(stopped_at=None, leaving=0)
    answer = press(portal.browser("owner A"), stopped, leaving="0")
    assert "Nothing among what you chose waits for you." in answer.content.decode()
