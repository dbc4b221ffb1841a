"""The messaging application."""

from importlib import import_module

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """Register messaging with Django and let it hear of links that end."""

    name = "messaging"

    def ready(self) -> None:
        """Connect the signal receivers; models may be imported only now."""
        import_module("messaging.receivers")
