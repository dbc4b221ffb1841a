"""Bot setup in the target: values by which an owner's own integration hears and answers."""

from dataclasses import dataclass, field

from django.conf import settings
from django.urls import reverse

from integrations.models import Installation, InstallationKind
from integrations.targets.events import keys_of_secret


@dataclass(frozen=True, slots=True)
class BotSetup:
    """The webhook's address, and the word agreed on for its set-up.

    ``verify_token`` is empty without an app secret. Its owner may see it; a log may not.
    """

    address: str
    verify_token: str = field(repr=False)


def bot_setup(installation: Installation) -> BotSetup | None:
    """Return what to enter, or None for the app, whose webhooks are the operator's."""
    if installation.kind != InstallationKind.CUSTOM:
        return None
    page = reverse(f"{installation.target}-installation-webhook", args=[installation.pk])
    keys = keys_of_secret(installation.app_secret or "")
    return BotSetup(f"{settings.BASE_URL}{page}", keys.verify_token)
