"""The integrations application."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    """Register integrations with Django and have ovice told of connections."""

    name = "integrations"
    verbose_name = _("Organizations")

    def ready(self) -> None:
        """Connect the signal receivers; models may be imported only now."""
        import_module("integrations.receivers")
