"""The accounts application."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Register accounts, let it hear of installations that are removed, and begin the audit."""

    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        """Connect the signal receivers; models may be imported only now."""
        import_module("accounts.receivers")
        import_module("accounts.callbacks")
        import_module("accounts.owners.audit_log").register()
