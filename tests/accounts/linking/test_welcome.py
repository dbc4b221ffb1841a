"""The one message that tells a member in Work Chat that they are linked."""

import pytest

from accounts.linking.welcome import greet, greet_soon, try_again
from accounts.models import Link
from accounts.tasks import greet as greet_task

pytestmark = pytest.mark.django_db


def test_a_new_member_is_greeted_once_in_their_language(office):
    link = office.join("Hanako", locale="ja_JP")
    assert (greet(link.pk), greet(link.pk)) == (True, False)
    [text] = office.texts("Hanako")
    assert text.startswith("連携しました。")


def test_the_task_greets(office):
    greet_task(str(office.join("Hanako").pk))
    [text] = office.texts("Hanako")
    assert text.startswith("You are linked.")


def test_a_member_who_unlinked_at_once_is_not_greeted(office):
    link = office.join("Hanako")
    Link.objects.update(removed_at=link.linked_at)
    assert not greet(link.pk)
    assert office.texts("Hanako") == []


def test_a_failure_does_not_undo_the_link(office):
    link = office.join("Hanako")
    office.sandbox.fault("html", status=503, endpoint="me/messages")
    assert not greet(link.pk)
    assert Link.objects.active().count() == 1


def test_an_account_that_takes_nothing_needs_attention_until_it_does(office):
    link, page = office.join("Hanako"), office.integration.page_id
    office.sandbox.change_member(office.accounts["Hanako"], blocks=page)
    assert not greet(link.pk)
    link = Link.objects.select_related("member", "installation").get()
    assert (link.attention_reason, try_again(link)) == ("recipient_refused", False)
    office.sandbox.change_member(office.accounts["Hanako"], unblocks=page)
    assert try_again(link)
    assert Link.objects.get().attention_at is None


def test_without_a_broker_the_page_greets_by_itself(office, django_capture_on_commit_callbacks):
    link = office.join("Hanako")
    with django_capture_on_commit_callbacks(execute=True):
        greet_soon(link)
    assert len(office.texts("Hanako")) == 1
