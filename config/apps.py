"""The project itself, so that its commands and checks are found."""

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings


class ConfigConfig(AppConfig):
    """Register the project's system checks and what watches it."""

    name = "config"

    def ready(self) -> None:
        """Register the checks; settings are complete only now."""
        import_module("config.checks.settings")
        import_module("config.observability.request_ids")
        if settings.SENTRY_DSN:
            import_module("config.observability.reports").start_reports(settings.SENTRY_DSN)
        if settings.TRACES_ENDPOINT:
            import_module("config.observability.tracing").start_tracing()
