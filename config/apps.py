"""The project itself, so that its commands and checks are found."""

from importlib import import_module

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Register the project's system checks."""

    name = "config"

    def ready(self) -> None:
        """Register the checks; settings are complete only now."""
        import_module("config.checks")
