"""Owners and the operator hear of a removal, once, and of nothing secret."""

import pytest
from django.core import mail
from django.utils.timezone import now

from accounts.erasure import erase_member
from accounts.models import Ownership, User
from accounts.removal_mail import tell_of_removals
from integrations.removal import remove_organization
from tests.factories import make_link
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


def test_a_mail_server_that_fails_is_asked_again(owned, monkeypatch):
    def refused(*_args, **_more):
        raise ConnectionRefusedError

    removed(owned.installation)
    with monkeypatch.context() as patch:
        patch.setattr("accounts.removal_mail.send_mail", refused)
        assert tell_of_removals() == 0

    assert tell_of_removals() == 1
