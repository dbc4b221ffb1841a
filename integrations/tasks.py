"""The Celery tasks about connections; each calls one plain function. Arguments are ids."""

from uuid import UUID

from celery import shared_task
from django.conf import settings

from integrations.connections import health
from integrations.ovice import callback_delivery, callbacks
from integrations.removal import alerts, purge, retention, uninstall


@shared_task
def stop_removed() -> None:
    """End links and queue of what was uninstalled a moment ago."""
    uninstall.stop_removed()


@shared_task
def purge_removed() -> None:
    """Delete what is due, for one time slice."""
    purge.purge_ready(seconds=settings.PURGE_TIME_SLICE.total_seconds())


@shared_task(name=callbacks.TELL)
def tell_ovice(organization_id: str) -> None:
    """Tell ovice what waits for one organization."""
    callback_delivery.tell_waiting(UUID(organization_id))


@shared_task
def sweep_callbacks() -> None:
    """Wake every organization of which ovice is to be told something that is due."""
    callback_delivery.sweep()


@shared_task
def raise_alarms() -> None:
    """Tell the operator of purges that will not end in time."""
    alerts.raise_alarms()


@shared_task(name=retention.PURGE_AGED)
def purge_aged() -> None:
    """Delete what has been kept for as long as it is kept, one time slice after the other."""
    retention.keep_up()


@shared_task(name=health.RECHECK)
def recheck(installation_id: str) -> None:
    """Check one connection live."""
    health.recheck_by_id(UUID(installation_id))


@shared_task
def recheck_due() -> None:
    """Check every connection whose turn it is."""
    health.start_due_checks()
