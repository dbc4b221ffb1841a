"""The end of an installation: from here on nothing can use it."""

from django.db import transaction
from django.utils.timezone import now

from integrations.models import Installation, InstallationState
from integrations.signals import installation_removed


@transaction.atomic
def remove_installation(installation: Installation) -> bool:
    """Destroy the token and stop everything that would use it; return False if already removed."""
    removed = (
        Installation.objects.live()
        .filter(pk=installation.pk)
        .update(
            state=InstallationState.REMOVED,
            access_token_sealed=None,
            app_secret_sealed=None,
            removed_at=now(),
        )
    )
    if removed:
        installation_removed.send(Installation, installation=installation)
    return bool(removed)
