"""Restore by `load_keys`: its acts, words and refusals for a file of keys."""

import base64
import json
import os
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from integrations.models import DataKey, Organization
from integrations.models.removal import Removal
from tests.factories import make_organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path) -> Path:
    """Return the path of the file of keys, which is not there yet."""
    return tmp_path / "keys"


def save(file: Path) -> None:
    call_command("save_keys", file, stdout=StringIO())


def load(file: Path, *options: str) -> str:
    said = StringIO()
    call_command("load_keys", file, *options, stdout=said)
    return said.getvalue()


def restored_without_keys() -> None:
    """Leave what the manual's dump brings back: everything but the keys."""
    DataKey.objects.all().delete()


def purged_since_the_backup(number: int) -> list[Organization]:
    """Let organizations be here of which no file of keys knows any more."""
    gone = [make_organization() for _ in range(number)]
    DataKey.objects.filter(organization__in=gone).delete()
    an_hour_ago = now() - timedelta(hours=1)
    Organization.objects.filter(pk__in=[row.pk for row in gone]).update(created_at=an_hour_ago)
    return gone


def days_ago(number: int) -> None:
    """Let everything here be so old."""
    Organization.objects.update(created_at=now() - timedelta(days=number))
    DataKey.objects.update(created_at=now() - timedelta(days=number))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[1]",
        '{"version": 3}',
        '[{"id": "x"}]',
        "null",
        '{"version": 2, "keys": {}}',
        "\0",
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_and_changes_nothing(file, content):
    make_organization()
    file.write_text(content)

    with pytest.raises(CommandError, match="not a whole file of save_keys"):
        load(file, "--purge", "--anyway")

    assert DataKey.objects.count() == 1
    assert not Removal.objects.exists()


def test_a_file_that_is_not_there_is_refused(file):
    with pytest.raises(CommandError, match="cannot be read"):
        load(file)


def test_an_empty_list_of_keys_destroys_none(file):
    make_organization()
    file.write_text("[]")

    with pytest.raises(CommandError, match="Nothing was changed"):
        load(file, "--purge")

    assert DataKey.objects.count() == 1
    assert not Removal.objects.exists()


def test_another_instances_file_destroys_nothing(file):
    make_organization()
    save(file)
    Organization.objects.all().delete()
    make_organization()
    days_ago(1)

    with pytest.raises(CommandError, match="Nothing was changed"):
        load(file, "--purge")

    assert DataKey.objects.count() == 1


def test_an_older_file_leaves_the_keys_of_whoever_is_newer(file):
    make_organization()
    days_ago(1)
    save(file)
    newer = make_organization()

    load(file, "--purge")

    assert DataKey.objects.filter(organization=newer).exists()
    assert not Removal.objects.exists()


def test_a_customer_newer_than_the_file_is_named_and_not_purged(file):
    make_organization()
    days_ago(1)
    save(file)
    newer = make_organization()
    restored_without_keys()

    said = load(file, "--purge")

    assert f"organization {newer.pk} has no key: newer than the file" in said
    assert not Removal.objects.exists()


@pytest.mark.parametrize(
    ("gone", "stay", "refused"), [(5, 1, False), (6, 24, False), (6, 23, True)]
)
def test_a_file_that_leaves_too_many_without_a_key_is_refused(file, gone, stay, refused):
    for _ in range(stay):
        make_organization()
    days_ago(1)
    save(file)
    purged_since_the_backup(gone)
    restored_without_keys()

    if refused:
        with pytest.raises(CommandError, match="Nothing was changed"):
            load(file, "--purge")
        assert not DataKey.objects.exists()
        load(file, "--purge", "--anyway")
    else:
        load(file, "--purge")

    assert DataKey.objects.count() == stay
    assert Removal.objects.count() == gone


def test_a_file_whose_keys_do_not_open_is_refused(file, settings):
    make_organization()
    save(file)
    settings.ENCRYPTION_KEYS = [base64.b64encode(os.urandom(32)).decode()]
    before = DataKey.objects.values().get()

    with pytest.raises(CommandError, match="Nothing was changed"):
        load(file)

    assert DataKey.objects.values().get() == before


def test_a_dry_run_says_the_same_and_changes_nothing(file):
    make_organization()
    days_ago(1)
    save(file)
    [gone] = purged_since_the_backup(1)
    restored_without_keys()

    said = load(file, "--purge", "--dry-run")

    assert "1 keys to load, 0 to destroy" in said
    assert f"organization {gone.pk} has no key: it was purged" in said
    assert not DataKey.objects.exists()
    assert not Removal.objects.exists()


def test_a_file_of_the_version_before_is_read(file):
    make_organization()
    save(file)
    file.write_text(json.dumps(json.loads(file.read_text())["keys"]))
    restored_without_keys()

    assert "1 keys loaded" in load(file)
    assert DataKey.objects.get().unwrap()
