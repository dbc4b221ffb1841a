"""Celery beat's schedule: which task runs how often."""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab


def schedule(
    *, sweep: timedelta, links: timedelta, purge: timedelta, callbacks: timedelta
) -> dict[str, dict[str, Any]]:
    """Return every entry of the schedule; the arguments are the intervals that are settings."""
    return {
        "sweep": _job("messaging.tasks.sweep", sweep),
        "forget-failed": _job("messaging.tasks.forget_failed", timedelta(hours=1)),
        "introduce-bots": {
            "task": "messaging.tasks.introduce_bots",
            "schedule": crontab(minute="10"),
            "options": {"expires": 3600},
        },
        "look-after-links": _job("accounts.tasks.look_after_links", links),
        "mail waiting codes": _job("accounts.tasks.mail_waiting_codes", timedelta(seconds=20)),
        "purge-former-owners": _job("accounts.tasks.purge_former_owners", timedelta(hours=1)),
        "stop-removed": _job("integrations.tasks.stop_removed", purge / 2),
        "purge-removed": _job("integrations.tasks.purge_removed", purge),
        "tell-of-removals": _job("accounts.tasks.tell_of_removals", purge),
        "purge-aged": _job("integrations.tasks.purge_aged", timedelta(hours=1)),
        "raise-alarms": _job("integrations.tasks.raise_alarms", timedelta(minutes=5)),
        "resolve-links": _job("accounts.tasks.resolve_all_links", timedelta(minutes=1)),
        "purge-install-requests": _job(
            "accounts.tasks.purge_install_requests", timedelta(minutes=5)
        ),
        "check-connections": _job("integrations.tasks.recheck_due", timedelta(minutes=1)),
        # Owners are told within two minutes.
        "send-owner-mails": _job("accounts.tasks.send_owner_mails", timedelta(seconds=30)),
        "sweep-callbacks": _job("integrations.tasks.sweep_callbacks", callbacks),
        "sweep-directories": _job("accounts.tasks.sweep_directories", timedelta(minutes=5)),
    }


def _job(task: str, every: timedelta) -> dict[str, Any]:
    """Return the entry that starts ``task`` regularly; without a worker only one waits."""
    return {"task": task, "schedule": every, "options": {"expires": every.total_seconds()}}
