"""The integrations application."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Register integrations with Django."""

    name = "integrations"
