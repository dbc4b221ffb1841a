"""Steps that the tests of removals share: ask for one, make it due, read its receipt."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils.timezone import now

from integrations.models import Installation, Organization
from integrations.models.removal import Removal, RemovalScope
from integrations.removal.data_map import Subject, tables
from integrations.removal.uninstall import purge_now, remove_installation


def removed(installation: Installation) -> Removal:
    """Disconnect an installation that is connected."""
    removal = remove_installation(installation)
    assert removal is not None
    return removal


def due(removal: Removal) -> Removal:
    """Bring forward to now the purge of a removal of which its owners have heard."""
    Removal.objects.filter(pk=removal.pk).update(told_at=now())
    purge_now(removal)
    removal.refresh_from_db()
    return removal


def let_days_pass(days: int) -> None:
    """Make every removal that waits so much older."""
    earlier = {
        name: F(name) - timedelta(days=days)
        for name in ("requested_at", "purge_at", "due_at", "told_at")
    }
    Removal.objects.open().update(**earlier)


def receipt_of(removal: Removal) -> dict[str, Any]:
    """Return what a finished removal's receipt says."""
    removal.refresh_from_db()
    assert removal.receipt is not None
    return dict(removal.receipt["receipt"])


def rows_of(organization: Organization) -> dict[str, int]:
    """Return the number of rows that are left of an organization, by table."""
    subject = Subject(RemovalScope.ORGANIZATION, organization.pk)
    counts = {table.model: table.rows(subject).count() for table in tables()}
    return {model: count for model, count in counts.items() if count}
