"""``celery -A bench.celery``: the worker of the obvious design."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
django.setup()

from bench.obvious import app  # noqa: E402 - the models need Django to be set up

__all__ = ["app"]
