"""Scheduled jobs about connections; each calls one plain function."""

from celery import shared_task
from django.conf import settings

from integrations import purge, removal


@shared_task
def stop_removed() -> None:
    """End links and queue of what was uninstalled a moment ago."""
    removal.stop_removed()


@shared_task
def purge_removed() -> None:
    """Delete what is due, for one time slice."""
    purge.purge_ready(seconds=settings.PURGE_TIME_SLICE.total_seconds())
