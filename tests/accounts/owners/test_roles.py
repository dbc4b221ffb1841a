"""Three roles, and whoever has none may do nothing."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils.timezone import now

from accounts.models import Ownership, User
from accounts.owners.roles import SiteRole, owns, role_of, visible_organizations
from tests.factories import make_organization
from tests.plugins.portal import make_owner

pytestmark = pytest.mark.django_db


def test_a_role_comes_from_one_place_and_the_widest_counts():
    organization = make_organization()
    support = User.objects.create_user("support@example.com", is_staff=True)
    Ownership.objects.create(user=support, organization=organization)
    assert role_of(make_owner(organization, "owner@example.com")) is SiteRole.OWNER
    assert role_of(support) is SiteRole.SUPPORT
    assert role_of(User.objects.create_superuser("a@example.com")) is SiteRole.ADMINISTRATOR


@pytest.mark.parametrize("fields", [{}, {"is_staff": True, "is_active": False}])
def test_a_user_without_a_role_sees_no_organization(fields):
    make_organization()
    user = User.objects.create_user("somebody@example.com", **fields)
    assert role_of(user) is None
    assert not visible_organizations(user).exists()


def test_a_stranger_has_no_role():
    assert role_of(AnonymousUser()) is None


def test_an_owner_sees_and_owns_their_own_organizations_only():
    mine, other = make_organization(), make_organization()
    owner = make_owner(mine, "owner@example.com")
    assert list(visible_organizations(owner)) == [mine]
    assert (owns(owner, mine.pk), owns(owner, other.pk)) == (True, False)


def test_support_sees_all_and_owns_nothing_even_with_an_ownership():
    organization = make_organization()
    support = User.objects.create_user("support@example.com", is_staff=True)
    Ownership.objects.create(user=support, organization=organization)
    assert visible_organizations(support).count() == 1
    assert not owns(support, organization.pk)


def test_a_removed_organization_no_longer_exists_for_its_owner():
    gone = make_organization(removed_at=now())
    owner = make_owner(gone, "owner@example.com")
    assert not visible_organizations(owner).exists()
    assert not owns(owner, gone.pk)
