from importlib import import_module

import pytest
from django.apps import apps

from accounts.members.rehash import hash_addresses_anew
from accounts.models import Member, Ownership, User
from accounts.models.addresses import address_hashes
from config.keys.secrets import random_base64
from tests.factories import make_member, make_organization


def found(email: str) -> list[Member]:
    return list(Member.objects.filter(email_hash__in=address_hashes(email)))


@pytest.mark.django_db
def test_a_member_is_found_by_their_address_in_any_case():
    hanako = make_member(make_organization(), email="Hanako@Example.com")
    make_member(hanako.organization, email="taro@example.com")
    assert found(" hanako@example.COM") == [hanako]


@pytest.mark.django_db
def test_a_forgotten_address_is_not_found():
    hanako = make_member(make_organization(), email="hanako@example.com")
    hanako.email = None
    hanako.save()
    assert (found("hanako@example.com"), hanako.email_hash) == ([], "")


def test_without_the_keys_the_hash_tells_nothing(settings):
    before = address_hashes("hanako@example.com")
    settings.ENCRYPTION_KEYS = [random_base64()]
    assert not set(before) & set(address_hashes("hanako@example.com"))


@pytest.mark.django_db
def test_a_member_is_found_while_and_after_keys_rotate(settings):
    hanako = make_member(make_organization(), email="hanako@example.com")
    old = settings.ENCRYPTION_KEYS[0]
    settings.ENCRYPTION_KEYS = [random_base64(), old]
    assert found("hanako@example.com") == [hanako]
    assert [hash_addresses_anew(), hash_addresses_anew()] == [1, 0]
    hanako.refresh_from_db()
    assert hanako.email_hash == address_hashes("hanako@example.com")[0]


@pytest.mark.django_db
def test_members_from_before_get_their_hash():
    hanako = make_member(make_organization(), email="hanako@example.com")
    Member.objects.update(email_hash="")
    import_module("accounts.migrations.0006_hash_addresses").hash_addresses(apps, None)
    assert found("hanako@example.com") == [hanako]


@pytest.mark.django_db
def test_two_addresses_folded_before_are_told_apart():
    """A stranger whose address looks like Mike's was found as Mike, and owned as his user."""
    mike = User.objects.create_user("mike@example.com")
    lookalike = make_member(make_organization(), email="mi\u212ae@example.com", role="owner")
    Member.objects.update(email_hash=address_hashes("mike@example.com")[0])
    genuine = make_member(make_organization(), email="mike@example.com", role="owner")
    for member in (lookalike, genuine):
        Ownership.objects.create(
            user=mike, organization=member.organization, ovice_id=member.ovice_id
        )
    abroad = User.objects.create(email="mike@bücher.example")

    import_module("accounts.migrations.0019_compare_addresses_anew").compare_anew(apps, None)

    assert found("mike@example.com") == [genuine]
    assert found("mi\u212ae@example.com") == [lookalike]
    assert mike.ownerships.get().organization == genuine.organization
    abroad.refresh_from_db()
    assert abroad.email == "mike@xn--bcher-kva.example"
