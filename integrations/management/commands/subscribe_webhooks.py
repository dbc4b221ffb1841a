"""`manage.py subscribe_webhooks`: set the third-party app up, and say what is left to enter."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from integrations.targets.errors import TargetError
from integrations.workplace.webhook_setup import callback_url, subscribe_webhooks


class Command(BaseCommand):
    """Subscribe the app's webhooks; doing so twice changes nothing."""

    help = "Subscribe the webhooks of the Workplace app and print what stands."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Subscribe, then print."""
        if not settings.WORKPLACE_APP_ID:
            raise CommandError(
                "Set WORKPLACE_APP_ID, WORKPLACE_APP_SECRET and WORKPLACE_WEBHOOK_VERIFY_TOKEN."
            )
        try:
            outcome = subscribe_webhooks()
        except TargetError as error:
            raise CommandError(
                f"Workplace refused: {error}. It calls {callback_url()} during this command: is"
                " the service running, and reachable from outside?"
            ) from None
        self.stdout.write("Subscribed now." if outcome.changed else "Everything stood already.")
        for one in outcome.subscriptions:
            state = "active" if one.active else "switched off"
            self.stdout.write(f"{one.topic} ({state}) -> {one.callback_url}")
            self.stdout.write(f"  {', '.join(one.fields)}")
        self.stdout.write("What to enter in the app's page: `manage.py app_listing`.")
