"""Check at the start of every long-running process: an error of a system check stops it."""

import os

import django
from django.core import checks
from django.core.exceptions import ImproperlyConfigured


def require_sound_settings() -> None:
    """Set Django up and raise ``ImproperlyConfigured`` naming every error of the system checks."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    errors = [found for found in checks.run_checks() if found.level >= checks.ERROR]
    if errors:
        raise ImproperlyConfigured("\n".join(f"({error.id}) {error.msg}" for error in errors))
