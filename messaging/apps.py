"""The messaging application."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    """Register messaging with Django and let it hear of links that end."""

    name = "messaging"
    verbose_name = _("Messages")

    def ready(self) -> None:
        """Connect the signal receivers; models may be imported only now."""
        import_module("messaging.receivers")
        import_module("messaging.bot.receivers")
