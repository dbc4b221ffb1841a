"""The Celery application; what it does is decided in settings.py under ``CELERY_``."""

import os
import sys

from celery import Celery
from celery.signals import (
    after_task_publish,
    beat_init,
    celeryd_init,
    setup_logging,
    worker_ready,
)
from django.core.exceptions import ImproperlyConfigured

from config.checks.soundness import require_sound_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


@celeryd_init.connect
@beat_init.connect
def refuse_unsound_settings(**_: object) -> None:
    """Neither a worker nor beat starts with settings that a system check calls wrong."""
    try:
        require_sound_settings()
    except ImproperlyConfigured as error:
        # Celery only logs what a receiver raises, and goes on; and beat has taken stderr over.
        if sys.__stderr__ is not None:
            sys.__stderr__.write(f"{error}\n")
        raise SystemExit(1) from None


@setup_logging.connect
def log_as_django_does(**_: object) -> None:
    """Keep Celery from setting up logging of its own, which would show arguments and results."""


@worker_ready.connect
def serve_counts(**_: object) -> None:
    """Let a worker's counts be read, where the operator wants that."""
    from django.conf import settings  # noqa: PLC0415 - this module comes before Django

    from config.metrics.endpoint import serve_metrics  # noqa: PLC0415 - needs the settings first

    if settings.WORKER_METRICS_ADDRESS:
        serve_metrics(settings.WORKER_METRICS_ADDRESS)


@beat_init.connect
def leave_a_mark_with_every_job(**_: object) -> None:
    """Have beat, and no other process, note when it last queued something."""
    from core.liveness import beat_pulse  # noqa: PLC0415 - this module comes before Django

    def mark(**_: object) -> None:
        beat_pulse.mark()

    after_task_publish.connect(mark, weak=False)


@worker_ready.connect
@beat_init.connect
def take_turns_at_the_audit(**_: object) -> None:
    """Let a worker, or beat, take its turn at the audit."""
    from messaging.monitoring.watch import start  # noqa: PLC0415 - this module comes before Django

    start()


@worker_ready.connect
def spare_the_collector(**_: object) -> None:
    """Let no task wait while the collector looks through what a worker keeps anyway."""
    from config.metrics.settled_heap import spare_what_stays  # noqa: PLC0415 - needs the settings first

    spare_what_stays(with_pages=False)


app = Celery("kotozute", amqp="config.redis.broker:Amqp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
