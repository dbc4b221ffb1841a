"""A restore undoes no removal: what was asked for after the backup happens again."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from accounts.members.erasure import erase_member
from accounts.models import Link, Member
from integrations.models import Installation, InstallationState, Organization
from integrations.models.removal import Removal
from integrations.removal.purge import purge_ready
from integrations.removal.uninstall import purge_now, remove_organization
from messaging.models import Delivery, DeliveryState
from tests.backups import back_up, load_keys, restore, save_keys
from tests.factories import make_delivery, make_installation, make_link, make_organization
from tests.removals import due, receipt_of, removed, rows_of

pytestmark = pytest.mark.django_db(transaction=True)


def ask_for(removal: Removal) -> dict[str, Any]:
    """Return what the public page says under a removal's code."""
    answer = Client().get(f"/removal/{removal.confirmation_code}?format=json")
    assert answer.status_code == 200
    return dict(answer.json())


def replace(installation: Installation, **fields: Any) -> Installation:
    """Let the next generation of the same community stand in the place of this one."""
    ended = {"state": InstallationState.REMOVED, "replaced_at": now(), "removed_at": now()}
    Installation.objects.filter(pk=installation.pk).update(**ended, access_token_sealed=None)
    return make_installation(
        installation.organization, community_id=installation.community_id, **fields
    )


def test_a_removal_in_grace_goes_on_after_a_restore(tmp_path):
    delivery = make_delivery()
    back_up(tmp_path)
    removal = removed(delivery.installation)
    save_keys(tmp_path)

    said = restore(tmp_path)

    assert "1 later removals to put back, 1 connections to remove again" in said
    installation = Installation.objects.get()
    assert (installation.state, installation.access_token) == (InstallationState.REMOVED, None)
    assert not Link.objects.active().exists()
    assert Delivery.objects.get().state == DeliveryState.CANCELLED
    again = Removal.objects.get()
    assert (again.pk, again.due_at, again.installation) == (
        removal.pk,
        removal.due_at,
        installation,
    )
    assert again.stopped_at is not None
    assert ask_for(removal)["status"] == "waiting"


def test_a_purge_in_grace_ends_with_its_own_receipt(tmp_path):
    link = make_link()
    back_up(tmp_path)
    removal = removed(link.installation)
    save_keys(tmp_path)
    restore(tmp_path)

    due(removal)
    purge_ready(seconds=10)

    assert receipt_of(removal)["tables"]["accounts.Link"] == {"before": 1, "after": 0}
    assert rows_of(Organization(pk=link.organization_id)) == {}


def test_a_generation_that_was_purged_goes_again_and_its_organization_stays(tmp_path):
    link = make_link()
    back_up(tmp_path)
    removal = removed(link.installation)
    make_installation(link.organization)
    due(removal)
    purge_ready(seconds=10)
    assert receipt_of(removal)["scope"] == "installation"
    shown = ask_for(removal)
    save_keys(tmp_path)

    restore(tmp_path, "--purge")
    assert not Installation.objects.live().exists()
    purge_ready(seconds=10)

    assert not Installation.objects.exists()
    assert Organization.objects.get().data_keys.get().unwrap()
    assert Member.objects.get().name == "Hanako"
    assert ask_for(removal) == shown
    assert Removal.objects.exclude(pk=removal.pk).get().reason == "restored"


@pytest.mark.parametrize("asked", ["after the backup", "before the backup"])
def test_a_removal_that_waits_takes_no_organization_that_was_connected_again(tmp_path, asked):
    link = make_link()
    if asked == "after the backup":
        back_up(tmp_path)
    removal = removed(link.installation)
    if asked == "before the backup":
        back_up(tmp_path)
    make_installation(link.organization)
    save_keys(tmp_path)
    restore(tmp_path)

    due(removal)
    purge_ready(seconds=10)

    assert receipt_of(removal)["scope"] == "installation"
    assert Organization.objects.get().data_keys.get().unwrap()


def test_the_predecessor_of_a_removed_generation_ends_with_it(tmp_path):
    link = make_link()
    back_up(tmp_path)
    removal = removed(replace(link.installation))
    save_keys(tmp_path)

    restore(tmp_path)

    assert not Installation.objects.live().exists()
    assert Removal.objects.get().installation == Installation.objects.get()
    due(removal)
    purge_ready(seconds=10)
    assert rows_of(Organization(pk=link.organization_id)) == {}


def test_another_community_of_the_organization_stays_connected(tmp_path):
    first = make_installation()
    removed(first)
    second = make_installation(first.organization)
    back_up(tmp_path)
    due(Removal.objects.get())
    purge_ready(seconds=10)
    save_keys(tmp_path)

    restore(tmp_path)
    purge_ready(seconds=10)

    assert list(Installation.objects.all()) == [second]
    assert list(Installation.objects.live()) == [second]


def test_a_receipt_from_after_the_backup_stays_as_it_was(tmp_path):
    link = make_link()
    removal = removed(link.installation)
    back_up(tmp_path)
    due(removal)
    purge_ready(seconds=10)
    shown = ask_for(removal)
    save_keys(tmp_path)

    restore(tmp_path, "--purge")
    purge_ready(seconds=10)

    assert ask_for(removal) == shown
    assert rows_of(Organization(pk=link.organization_id)) == {}


def test_a_member_who_was_erased_is_erased_again(tmp_path):
    link, stays = make_link(), make_link()
    back_up(tmp_path)
    erasure = erase_member(link.member)
    purge_ready(seconds=10)
    shown = ask_for(erasure)
    save_keys(tmp_path)

    said = restore(tmp_path)
    assert list(Link.objects.active()) == [stays]
    purge_ready(seconds=10)

    assert "1 members to erase again" in said
    assert list(Member.objects.all()) == [stays.member]
    assert ask_for(erasure) == shown


def test_an_erasure_that_had_not_ended_goes_on(tmp_path):
    link = make_link()
    back_up(tmp_path)
    erasure = erase_member(link.member)
    save_keys(tmp_path)

    restore(tmp_path)
    assert not Link.objects.active().exists()
    purge_ready(seconds=10)

    assert Removal.objects.get() == erasure
    assert receipt_of(erasure)["tables"]["accounts.Member"] == {"before": 1, "after": 0}


def test_an_organization_that_ovice_removed_stays_removed(tmp_path):
    link = make_link()
    back_up(tmp_path)
    asked = remove_organization(link.organization, at=now())
    save_keys(tmp_path)

    restore(tmp_path)

    assert Organization.objects.get().removed_at == asked.requested_at
    assert not Installation.objects.live().exists()
    assert Removal.objects.count() == 2
    assert ask_for(asked)["status"] == "waiting"


def test_a_purge_that_was_brought_forward_stays_so(tmp_path):
    removal = removed(make_link().installation)
    back_up(tmp_path)
    purge_now(removal)
    save_keys(tmp_path)

    restore(tmp_path)

    assert Removal.objects.get().purge_at <= now()


def test_a_removal_of_somebody_newer_than_the_backup_keeps_its_code(tmp_path):
    make_organization()
    back_up(tmp_path)
    removal = removed(make_link().installation)
    save_keys(tmp_path)

    restore(tmp_path)
    assert ask_for(removal)["status"] == "waiting"
    due(removal)
    purge_ready(seconds=10)

    assert ask_for(removal)["status"] == "done"


def test_loading_twice_repeats_nothing(tmp_path):
    link = make_link()
    member = make_link(link.installation).member
    back_up(tmp_path)
    erase_member(member)
    purge_ready(seconds=10)
    removed(link.installation)
    save_keys(tmp_path)
    restore(tmp_path)
    before = list(Removal.objects.order_by("pk").values())

    said = load_keys(tmp_path, "--purge")

    assert "0 later removals to put back, 0 connections to remove again, 0 members" in said
    assert list(Removal.objects.order_by("pk").values()) == before


def test_a_dry_run_repeats_nothing(tmp_path):
    link = make_link()
    back_up(tmp_path)
    removed(link.installation)
    save_keys(tmp_path)

    said = restore(tmp_path, "--dry-run")

    assert "1 connections to remove again" in said
    assert Installation.objects.live().exists()
    assert not Removal.objects.exists()


def test_purges_of_which_the_ledger_tells_raise_no_doubt(tmp_path):
    gone = [make_link() for _ in range(7)]
    make_organization()
    back_up(tmp_path)
    for link in gone:
        due(removed(link.installation))
    purge_ready(seconds=30)
    save_keys(tmp_path)

    said = restore(tmp_path, "--purge")
    purge_ready(seconds=30)

    assert "newest" not in said
    assert Organization.objects.count() == 1


def test_the_ledger_in_the_file_names_nobody(tmp_path):
    link = make_link(make_installation(community_name="Acme Works"))
    erase_member(link.member)
    removed(link.installation)

    save_keys(tmp_path)

    written = (tmp_path / "keys").read_text()
    names = (link.organization.ovice_id, link.member.ovice_id, link.member.email, "Acme", "Hanako")
    assert not [name for name in names if f'"{name}' in written]
    assert Removal.objects.count() == written.count('"integrations.removal"') == 2


def test_keys_that_were_destroyed_while_the_file_was_written_stay_so(tmp_path):
    link = make_link()
    back_up(tmp_path)
    before = json.loads((tmp_path / "keys").read_text())
    due(removed(link.installation))
    purge_ready(seconds=10)
    save_keys(tmp_path)
    later = json.loads((tmp_path / "keys").read_text())
    (tmp_path / "keys").write_text(json.dumps(later | {"keys": before["keys"]}))

    restore(tmp_path)

    assert not link.organization.data_keys.exists()


def test_a_customer_who_came_back_after_a_purge_is_not_taken_for_the_purged_one(tmp_path):
    link = make_link()
    due(removed(link.installation))
    purge_ready(seconds=10)
    save_keys(tmp_path)
    older_than_the_dump = (tmp_path / "keys").read_text()
    again = make_organization(link.organization.ovice_id)
    back_up(tmp_path)
    (tmp_path / "keys").write_text(older_than_the_dump)

    said = restore(tmp_path, "--purge")

    assert f"organization {again.pk} has no key: newer than the file" in said
    assert not Removal.objects.open().exists()
