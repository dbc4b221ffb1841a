"""Hold of an installation: it sends nothing for a while, or until its owner acts."""

from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from core.metrics import ATTENTION, HOLDS
from integrations.models import Installation, InstallationState
from integrations.signals import installation_healed, installation_needs_attention

logger = structlog.stdlib.get_logger(__name__)


def hold(installation: Installation, *, until: datetime, reason: str) -> None:
    """Send nothing with this installation before ``until``; a longer hold is never shortened."""
    Installation.objects.filter(
        Q(held_until=None) | Q(held_until__lt=until), pk=installation.pk
    ).update(held_until=until, hold_reason=reason)
    HOLDS.labels(reason).inc()
    logger.warning("installation is held", installation=installation.pk, until=until, reason=reason)


@transaction.atomic
def need_attention(installation: Installation, *, reason: str) -> None:
    """Stop sending until the owner acts; links stay and nothing that waits is lost."""
    row = Installation.objects.filter(pk=installation.pk)
    changed = row.filter(state=InstallationState.ACTIVE).update(
        state=InstallationState.ATTENTION, attention_reason=reason, attention_at=now()
    )
    if changed:
        ATTENTION.labels(reason).inc()
        installation_needs_attention.send(Installation, installation=installation, reason=reason)
        logger.warning("installation needs attention", installation=installation.pk, reason=reason)
    else:
        row.filter(state=InstallationState.ATTENTION).update(attention_reason=reason)


@transaction.atomic
def end_attention(installation: Installation) -> None:
    """Go on where attention was needed; an owner's own pause stays."""
    paused = installation.organization.paused_at is not None
    ended = Installation.objects.filter(pk=installation.pk, state=InstallationState.ATTENTION)
    if ended.update(
        state=InstallationState.PAUSED if paused else InstallationState.ACTIVE,
        attention_reason="",
        attention_at=None,
    ):
        installation_healed.send(Installation, installation=installation)
        logger.warning("installation works again", installation=installation.pk)
