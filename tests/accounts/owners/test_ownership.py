"""An owner of nothing any more is forgotten, and one who may not act is not written to."""

from datetime import timedelta

import pytest
from auditlog.context import set_actor
from auditlog.models import LogEntry
from django.contrib.admin.models import CHANGE
from django.contrib.admin.models import LogEntry as AdminEntry
from django.contrib.contenttypes.models import ContentType
from django.utils.timezone import now

from accounts.models import (
    PERMISSION_LASTS,
    Ground,
    Member,
    OwnerMail,
    OwnerMailKind,
    Ownership,
    User,
)
from accounts.owners.audit_log import record
from accounts.owners.mail import tell_owners
from accounts.owners.ownership import grant_ownership, purge_former_owners
from tests.factories import make_installation, make_member
from tests.plugins.portal import make_owner

pytestmark = pytest.mark.django_db
LONG = timedelta(days=200)
# A permission is shown at a launch, by which somebody signs in.
LAST_SEEN = PERMISSION_LASTS + timedelta(days=30)


@pytest.fixture
def taro() -> Member:
    """Return somebody who was let in by a permission, not by a role."""
    member = make_member(make_installation().organization, role="member")
    grant_ownership(member, Ground.PERMISSION)
    return member


def last_came(ago: timedelta) -> None:
    """Let nobody have been here since."""
    User.objects.update(joined_at=now() - ago, last_login=now() - ago)
    Ownership.objects.update(granted_at=now() - ago)


def taken_away(user: User) -> None:
    """Let ovice end what ``user`` owned."""
    for ownership in user.ownerships.all():
        ownership.delete()


def test_a_former_owner_by_permission_is_forgotten_in_the_end(taro):
    last_came(LAST_SEEN + timedelta(minutes=1))

    assert purge_former_owners() == 1

    assert not User.objects.exists()
    assert not Ownership.objects.exists()


def test_a_permission_that_lapsed_leads_to_its_user_for_as_long_as_they_are_known(taro):
    last_came(LAST_SEEN - timedelta(minutes=1))

    assert purge_former_owners() == 0

    assert User.objects.get().owned_organization_ids == frozenset()
    assert User.objects.get().ownerships.get().ovice_id == taro.ovice_id


def test_an_owner_of_another_organization_stays_without_the_permission(taro):
    last_came(LONG)
    elsewhere = Ownership.objects.create(
        user=User.objects.get(), organization=make_installation().organization
    )

    assert purge_former_owners() == 0

    assert User.objects.get().ownerships.get() == elsewhere


def test_an_owner_by_role_stays():
    make_owner(make_installation().organization, "ada@example.com")
    last_came(LONG)

    assert purge_former_owners() == 0
    assert Ownership.objects.exists()


def test_no_history_of_a_former_owner_is_left_without_a_customer(taro):
    taken_away(User.objects.get())
    last_came(LONG)

    assert purge_former_owners() == 1

    assert {
        (entry.additional_data or {}).get("organization") for entry in LogEntry.objects.all()
    } == {str(taro.organization_id)}
    assert "example.com" not in repr(list(LogEntry.objects.values()))


def test_an_act_of_a_former_owner_is_kept_by_its_customer_without_them(taro):
    user = User.objects.get()
    with set_actor(user):
        record(taro.organization.installations.get(), "token_tried")
        User.objects.create_user("helper@example.com", is_staff=True)
    taken_away(user)
    last_came(LONG)

    purge_former_owners()

    entry = LogEntry.objects.get(changes__done__1="token_tried")
    assert (entry.actor, entry.actor_email, entry.remote_addr) == (None, None, None)
    assert not LogEntry.objects.filter(additional_data__organization__isnull=True).exists()


def test_the_portals_own_log_of_a_former_owner_goes_as_well(taro):
    user = User.objects.get()
    by = User.objects.create_superuser("root@example.com")
    AdminEntry.objects.create(
        user=by,
        action_flag=CHANGE,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(user.pk),
        object_repr=str(user),
    )
    taken_away(user)
    last_came(LONG)

    purge_former_owners()

    assert not AdminEntry.objects.exists()


def test_the_history_of_others_stays(taro):
    ada = make_owner(taro.organization, "ada@example.com")
    taken_away(User.objects.exclude(pk=ada.pk).get())
    last_came(LONG)

    purge_former_owners()

    about = LogEntry.objects.filter(content_type__model="user")
    assert set(about.values_list("object_pk", flat=True)) == {str(ada.pk)}


def test_only_who_may_act_is_written_to(taro):
    ada = make_owner(taro.organization, "ada@example.com")
    Ownership.objects.update(granted_at=now() - PERMISSION_LASTS - timedelta(minutes=1))

    assert tell_owners(taro.organization, OwnerMailKind.ATTENTION) == 1

    assert OwnerMail.objects.get().user == ada


def test_a_holder_of_the_permission_today_is_written_to(taro):
    assert tell_owners(taro.organization, OwnerMailKind.ATTENTION) == 1
