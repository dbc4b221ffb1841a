"""No DM goes to somebody else: an account is asked whose it is before it is written to."""

from datetime import timedelta

import pytest

from accounts.models import Link
from messaging.models import Attempt
from tests.factories import make_delivery
from tests.messaging.draining import run, state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes")]


@pytest.fixture(autouse=True)
def _ask_before_every_dm(settings):
    settings.RELAY_LANES = 1
    settings.LINK_CHECK_AGE = timedelta()


def test_a_dm_to_the_right_person_arrives(office):
    delivery = make_delivery(office.join("Hanako"))
    run(office)
    assert state(delivery) == ("delivered", "")


def test_an_account_that_was_handed_on_gets_nothing(office):
    first = make_delivery(office.join("Hanako"))
    second = make_delivery(first.link)
    office.sandbox.change_member(office.accounts["Hanako"], name="Jiro", email="jiro@example.com")
    run(office)
    assert office.texts("Hanako") == []
    gone = ("cancelled", "workplace_account_gone")
    assert (state(first), state(second)) == (gone, gone)


def test_the_new_holder_of_the_address_gets_nothing_either(office):
    link = office.join("Hanako")
    make_delivery(link)
    office.sandbox.change_member(office.accounts["Hanako"], email="left@example.com")
    successor = office.sandbox.member(office.community, "Successor", "hanako@example.com")
    run(office)
    assert (office.texts("Hanako"), office.sandbox.texts(successor)) == ([], [])


def test_a_question_that_cannot_be_asked_waits(office):
    delivery = make_delivery(office.join("Hanako"))
    office.sandbox.fault("html", status=503, calls=1)
    run(office)
    assert state(delivery) == ("pending", "unavailable")
    assert Attempt.objects.get().outcome == "not_sent"
    assert office.sandbox.sends() == []


def test_a_refused_recipient_whose_account_is_gone_loses_the_link(office, settings):
    settings.LINK_CHECK_AGE = timedelta(hours=1)
    delivery = make_delivery(office.join("Hanako"))
    office.sandbox.change_member(office.accounts["Hanako"], active=False)
    run(office)
    assert state(delivery) == ("failed", "recipient_gone")
    assert Link.objects.get().removed_reason == "workplace_account_gone"


def test_a_blocked_bot_keeps_the_link_and_needs_attention_until_something_arrives(office):
    link, page = office.join("Hanako"), office.integration.page_id
    make_delivery(link)
    office.sandbox.change_member(office.accounts["Hanako"], blocks=page)
    run(office)
    assert Link.objects.get().attention_reason == "recipient_refused"
    office.sandbox.change_member(office.accounts["Hanako"], unblocks=page)
    make_delivery(Link.objects.get())
    run(office)
    assert Link.objects.get().attention_at is None
