"""Owners and the operator hear of a removal, once, and of nothing secret."""

import smtplib
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils.timezone import now

from accounts.members.erasure import erase_member
from accounts.models import OwnerMail, Ownership, User
from accounts.owners.mail import MOST_TRIES
from accounts.owners.removal_mail import tell_of_removals
from integrations.removal.purge import purge_ready
from integrations.removal.uninstall import remove_organization
from tests.factories import make_link
from tests.plugins.portal import make_owner
from tests.removals import removed

pytestmark = pytest.mark.django_db


@pytest.fixture
def owned(settings):
    """Return a link of an organization with an owner who reads Japanese."""
    settings.OPERATOR_EMAILS = ["operator@example.com"]
    link = make_link()
    owner = User.objects.create_user("owner@example.com", locale="ja")
    Ownership.objects.create(user=owner, organization=link.organization)
    return link


def test_owner_and_operator_are_told_once_where_to_follow_it(owned):
    removal = removed(owned.installation)

    assert [tell_of_removals(), tell_of_removals()] == [1, 0]

    to_owner, to_operator = mail.outbox
    assert (to_owner.to, to_operator.to) == (["owner@example.com"], ["operator@example.com"])
    assert to_owner.subject == "データが削除されます"
    for letter in mail.outbox:
        assert f"/removal/{removal.confirmation_code}" in letter.body


def test_without_any_grace_owners_hear_of_it_before_nobody_knows_them_any_more(owned, settings):
    settings.REMOVAL_GRACE = timedelta(0)
    removed(owned.installation)

    assert purge_ready(seconds=10) == 0
    tell_of_removals()
    assert purge_ready(seconds=10) == 1

    assert "owner@example.com" in [letter.to[0] for letter in mail.outbox]
    assert not OwnerMail.objects.exists()


def test_a_purge_does_not_wait_for_ever_for_a_mail(owned, settings):
    settings.REMOVAL_GRACE = timedelta(0)
    removed(owned.installation)

    with time_machine.travel(now() + timedelta(minutes=6)):
        assert purge_ready(seconds=10) == 1


def test_nothing_of_the_customer_is_in_the_mail(owned):
    removed(owned.installation)
    tell_of_removals()

    text = "".join(f"{letter.subject}{letter.body}" for letter in mail.outbox)
    for secret in ("Acme", owned.account_id + "@", owned.member.email, "DQVtoken"):
        assert secret not in text


def test_an_organization_that_ovice_removed_cannot_be_connected_again(owned):
    remove_organization(owned.organization, at=now())
    tell_of_removals()

    assert [("ovice" in letter.body) for letter in mail.outbox] == [True] * 4


def test_a_members_erasure_is_nobody_elses_business(owned):
    erase_member(owned.member)

    assert tell_of_removals() == 0
    assert mail.outbox == []


@pytest.fixture
def refused(monkeypatch):
    """Return the set of addresses that the mail server refuses from now on."""
    addresses: set[str] = set()

    def send(subject, body, sender, to):
        if addresses & set(to):
            raise smtplib.SMTPRecipientsRefused({})
        return mail.send_mail(subject, body, sender, to)

    monkeypatch.setattr("accounts.owners.removal_mail.send_mail", send)
    monkeypatch.setattr("accounts.owners.mail.send_mail", send)
    return addresses


def told():
    return [letter.to[0] for letter in mail.outbox]


def run_for(moments):
    """Run the job again and again, an hour apart."""
    for hours in range(moments):
        with time_machine.travel(now() + timedelta(hours=hours)):
            tell_of_removals()


def test_a_mailbox_that_refuses_floods_nobody_and_is_given_up(owned, refused):
    make_owner(owned.organization, "broken@example.com")
    refused.add("broken@example.com")
    removed(owned.installation)

    run_for(10)

    assert told() == ["owner@example.com", "operator@example.com"]
    broken = OwnerMail.objects.get(user__email="broken@example.com")
    assert (broken.tries, broken.sent_at) == (MOST_TRIES, None)


def test_a_mail_server_that_fails_is_asked_again(owned, refused):
    refused.update({"owner@example.com", "operator@example.com"})
    removed(owned.installation)
    tell_of_removals()
    refused.clear()

    run_for(3)

    assert sorted(told()) == ["operator@example.com", "owner@example.com"]


def test_an_operator_who_cannot_be_reached_is_given_up_after_a_day(owned, refused):
    refused.add("operator@example.com")
    removed(owned.installation)
    tell_of_removals()
    refused.clear()

    with time_machine.travel(now() + timedelta(days=2)):
        tell_of_removals()

    assert told() == ["owner@example.com"]
