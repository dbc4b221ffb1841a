"""`manage.py disconnect`: for a connection whose uninstall notice was lost."""

from datetime import timedelta
from io import StringIO

import pytest
from auditlog.models import LogEntry
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from accounts.models import Link
from integrations.models import Installation
from integrations.models.removal import Removal, RemovalReason
from tests.factories import make_installation, make_link, make_organization

pytestmark = pytest.mark.django_db


def disconnect(*ids: str, **options) -> str:
    out = StringIO()
    call_command("disconnect", *ids, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def refused() -> Link:
    """Return a link of a connection whose token has been refused for a while."""
    installation = make_installation(
        make_organization("4821"),
        state="attention",
        attention_reason="token_rejected",
        attention_at=now() - timedelta(days=40),
    )
    return make_link(installation)


def test_connections_whose_token_is_refused_are_listed_with_since_when(refused):
    make_installation(state="attention", attention_reason="permission_missing", attention_at=now())
    make_installation()

    since = f"{refused.installation.attention_at:%Y-%m-%d}"
    assert disconnect() == f"4821 workplace refused since {since}\n"


def test_where_none_is_refused_that_is_said():
    make_installation()

    assert disconnect() == "No connection's token is refused.\n"


def test_a_connection_is_ended_like_by_an_uninstall(refused):
    said = disconnect("4821")

    removal = Removal.objects.get()
    assert removal.reason == RemovalReason.UNINSTALLED
    assert removal.confirmation_code in said
    assert Installation.objects.get().access_token is None
    assert Link.objects.get().removed_reason == "org_disconnected"
    assert LogEntry.objects.filter(changes__done__1="disconnected").count() == 1


def test_a_dry_run_ends_nothing(refused):
    assert "with 1 links would end" in disconnect("4821", dry_run=True)
    assert not Removal.objects.exists()


@pytest.mark.parametrize("ids", [("4822",), ("4821", "slack")])
def test_an_unknown_id_is_refused(refused, ids):
    with pytest.raises(CommandError, match="There is no such connection"):
        disconnect(*ids)
