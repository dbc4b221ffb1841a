"""The integrations application."""

from importlib import import_module

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Register integrations with Django and have ovice told of connections."""

    name = "integrations"

    def ready(self) -> None:
        """Connect the signal receivers; models may be imported only now."""
        import_module("integrations.receivers")
