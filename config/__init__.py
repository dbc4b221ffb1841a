"""The project: settings, URLs, the Celery application, system checks and the demo."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
