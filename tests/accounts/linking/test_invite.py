"""Invitations to link: sent by an owner's own choice, to whom they are of use, and seldom."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils.timezone import now

from accounts.linking.invite import INVITE_EVERY, invitable, invite
from accounts.models import Link, Member, Role
from integrations.models import Installation
from tests.factories import make_link, make_member

pytestmark = pytest.mark.django_db
MEMBERS = "/admin/accounts/member/"


@pytest.fixture
def hanako(portal) -> Member:
    return make_member(portal.a, email="hanako@example.com", locale="ja")


def press(portal, who: str, *members: Member, **values: str):
    chosen = [member.pk for member in members]
    form = {"action": "invite", "_selected_action": chosen, **values}
    return portal.browser(who).post(MEMBERS, form)


def test_a_member_is_written_to_in_their_language_and_not_again_within_a_week(hanako):
    assert (invite([hanako.pk]), invite([hanako.pk])) == (1, 0)
    [letter] = mail.outbox
    assert letter.to == ["hanako@example.com"]
    assert letter.subject == "oviceのダイレクトメッセージをWorkplaceで受け取りませんか"
    Member.objects.update(invited_at=now() - INVITE_EVERY - timedelta(seconds=1))
    assert invite([hanako.pk]) == 1
    assert Link.objects.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"email_verified": False},
        {"role": Role.GUEST},
        {"removed_at": now()},
        {"email_sealed": None},
    ],
)
def test_a_member_who_cannot_link_is_not_invited(hanako, changes):
    Member.objects.update(**changes)
    assert invitable([hanako.pk]) == []


def test_a_member_who_is_linked_or_has_no_connection_is_not_invited(hanako, portal):
    linked = make_link(portal.installation_a, make_member(portal.a)).member
    assert invitable([hanako.pk, linked.pk]) == [hanako]
    Installation.objects.update(state="removed")
    assert invitable([hanako.pk]) == []


def test_an_owner_is_asked_before_anybody_is_written_to(hanako, portal):
    assert b"Send invitations" in press(portal, "owner A", hanako).content
    assert mail.outbox == []
    press(portal, "owner A", hanako, confirmed="yes")
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("who", ["owner B", "support", "administrator", "member", "stranger"])
def test_nobody_else_invites_an_organizations_members(hanako, portal, who):
    press(portal, who, hanako, confirmed="yes")
    assert mail.outbox == []


def test_an_owner_sees_and_exports_how_members_stand(hanako, portal):
    make_link(portal.installation_a, make_member(portal.a, "=cmd"))
    make_link(portal.installation_b, make_member(portal.b, "theirs"))
    form = {
        "action": "export",
        "_selected_action": list(Member.objects.values_list("pk", flat=True)),
    }
    table = portal.browser("owner A").post(MEMBERS, form).content.decode()
    rows = {row.split(",")[0]: row for row in table.splitlines()[1:]}
    assert ",Linked," in rows["'=cmd"]
    assert ",Not linked," in rows[hanako.ovice_id]
    assert "theirs" not in table
