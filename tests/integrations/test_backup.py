"""Backup and restore by the very commands of the operator's manual, on PostgreSQL's own tools."""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from accounts.models import Member
from integrations.encryption.data_keys import forget_keys
from integrations.models import DataKey, Organization
from integrations.removal.purge import purge_ready
from messaging.models import Message
from tests.factories import make_delivery
from tests.plugins.databases import address_of, looking_into
from tests.removals import due, removed, rows_of

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).parents[2]
DAY = "2026-11-01"


class Operator:
    """Operator at a shell who types what the manual says."""

    def __init__(self, folder: Path) -> None:
        """Give them a folder of their own and the project's command on their path."""
        self.folder = folder
        (folder / "keys").mkdir()
        command = folder / "manage.py"
        command.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/manage.py "$@"\n')
        command.chmod(0o700)
        manual = (ROOT / "docs" / "operations.md").read_text()
        section = re.search(r"## Backups\n(.*?)\n## ", manual, re.DOTALL)
        assert section
        self.back_up, self.restore = re.findall(r"```\n(.*?)```", section[1], re.DOTALL)

    def type(self, commands: str, database: str) -> str:
        """Run the commands on a database; only folder and day differ from the manual's."""
        commands = commands.replace("/srv/keys", f"{self.folder}/keys")
        env = {
            **os.environ,
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        done = subprocess.run(
            ["sh", "-ec", commands.replace(DAY, date.today().isoformat())],  # noqa: DTZ011 - as `date` does
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.returncode, done.stderr
        return done.stdout

    def save_keys(self, database: str) -> None:
        """Type only the second command of a backup."""
        self.type(self.back_up.splitlines()[1], database)


def test_a_backup_is_whole_for_the_living_and_unreadable_for_the_purged(tmp_path, database_url):
    gone, stays = make_delivery(text="of the purged"), make_delivery(text="of the living")
    gone_id, stays_id = gone.organization_id, stays.organization_id
    operator, empty = Operator(tmp_path), database_url()

    operator.type(operator.back_up, address_of())
    dump = next(tmp_path.glob("kotozute-*.dump"))
    assert b"of the living" not in dump.read_bytes()
    due(removed(gone.installation))
    purge_ready(seconds=10)
    # Keys are saved more often than the database; only the newest file is kept.
    operator.save_keys(address_of())

    said = operator.type(operator.restore, empty)

    assert f"organization {gone_id} has no key: it was purged" in said
    forget_keys()
    with looking_into(empty):
        assert list(DataKey.objects.values_list("organization", flat=True)) == [stays_id]
        assert "of the living" in (Message.objects.get(organization=stays_id).content or "")
        assert Member.objects.get(organization=stays_id).name == "Hanako"
        assert Message.objects.get(organization=gone_id).content is None
        purge_ready(seconds=10)
        assert rows_of(Organization(pk=gone_id)) == {}


def test_a_dump_alone_opens_nothing(tmp_path, database_url):
    make_delivery(text="of the living")
    operator, empty = Operator(tmp_path), database_url()
    operator.type(operator.back_up, address_of())

    operator.type(operator.restore.splitlines()[0], empty)

    forget_keys()
    with looking_into(empty):
        assert DataKey.objects.count() == 0
        message = Message.objects.get()
        assert (message.content_sealed is not None, message.content) == (True, None)
