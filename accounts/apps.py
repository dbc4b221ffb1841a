"""The accounts application."""

from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Register accounts with Django and let it hear of installations that are removed."""

    name = "accounts"

    def ready(self) -> None:
        """Connect the signal receivers; models may be imported only now."""
        import_module("accounts.receivers")
