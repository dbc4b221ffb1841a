"""Locks that an accept meets: it refers to an organization and a connection, and must not wait."""

import psycopg
import pytest
from django.db import transaction
from django.utils.timezone import now

from accounts.directory.sync import apply_directory
from accounts.linking.link import link
from accounts.models import Link, Member
from integrations.connections.pause import pause, resume
from integrations.models import Organization
from integrations.ovice.directory import Directory
from integrations.ovice.schemas import OrganizationUpdate
from integrations.removal.uninstall import remove_organization
from tests.factories import make_link
from tests.plugins.databases import address_of

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
REFER = "SELECT 1 FROM {table} WHERE id = %s FOR KEY SHARE"


def relink(made: Link) -> None:
    Link.objects.filter(pk=made.pk).update(removed_at=now(), removed_reason="user")
    link(made.member, made.installation)


@pytest.mark.parametrize(
    "act",
    [
        lambda made: remove_organization(made.organization, at=now()),
        lambda made: pause(made.organization),
        lambda made: (pause(made.organization), resume(made.organization)),
    ],
    ids=["removed", "paused", "resumed"],
)
def test_while_an_organization_is_being_changed_rows_can_refer_to_it(act):
    made = make_link()
    with transaction.atomic():
        act(made)
        refer_to(Organization, made.organization_id)
        refer_to(type(made.installation), made.installation_id)


def test_while_somebody_links_rows_can_refer_to_the_connection(office):
    made = office.join("Hanako")
    with transaction.atomic():
        relink(made)
        refer_to(type(made.installation), made.installation_id)


def test_while_a_directory_is_being_applied_a_launch_does_not_wait_for_its_end(monkeypatch):
    organization = make_link().organization
    directory = Directory(
        "1", OrganizationUpdate(organization.ovice_id, name="New name"), [], set()
    )
    directory.take([{"id": "id-1", "email": "id-1@example.com"}])
    pages = Directory.pages

    def watched(self):
        take(Organization, organization.pk)
        yield from pages(self)
        take(Member, Member.objects.get(ovice_id="id-1").pk)

    monkeypatch.setattr(Directory, "pages", watched)
    apply_directory(organization, directory, at=now())


def take(model, key) -> None:
    """Do what a launch does to bring this row up to date; raise if it has to wait."""
    with psycopg.connect(address_of()) as other:
        other.execute("SET lock_timeout = '1s'")
        other.execute(f"SELECT 1 FROM {model._meta.db_table} WHERE id = %s FOR UPDATE", [key])


def refer_to(model, key) -> None:
    """Do what PostgreSQL does for a new row that refers to this one; raise if it has to wait."""
    with psycopg.connect(address_of()) as other:
        other.execute("SET lock_timeout = '1s'")
        other.execute(REFER.format(table=model._meta.db_table), [key])
