"""The webhooks of every chat target."""

from django.urls import path

from integrations.targets.port import TARGETS
from messaging.bot.webhook import app_webhook, installation_webhook

urlpatterns = [
    pattern
    for target in TARGETS
    for pattern in (
        path(f"{target}/webhook", app_webhook, {"target": target}, name=f"{target}-webhook"),
        path(
            f"{target}/webhook/<uuid:installation_id>",
            installation_webhook,
            {"target": target},
            name=f"{target}-installation-webhook",
        ),
    )
]
