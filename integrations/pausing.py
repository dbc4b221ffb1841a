"""An owner's own pause.

New DMs are not accepted meanwhile (``org_paused``); links stay, and what waited goes on waiting.
"""

from django.db import transaction
from django.utils.timezone import now

from integrations.models import Installation, InstallationState, Organization


@transaction.atomic
def pause(organization: Organization) -> bool:
    """Stop relaying for ``organization``; links stay. Return False if it was paused already."""
    unpaused = Organization.objects.filter(pk=organization.pk, paused_at=None)
    changed = unpaused.update(paused_at=now())
    _move(organization, InstallationState.ACTIVE, InstallationState.PAUSED)
    return bool(changed)


@transaction.atomic
def resume(organization: Organization) -> bool:
    """Relay again, what waited first. Return False if it was not paused."""
    paused = Organization.objects.filter(pk=organization.pk, paused_at__isnull=False)
    changed = paused.update(paused_at=None)
    _move(organization, InstallationState.PAUSED, InstallationState.ACTIVE)
    return bool(changed)


def _move(organization: Organization, before: InstallationState, after: InstallationState) -> None:
    moved = Installation.objects.filter(organization=organization, state=before)
    moved.update(state=after)
