"""The Celery application; what it does is decided in settings.py under ``CELERY_``."""

import os
import sys

from celery import Celery
from celery.signals import beat_init, celeryd_init
from django.core.exceptions import ImproperlyConfigured

from config.soundness import require_sound_settings

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


app = Celery("kotozute")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
