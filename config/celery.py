"""The Celery application; what it does is decided in settings.py under ``CELERY_``."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("kotozute")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
