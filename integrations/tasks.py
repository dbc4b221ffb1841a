"""The Celery tasks about connections; each calls one plain function. Arguments are ids."""

from uuid import UUID

from celery import shared_task
from django.conf import settings

from integrations import callbacks, purge, removal, telling


@shared_task
def stop_removed() -> None:
    """End links and queue of what was uninstalled a moment ago."""
    removal.stop_removed()


@shared_task
def purge_removed() -> None:
    """Delete what is due, for one time slice."""
    purge.purge_ready(seconds=settings.PURGE_TIME_SLICE.total_seconds())


@shared_task(name=callbacks.TELL)
def tell_ovice(organization_id: str) -> None:
    """Tell ovice what waits for one organization."""
    telling.tell_waiting(UUID(organization_id))


@shared_task
def sweep_callbacks() -> None:
    """Wake every organization of which ovice is to be told something that is due."""
    telling.sweep()


@shared_task
def purge_callbacks() -> None:
    """Purge callbacks that have grown old."""
    callbacks.purge_old()
