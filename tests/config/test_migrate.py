"""Migrating under load: whoever writes meanwhile is not held up behind a lock that stays away."""

import time
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as DjangosMigrate
from django.db import connection, transaction

from config.management.commands import migrate
from tests.plugins.databases import address_of

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def steps(monkeypatch):
    """Let a migration be one statement that needs a table for itself; return those carried out."""
    done: list[str] = []

    def alter(*_args, **_options):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE messaging_delivery IN ACCESS EXCLUSIVE MODE")
            cursor.execute("SHOW lock_timeout")
            done.append(cursor.fetchone()[0])

    monkeypatch.setattr(DjangosMigrate, "handle", alter)
    return done


@pytest.fixture
def writer():
    """A writer whose transaction has written to the table and does not end."""
    with psycopg.connect(address_of()) as other:
        other.execute("LOCK TABLE messaging_delivery IN ROW EXCLUSIVE MODE")
        yield other


def run(**options) -> str:
    said = StringIO()
    call_command("migrate", lock_seconds=0.1, stderr=said, **options)
    return said.getvalue()


def test_a_migration_gives_way_and_goes_on_once_the_table_is_free(steps, writer, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _seconds: writer.rollback())

    assert "trying again" in run()
    assert steps == ["100ms"]


def test_a_table_that_stays_locked_ends_it_with_a_sentence(steps, writer, monkeypatch):
    monkeypatch.setattr(migrate, "REST_SECONDS", 0)

    with pytest.raises(CommandError, match="nothing is half done"):
        run(lock_tries=2)
    assert steps == []


def test_nothing_of_the_patience_stays_behind(steps):
    run()
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("30s",)
