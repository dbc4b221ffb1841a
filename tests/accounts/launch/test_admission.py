"""Changes by a launch: the member, the ownership, and nothing when it is refused."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.directory.events import remove_member, update_member
from accounts.launch.admission import admit
from accounts.launch.tokens import BadLaunchToken
from accounts.members.erasure import erase_member
from accounts.members.session import Purpose
from accounts.models import (
    ORGANIZATION_USERS,
    Ground,
    Member,
    Ownership,
    Role,
    UsedLaunch,
    User,
)
from accounts.owners.ownership import grant_ownership
from integrations.models import Organization
from integrations.models.removal import Removal
from integrations.removal.purge import purge_ready
from integrations.removal.uninstall import remove_organization
from tests.factories import make_installation, make_link, make_member, make_organization

pytestmark = pytest.mark.django_db


def rows() -> list[int]:
    return [model.objects.count() for model in (Organization, Member, Ownership, User, UsedLaunch)]


def set_up(launching, **values) -> User:
    user = admit(launching.setup_token(**values)).user
    assert user is not None
    return user


def test_a_launch_introduces_organization_and_member(launching):
    admission = admit(launching.token())
    member = admission.member
    assert (member.email, member.email_verified) == ("hanako@example.com", True)
    assert (member.name, member.role) == ("Hanako", Role.MEMBER)
    assert (member.ovice_id, member.organization.name) == (launching.hanako, "Example Works")
    assert (admission.purpose, admission.user) == (Purpose.LINK, None)


def test_a_launch_counts_once(launching):
    token = launching.token()
    admit(token)
    with pytest.raises(BadLaunchToken):
        admit(token)


def test_a_refused_launch_changes_nothing(launching):
    with pytest.raises(BadLaunchToken):
        admit(launching.setup_token(key="stranger"))
    assert rows() == [0, 0, 0, 0, 0]


def test_an_owner_gets_a_user_and_an_ownership(launching):
    user = set_up(launching)
    owned = Ownership.objects.get()
    assert (owned.user, owned.ground, owned.ovice_id) == (user, Ground.OWNER, launching.taro)
    assert (user.email, user.locale, user.is_staff) == ("taro@example.com", "ja", False)
    assert not user.has_usable_password()
    assert admit(launching.setup_token()).user == user
    assert rows() == [1, 1, 1, 1, 2]


def test_the_integrations_permission_is_as_good_as_owning(launching):
    token = launching.setup_token(launching.hanako, claims={"perms": ["integrations"]})
    assert admit(token).user == Ownership.objects.get(ground=Ground.PERMISSION).user


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"role": "member"}, "not_an_owner"),
        ({"role": "admin", "perms": ["spaces"]}, "not_an_owner"),
        ({"email_verified": False}, "email_unverified"),
        ({"email": None}, "email_unverified"),
        ({"email": "a" * 250 + "@example.com"}, "address_unusable"),
        ({"email": "nobody"}, "address_unusable"),
    ],
)
def test_a_member_who_may_not_set_up_is_told_why(launching, claims, code):
    admission = admit(launching.setup_token(claims=claims))
    assert (admission.refused, admission.user) == (code, None)
    assert Ownership.objects.count() == User.objects.count() == 0


@pytest.mark.parametrize("role", ["visitor", "guest", "boss", 5])
def test_a_person_who_is_no_organization_user_any_more_loses_their_link(launching, role):
    member = admit(launching.token()).member
    link = make_link(make_installation(member.organization), member=member)
    admission = admit(launching.token(claims={"role": role}))
    assert (admission.refused, admission.member.role in ORGANIZATION_USERS) == (
        "not_a_member",
        False,
    )
    link.refresh_from_db()
    assert link.removed_at is not None


def test_ovice_cannot_let_anybody_in_as_staff(launching):
    User.objects.create_superuser("taro@example.com")
    assert admit(launching.setup_token()).refused == "staff_address"
    assert Ownership.objects.count() == 0


def test_a_closed_account_stays_closed(launching):
    User.objects.create_user("taro@example.com", is_active=False)
    assert admit(launching.setup_token()).refused == "account_inactive"


def owner(launching) -> Member:
    return admit(launching.setup_token()).member


@pytest.mark.parametrize(
    "change",
    [
        lambda member, at: update_member(member.organization, member.ovice_id, at=at, role="admin"),
        lambda member, at: remove_member(member.organization, member.ovice_id, at=at),
    ],
    ids=["another role", "removed"],
)
def test_an_ownership_ends_when_ovice_says_so(launching, change):
    member = owner(launching)
    update_member(member.organization, member.ovice_id, at=now(), name="Taro Y.")
    assert Ownership.objects.count() == 1
    change(member, now())
    assert Ownership.objects.count() == 0


def test_an_ownership_ends_with_the_next_launch_that_knows_better(launching):
    owner(launching)
    admit(launching.token(launching.taro, claims={"role": "member"}))
    assert Ownership.objects.count() == 0


def test_a_permission_survives_news_of_the_role(launching):
    member = admit(
        launching.setup_token(launching.hanako, claims={"perms": ["integrations"]})
    ).member
    update_member(member.organization, member.ovice_id, at=now(), role="admin")
    assert Ownership.objects.count() == 1


def test_a_permission_lapses_a_day_after_the_last_launch_that_showed_it(launching):
    def came() -> User:
        return set_up(launching, person=launching.hanako, claims={"perms": ["integrations"]})

    came()
    Ownership.objects.update(granted_at=now() - timedelta(hours=25))
    assert User.objects.get().owned_organization_ids == frozenset()
    assert came().owned_organization_ids == {Organization.objects.get().pk}


def test_an_ownership_by_role_does_not_lapse(launching):
    set_up(launching)
    Ownership.objects.update(granted_at=now() - timedelta(days=400))
    assert User.objects.get().owned_organization_ids == {Organization.objects.get().pk}


def test_an_ownership_passes_to_the_owners_new_address(launching):
    member = owner(launching)
    update_member(
        member.organization, member.ovice_id, at=now(), email="T@example.com", email_verified=True
    )
    assert Ownership.objects.get().user.email == "t@example.com"
    assert User.objects.filter(email="taro@example.com").exists()


@pytest.mark.parametrize("verified", [True, False])
def test_an_address_that_is_taken_or_unverified_ends_the_ownership(launching, verified):
    member = owner(launching)
    if verified:
        User.objects.create_user("t@example.com")
    update_member(
        member.organization,
        member.ovice_id,
        at=now(),
        email="t@example.com",
        email_verified=verified,
    )
    assert Ownership.objects.count() == 0
    assert User.objects.filter(email="taro@example.com").exists()


def test_a_launch_with_a_new_address_renames_nobody(launching):
    before = set_up(launching)
    after = set_up(launching, claims={"email": "new@example.com"})
    assert Ownership.objects.get().user == after != before
    before.refresh_from_db()
    assert (before.email, after.email) == ("taro@example.com", "new@example.com")


@pytest.mark.parametrize("role", ["is_staff", "is_superuser"])
def test_the_address_of_staff_is_never_moved_by_news(launching, role):
    member = owner(launching)
    User.objects.update(**{role: True})
    update_member(
        member.organization, member.ovice_id, at=now(), email="t@example.com", email_verified=True
    )
    assert User.objects.get().email == "taro@example.com"
    assert Ownership.objects.count() == 0


@pytest.mark.parametrize("role", ["is_staff", "is_superuser"])
def test_the_address_of_staff_is_never_moved_by_a_launch_elsewhere(launching, role):
    member = owner(launching)
    User.objects.update(**{role: True})
    elsewhere = make_member(make_organization(), member.ovice_id, email="t@example.com")
    assert grant_ownership(elsewhere, Ground.OWNER).email == "t@example.com"
    assert User.objects.get(**{role: True}).email == "taro@example.com"


def test_a_launch_never_undoes_newer_news(launching):
    member = admit(launching.token()).member
    late = launching.token()
    remove_member(member.organization, member.ovice_id, at=now() + timedelta(seconds=5))
    with pytest.raises(BadLaunchToken):
        admit(late)
    assert Member.objects.get().removed_at is not None


@pytest.mark.parametrize("came_before", [True, False])
def test_a_launch_makes_nobody_an_owner_who_is_none_since(launching, came_before):
    if came_before:
        admit(launching.setup_token())
    token = launching.setup_token()
    organization = Organization.objects.register(launching.organization)
    update_member(organization, launching.taro, at=now() + timedelta(seconds=2), role="member")
    assert admit(token).refused == "not_an_owner"
    assert not Ownership.objects.exists()


@pytest.mark.parametrize("email", ["taro.new@example.com", "other@example.com"])
def test_a_launch_lets_nobody_in_under_an_address_they_had_before(launching, email):
    token = launching.setup_token()
    organization = Organization.objects.register(launching.organization)
    told = {"email": email, "email_verified": False}
    update_member(organization, launching.taro, at=now() + timedelta(seconds=2), **told)
    assert admit(token).refused == "email_unverified"


def test_an_organization_that_is_gone_for_good_is_not_brought_back_by_a_launch(launching, settings):
    settings.REMOVAL_GRACE = timedelta()
    member = admit(launching.token()).member
    remove_organization(member.organization, at=now())
    Organization.objects.filter(pk=member.organization_id).update(ovice_id="purged")
    with pytest.raises(BadLaunchToken):
        admit(launching.setup_token())
    assert Organization.objects.count() == 1


def test_a_launch_from_before_an_erasure_is_refused_and_brings_nobody_back(launching):
    admit(launching.token())
    token = launching.token()
    erase_member(Member.objects.get())
    assert purge_ready(seconds=10) == 1
    # Times in a token are whole seconds, so within one nobody can tell what came first.
    Removal.objects.update(requested_at=now() + timedelta(seconds=2))

    with pytest.raises(BadLaunchToken):
        admit(token)

    assert not Member.objects.exists()


def test_a_removed_organization_lets_nobody_in(launching):
    member = admit(launching.token()).member
    remove_organization(member.organization, at=now())
    with pytest.raises(BadLaunchToken):
        admit(launching.setup_token())


@pytest.mark.parametrize(
    ("return_to", "kept"),
    [
        ("https://app.ovice.com/ws/tokyo-hq", "https://app.ovice.com/ws/tokyo-hq"),
        ("https://evil.example/", ""),
        ("https://app.ovice.com.evil.example/", ""),
        ("https://app.ovice.com@evil.example/", ""),
        ("http://app.ovice.com/", ""),
        ("javascript:alert(1)", ""),
        ("//evil.example", ""),
        (None, ""),
    ],
)
def test_the_way_back_leads_to_ovice_only(launching, return_to, kept):
    assert admit(launching.token(claims={"return_to": return_to})).return_to == kept
