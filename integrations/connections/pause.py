"""An owner's own pause.

New DMs are not accepted meanwhile (``org_paused``); links stay, and what waited goes on waiting.
"""

from django.db import transaction
from django.utils.timezone import now

from integrations.models import Installation, InstallationState, Organization


@transaction.atomic
def pause(organization: Organization) -> bool:
    """Stop relaying for ``organization``; links stay. Return False if it was paused already."""
    row = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    changed = row.paused_at is None
    if changed:
        # Saved row by row, here and below, since the audit log follows saves.
        row.paused_at = now()
        row.save(update_fields=["paused_at"])
    _move(row, InstallationState.ACTIVE, InstallationState.PAUSED)
    return changed


@transaction.atomic
def resume(organization: Organization) -> bool:
    """Relay again, what waited first. Return False if it was not paused."""
    row = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    changed = row.paused_at is not None
    if changed:
        row.paused_at = None
        row.save(update_fields=["paused_at"])
    _move(row, InstallationState.PAUSED, InstallationState.ACTIVE)
    return changed


def _move(organization: Organization, before: InstallationState, after: InstallationState) -> None:
    rows = Installation.objects.select_for_update(no_key=True).filter(
        organization=organization, state=before
    )
    for installation in rows:
        installation.state = after
        installation.save(update_fields=["state"])
