"""Whom members ask: under the organization's own key, also what was entered before it was so."""

from importlib import import_module

import pytest
from django.apps import apps
from django.utils.timezone import now

from integrations.encryption import master_keys
from integrations.encryption.data_keys import forget_keys
from integrations.models import DataKey, Organization
from tests.factories import make_organization

pytestmark = pytest.mark.django_db
migration = import_module("integrations.migrations.0016_reseal_contacts")


def make_organization_of_before(contact: str) -> Organization:
    """Make one whose contact is under a master key, as the version before sealed it."""
    organization = make_organization()
    key = str(organization.pk)
    place = (key, "integrations.Organization", "support_contact_sealed", key)
    Organization.objects.update(
        support_contact_sealed=master_keys.seal(contact.encode(), place=place)
    )
    return organization


def destroy_keys() -> None:
    """Do what a purge does to keys."""
    DataKey.objects.update(wrapped=None, destroyed_at=now())
    forget_keys()


def test_whom_members_ask_cannot_be_read_once_the_organizations_key_is_destroyed():
    organization = make_organization()
    organization.support_contact = "help@example.com"
    organization.save()
    destroy_keys()
    assert Organization.objects.get().support_contact is None


def test_an_address_under_a_master_key_is_sealed_anew():
    make_organization_of_before("help@example.com")
    migration.reseal(apps, None)
    stored = Organization.objects.get()
    assert stored.support_contact == "help@example.com"
    assert stored.support_contact_sealed is None


def test_an_address_without_a_key_is_dropped():
    make_organization_of_before("help@example.com")
    destroy_keys()
    migration.reseal(apps, None)
    stored = Organization.objects.get()
    assert (stored.contact_sealed, stored.support_contact_sealed) == (None, None)


def test_the_way_back_seals_as_before():
    make_organization_of_before("help@example.com")
    before = bytes(Organization.objects.get().support_contact_sealed or b"")
    migration.reseal(apps, None)
    migration.seal_as_before(apps, None)
    after = bytes(Organization.objects.get().support_contact_sealed or b"")
    key = str(Organization.objects.get().pk)
    place = (key, "integrations.Organization", "support_contact_sealed", key)
    assert master_keys.unseal(before, place=place) == master_keys.unseal(after, place=place)
