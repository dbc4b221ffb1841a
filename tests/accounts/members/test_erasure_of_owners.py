"""A member who owns the organization here: their sign-in is theirs too, what they did is not."""

import json

import pytest
from allauth.mfa.models import Authenticator
from auditlog.context import set_actor
from auditlog.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.serializers.json import DjangoJSONEncoder

from accounts.members.erasure import erase_member, export_member
from accounts.models import Ground, Link, Member, OwnerMail, OwnerMailKind, Ownership, User
from accounts.owners.audit_log import record
from accounts.owners.mail import tell_owners
from accounts.owners.ownership import grant_ownership
from integrations.models.removal import Removal
from integrations.removal import purge
from integrations.removal.purge import purge_ready
from tests.factories import give_second_factor, make_installation, make_link, make_member
from tests.plugins.portal import make_owner, sign_in
from tests.removals import receipt_of

pytestmark = pytest.mark.django_db
ADDRESS = "hanako@example.com"


@pytest.fixture
def hanako() -> Link:
    """Return the link of an owner who has used everything an owner can use."""
    installation = make_installation()
    link = make_link(installation, make_member(installation.organization, email=ADDRESS))
    user = grant_ownership(link.member, Ground.OWNER)
    sign_in(user)
    give_second_factor(user)
    tell_owners(installation.organization, OwnerMailKind.ATTENTION)
    with set_actor(user):
        record(installation, "token_tried")
    return link


def erased(member: Member) -> Removal:
    removal = erase_member(member)
    assert purge_ready(seconds=10) == 1
    return removal


def exported(member: Member) -> str:
    return json.dumps(export_member(member), cls=DjangoJSONEncoder)


def test_an_owners_sign_in_goes_with_them(hanako):
    removal = erased(hanako.member)

    for model in (User, Ownership, OwnerMail, Authenticator, Session):
        assert not model._base_manager.exists()
        assert receipt_of(removal)["tables"][model._meta.label] == {"before": 1, "after": 0}
    assert removal.user_ids == []


def test_a_change_by_an_owner_stays_without_them(hanako):
    erased(hanako.member)

    entry = LogEntry.objects.get(changes__done__1="token_tried")
    assert (entry.actor, entry.actor_email, entry.remote_addr) == (None, None, None)


def test_an_act_of_an_owner_while_they_are_erased_does_not_stop_it(hanako):
    purge.begin(erase_member(hanako.member))
    with set_actor(User.objects.get()):
        record(hanako.installation, "checked")

    assert purge_ready(seconds=10) == 1

    assert not User.objects.exists()
    assert LogEntry.objects.get(changes__done__1="checked").actor is None


def test_an_export_has_the_sign_in_and_what_was_done_with_it_but_nothing_that_lets_in(hanako):
    user = User.objects.get()
    found = exported(hanako.member)

    data = json.loads(found)["data"]
    assert data["accounts.User"][0]["email"] == ADDRESS
    assert data["accounts.Ownership"][0]["ovice_id"] == hanako.member.ovice_id
    assert data["accounts.OwnerMail"][0]["kind"] == "attention"
    assert "token_tried" in json.dumps(data["auditlog.LogEntry"])
    for secret in (
        user.password,
        Session.objects.get().session_key,
        Authenticator.objects.get().data["secret"],
    ):
        assert secret not in found


def test_somebody_else_who_owns_the_organization_is_neither_exported_nor_erased(hanako):
    make_owner(hanako.organization, "ada@example.com")
    assert "ada@example.com" not in exported(hanako.member)

    erased(hanako.member)

    assert [user.email for user in User.objects.all()] == ["ada@example.com"]
    assert Ownership.objects.count() == 1


def test_an_owner_of_another_organization_as_well_stays_there(hanako):
    elsewhere = make_installation().organization
    Ownership.objects.create(user=User.objects.get(), organization=elsewhere)

    erased(hanako.member)

    assert User.objects.get().email == ADDRESS
    assert Ownership.objects.get().organization == elsewhere
    assert not OwnerMail.objects.exists()


def test_staff_who_are_members_as_well_keep_their_sign_in():
    member = make_member(make_installation().organization, email=ADDRESS)
    User.objects.create_superuser(email=ADDRESS)

    erased(member)

    assert User.objects.get().is_superuser


def test_an_ownership_that_ovice_did_not_give_is_known_by_the_address():
    member = make_member(make_installation().organization, email=ADDRESS)
    make_owner(member.organization, ADDRESS)

    erased(member)

    assert not User.objects.exists()


def test_an_address_that_is_not_verified_erases_nobodys_sign_in():
    member = make_member(make_installation().organization, email=ADDRESS, email_verified=False)
    make_owner(member.organization, ADDRESS)

    erased(member)

    assert User.objects.get().email == ADDRESS
