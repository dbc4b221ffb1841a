"""Crypto-shredding: what was purged cannot be read from a backup that was made before."""

import base64
import json
import os
import stat
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils.timezone import now

from accounts.models import Member
from integrations.models import DataKey, Organization
from integrations.models.removal import Removal
from integrations.removal.purge import purge_ready
from messaging.models import Message
from tests.backups import back_up, restore
from tests.factories import make_delivery, make_organization
from tests.removals import due, removed, rows_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def restored(tmp_path):
    """Return what is there after a restore of a backup that is older than a purge."""
    gone, stays = make_delivery(text="of the purged"), make_delivery(text="of the living")
    back_up(tmp_path)
    due(removed(gone.installation))
    purge_ready(seconds=10)
    call_command("save_keys", tmp_path / "keys", stdout=StringIO())
    restore(tmp_path)
    return gone, stays


def test_a_restored_backup_reveals_nothing_of_what_was_purged(restored):
    gone, _stays = restored

    message = Message.objects.get(organization=gone.organization_id)
    member = Member.objects.get(organization=gone.organization_id)
    assert member.name_sealed is not None
    assert (message.content, member.email, member.name) == (None, None, None)


def test_a_restored_backup_is_whole_for_everybody_else(restored):
    _gone, stays = restored

    message = Message.objects.get(organization=stays.organization_id)
    assert "of the living" in (message.content or "")
    assert Member.objects.get(organization=stays.organization_id).name == "Hanako"


def test_a_customer_brought_back_by_a_restore_is_found_and_purged_again(tmp_path, restored):
    gone, stays = restored

    said = restore(tmp_path, "--purge")
    purge_ready(seconds=10)

    assert f"organization {gone.organization_id} has no key: it was purged" in said
    assert rows_of(Organization(pk=gone.organization_id)) == {}
    assert list(Organization.objects.all()) == [stays.organization]
    assert Removal.objects.get(generation=None).reason == "restored"


def test_the_key_file_is_the_owners_alone_and_replaced_whole(tmp_path):
    make_organization()
    file = tmp_path / "keys"
    file.write_text("[]")

    call_command("save_keys", file, stdout=StringIO())

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    saved = json.loads(file.read_text())["keys"]
    assert [row["id"] for row in saved] == [str(DataKey.objects.get().pk)]
    assert list(tmp_path.iterdir()) == [file]


def test_a_destroyed_key_is_in_no_later_file(tmp_path):
    make_organization()
    DataKey.objects.update(wrapped=None)

    call_command("save_keys", tmp_path / "keys", stdout=StringIO())

    assert json.loads((tmp_path / "keys").read_text())["keys"] == []


def test_the_files_wrapping_replaces_an_older_one_that_a_whole_dump_brought_back(
    tmp_path, settings
):
    make_organization()
    older = bytes(DataKey.objects.get().wrapped or b"")
    fresh = base64.b64encode(os.urandom(32)).decode()
    settings.ENCRYPTION_KEYS = [fresh, *settings.ENCRYPTION_KEYS]
    call_command("rotate_keys", stdout=StringIO())
    call_command("save_keys", tmp_path / "keys", stdout=StringIO())
    DataKey.objects.update(wrapped=older)
    settings.ENCRYPTION_KEYS = [fresh]

    call_command("load_keys", tmp_path / "keys", stdout=StringIO())

    assert DataKey.objects.get().unwrap()


def test_a_key_that_was_destroyed_does_not_come_back_with_an_older_file(tmp_path):
    make_organization()
    call_command("save_keys", tmp_path / "keys", stdout=StringIO())
    DataKey.objects.update(wrapped=None, destroyed_at=now())

    call_command("load_keys", tmp_path / "keys", stdout=StringIO())

    assert DataKey.objects.get().wrapped is None
